"""Attendance at the last 期 of an activity."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import case, func, select

from hub.bookings.models import Arrival, Booking, BookingState, Excuse
from hub.db import db
from hub.timetable.models import Series, Slot


@dataclass(frozen=True)
class Bar:
    """The share of the last 期 that the next one asks for, and who came how often."""

    percent: int
    attended: dict[int, tuple[int, int]]  # person → (came, missed)


def bar_of(series: Series | None, person_ids: Collection[int]) -> Bar | None:
    """Return how these persons attended the 期 before this one; None without a bar.

    Excused absences and leaves count as neither came nor missed.
    """
    last = _before(series) if series else None
    if last is None or last.attendance_percent is None:
        return None
    missed = (Booking.state == BookingState.NO_SHOW) & Excuse.booking_id.is_(None)
    attended = db.session.execute(
        select(
            Booking.person_id,
            func.count(Arrival.booking_id),
            func.coalesce(func.sum(case((missed, 1), else_=0)), 0),
        )
        .join(Booking.slot)
        .outerjoin(Arrival, Arrival.booking_id == Booking.id)
        .outerjoin(Excuse, Excuse.booking_id == Booking.id)
        .where(Slot.series_id == last.id, Booking.person_id.in_(person_ids))
        .group_by(Booking.person_id)
    )
    return Bar(last.attendance_percent, {row[0]: (row[1], row[2]) for row in attended})


def _before(series: Series) -> Series | None:
    earlier = Series.activity_id == series.activity_id, Series.ends_on < series.starts_on
    return db.session.scalar(
        select(Series).where(*earlier).order_by(Series.ends_on.desc(), Series.id.desc()).limit(1)
    )
