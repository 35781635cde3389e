"""The trail of bookings in the audit: what was done to them, and how they stand since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, or_, select

from hub.audit import AuditEntry, record
from hub.bookings.models import Booking, BookingState
from hub.db import db
from hub.timetable.models import Slot


def note(act: str, bookings: Iterable[Booking], account_id: int | None) -> None:
    """Write down who did this to each of these bookings, which have been flushed before."""
    for booking in bookings:
        record(
            act,
            booking,
            account_id=account_id,
            household_id=booking.household_id,
            detail=f"{booking.channel} {booking.state}",
        )


@dataclass(frozen=True)
class Trail:
    """What has become of a booking and of its slot: how often, when last, and whether it ever was
    confirmed."""

    changes: int
    changed_at: datetime
    was_confirmed: bool


def trails_of(bookings: Sequence[Booking]) -> dict[int, Trail]:
    """The trail of each of these bookings, by its id; one query."""
    entry = AuditEntry.subject, AuditEntry.subject_id
    ends_confirmed = AuditEntry.detail.endswith(f" {BookingState.CONFIRMED}")
    rows = db.session.execute(
        select(
            *entry,
            func.count(),
            func.max(AuditEntry.at),
            func.max(case((ends_confirmed, 1), else_=0)),
        )
        .where(
            or_(
                (entry[0] == Booking.__tablename__) & entry[1].in_([one.id for one in bookings]),
                (entry[0] == Slot.__tablename__) & entry[1].in_({one.slot_id for one in bookings}),
            )
        )
        .group_by(*entry)
    )
    found = {(subject, row_id): (many, last, sure) for subject, row_id, many, last, sure in rows}
    return {booking.id: _trail(booking, found) for booking in bookings}


def _trail(booking: Booking, found: Mapping[tuple[str, int], tuple[int, datetime, int]]) -> Trail:
    none_yet = 0, booking.made_at, 0
    changes, changed_at, sure = found.get((Booking.__tablename__, booking.id), none_yet)
    of_slot, slot_at, _sure = found.get((Slot.__tablename__, booking.slot_id), none_yet)
    return Trail(
        changes=changes + of_slot,
        changed_at=max(booking.made_at, changed_at, slot_at),
        was_confirmed=booking.is_confirmed or bool(sure),
    )
