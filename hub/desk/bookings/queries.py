"""One booking as the desk sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from hub.accounts.models import Account
from hub.bookings.models import LIVE, Booking, Excuse
from hub.db import db
from hub.desk.roster.queries import Listed, listed_rows
from hub.families.models import Guardian
from hub.timetable.models import Series, Slot, SlotState

MOST_SLOTS = 40  # offered to move a booking to


@dataclass(frozen=True)
class Details:
    """What the desk may know of one booking beside the booking itself."""

    listed: Listed
    excuse: Excuse | None
    phones: list[str]
    others: list[Booking]  # of the same party that are live

    @property
    def persons(self) -> int:
        shown = [self.listed.booking, *self.others]
        return len({booking.person_id for booking in shown if booking.person_id})


def details_of(booking: Booking) -> Details:
    """Return all that the page of one booking shows beside it; four queries."""
    row = db.session.execute(listed_rows().where(Booking.id == booking.id)).one()
    phones = (
        select(Account.phone)
        .join(Guardian, Guardian.account_id == Account.id)
        .where(Guardian.household_id == booking.household_id)
        .order_by(Account.id)
    )
    return Details(
        listed=Listed(*row),
        excuse=db.session.get(Excuse, booking.id),
        phones=list(db.session.scalars(phones)),
        others=party_of(booking),
    )


def party_of(booking: Booking) -> list[Booking]:
    """Return the other live bookings of the party, by the time of their slots."""
    together = select(Booking).where(
        Booking.party == booking.party,
        Booking.id != booking.id,
        Booking.household_id == booking.household_id,
        Booking.state.in_(LIVE),
    )
    loaded = together.options(
        joinedload(Booking.person), joinedload(Booking.slot).joinedload(Slot.activity)
    )
    return list(db.session.scalars(loaded.order_by(Booking.starts_at, Booking.id)))


def slots_to_move_to(booking: Booking, now: datetime) -> Sequence[Slot]:
    """Return the coming slots of the same activity that take bookings now, soonest first.

    The dates of a whole 期 are booked together or not at all.
    """
    of_whole = exists().where(Series.id == Slot.series_id, Series.is_whole)
    slots = (
        select(Slot)
        .where(
            Slot.activity_id == booking.slot.activity_id,
            Slot.id != booking.slot_id,
            Slot.starts_at > now - timedelta(days=1),
            Slot.ends_at > now,
            Slot.opens_at <= now,
            Slot.state == SlotState.OPEN,
            ~of_whole,
        )
        .options(joinedload(Slot.activity), joinedload(Slot.room))
        .order_by(Slot.starts_at, Slot.id)
    )
    return db.session.scalars(slots.limit(MOST_SLOTS)).all()
