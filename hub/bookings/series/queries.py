"""How persons attended the last whole 期 of an activity."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import case, func, select

from hub.bookings.models import Arrival, Booking, BookingState, Excuse
from hub.db import db
from hub.timetable.models import Series, Slot


@dataclass(frozen=True)
class Bar:
    """What the last 期 of an activity says about who may book the next one."""

    percent: int
    attended: dict[int, tuple[int, int]]  # person → how often she came, and was missing


def bar_of(series: Series | None, person_ids: Collection[int]) -> Bar | None:
    """How these persons attended the 期 of the activity before this one; None without a bar.

    Who was excused or on leave was not missing.
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
