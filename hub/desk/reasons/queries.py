"""What the staff of a centre did that needs a reason, for its manager."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager, joinedload

from hub.accounts.models import Account
from hub.bookings.models import Booking, Excuse
from hub.bookings.waiting_list.models import Reordering
from hub.catalogue.models import Centre
from hub.db import db
from hub.timetable.models import Slot

DAYS = 60
MOST = 100  # rows of each sort


@dataclass(frozen=True)
class Reason:
    """Why, when and by whom something was done to a booking."""

    at: datetime
    reason: str
    by: str  # empty if the account is gone
    booking: Booking


@dataclass(frozen=True)
class CalledOff:
    """A slot that was called off; `by` is empty where a scheduled job did it."""

    slot: Slot
    by: str


@dataclass(frozen=True)
class Reasons:
    """What needs a reason, the latest first."""

    moved_up: list[Reason]
    excused: list[Reason]
    called_off: list[CalledOff]

    @property
    def persons(self) -> int:
        bookings = [one.booking for one in self.moved_up + self.excused]
        return len({booking.person_id for booking in bookings if booking.person_id})


def reasons_at(centre: Centre, now: datetime) -> Reasons:
    """Return what was moved up, excused and called off here lately; three queries."""
    since = now - timedelta(days=DAYS)
    return Reasons(
        _of_bookings(Reordering, centre, since),
        _of_bookings(Excuse, centre, since),
        [CalledOff(slot, by or "") for slot, by in db.session.execute(_called_off(centre, since))],
    )


def _of_bookings(
    told: type[Reordering] | type[Excuse], centre: Centre, since: datetime
) -> list[Reason]:
    rows = db.session.execute(
        select(told.at, told.reason, Account.name, Booking)
        .join(Booking, Booking.id == told.booking_id)
        .join(Booking.slot)
        .outerjoin(Account, Account.id == told.account_id)
        .options(contains_eager(Booking.slot).joinedload(Slot.activity), joinedload(Booking.person))
        .where(told.centre_id == centre.id, told.at >= since)
        .order_by(told.at.desc(), Booking.id.desc())
        .limit(MOST)
    )
    return [Reason(at, reason, by or "", booking) for at, reason, by, booking in rows]


def _called_off(centre: Centre, since: datetime) -> Select[Slot, str]:
    return (
        select(Slot, Account.name)
        .outerjoin(Account, Account.id == Slot.called_off_by_id)
        .options(joinedload(Slot.activity))
        .where(Slot.centre_id == centre.id, Slot.called_off_at >= since)
        .order_by(Slot.called_off_at.desc(), Slot.id.desc())
        .limit(MOST)
    )
