"""Reads over bookings: whose, where, in which order they wait."""

from collections.abc import Sequence
from datetime import datetime

from flask import abort
from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from hub.accounts.models import Account
from hub.bookings.models import LIVE, Booking, BookingState
from hub.catalogue.models import Activity
from hub.db import db
from hub.families.models import Guardian, Person
from hub.timetable.models import Slot, SlotState
from hub.timetable.queries import slots_for_cards, slots_with_everything

PAGE = 20


def slot_or_404(slot_id: int) -> Slot:
    """A slot with everything its page shows, in one query."""
    return db.session.scalar(slots_with_everything().where(Slot.id == slot_id)) or abort(404)


def at_the_same_time(slot: Slot, person: Person) -> Sequence[Booking]:
    """The person's live bookings that overlap the slot, those in the slot itself first."""
    return db.session.scalars(
        select(Booking)
        .where(
            Booking.person_id == person.id,
            Booking.state.in_(LIVE),
            Booking.starts_at < slot.ends_at,
            Booking.ends_at > slot.starts_at,
        )
        .options(joinedload(Booking.slot).joinedload(Slot.activity))
        .order_by(Booking.slot_id != slot.id, Booking.starts_at)
    ).all()


def waiting_count(slot_id: int) -> int:
    """How many wait for a place."""
    waiting = Booking.slot_id == slot_id, Booking.state == BookingState.WAITING
    return db.session.scalars(select(func.count(Booking.id)).where(*waiting)).one()


def first_waiting(slot_id: int) -> Booking | None:
    """Whose turn it is."""
    return db.session.scalar(
        select(Booking)
        .where(Booking.slot_id == slot_id, Booking.state == BookingState.WAITING)
        .order_by(Booking.id)
        .limit(1)
    )


def find_booking(account: Account, number: str) -> Booking | None:
    """A booking of the account's household, with everything its page shows."""
    return db.session.scalar(_mine(account).where(Booking.number == number))


def my_booking(account: Account, number: str) -> Booking:
    """The same; 404 when there is none."""
    return find_booking(account, number) or abort(404)


def slot_id_of(number: str) -> int | None:
    """Where this number is booked, whoever it belongs to: for staff, who are checked there."""
    return db.session.scalar(select(Booking.slot_id).where(Booking.number == number))


def my_bookings_here(account: Account, slot_id: int) -> Sequence[Booking]:
    """The household's live bookings of one slot."""
    here = _mine(account).where(Booking.slot_id == slot_id, Booking.state.in_(LIVE))
    return db.session.scalars(here.order_by(Booking.id)).all()


def coming_bookings(account: Account, now: datetime) -> Sequence[Booking]:
    """The household's live bookings that are not over, soonest first."""
    coming = _mine(account).where(Booking.state.in_(LIVE), Booking.ends_at > now)
    return db.session.scalars(coming.order_by(Booking.starts_at, Booking.id)).all()


def past_bookings(account: Account, now: datetime, page_number: int) -> tuple[list[Booking], bool]:
    """One page of what is over or cancelled, latest first, and whether there is more."""
    over = ~Booking.state.in_(LIVE) | (Booking.ends_at <= now)
    newest = _mine(account).where(over).order_by(Booking.starts_at.desc(), Booking.id.desc())
    rows = db.session.scalars(newest.offset((page_number - 1) * PAGE).limit(PAGE + 1)).all()
    return list(rows[:PAGE]), len(rows) > PAGE


def positions(bookings: Sequence[Booking]) -> dict[int, int]:
    """The place in the queue, from 1, of each of these that waits: booking id → position."""
    waiting = [booking.id for booking in bookings if booking.is_waiting]
    if not waiting:
        return {}
    before = aliased(Booking)
    rows = db.session.execute(
        select(Booking.id, func.count(before.id))
        .join(
            before,
            (before.slot_id == Booking.slot_id)
            & (before.state == BookingState.WAITING)
            & (before.id <= Booking.id),
        )
        .where(Booking.id.in_(waiting))
        .group_by(Booking.id)
    )
    return {row[0]: row[1] for row in rows}


def alternatives(slot: Slot, now: datetime) -> Sequence[Slot]:
    """The next few slots of the same activity that still have places."""
    return db.session.scalars(
        slots_for_cards()
        .where(
            Slot.activity_id == slot.activity_id,
            Slot.id != slot.id,
            Slot.starts_at > now,
            Slot.places_left > 0,
            Slot.state == SlotState.OPEN,
        )
        .order_by(Slot.starts_at)
        .limit(3)
    ).all()


def miscounted() -> Sequence[tuple[int, int, int, int]]:
    """Slots whose places do not add up: (slot id, capacity, places left, confirmed bookings)."""
    confirmed = func.count(Booking.id)
    rows = db.session.execute(
        select(Slot.id, Slot.capacity, Slot.places_left, confirmed)
        .outerjoin(
            Booking, (Booking.slot_id == Slot.id) & (Booking.state == BookingState.CONFIRMED)
        )
        .group_by(Slot.id)
        .having(Slot.places_left + confirmed != Slot.capacity)
        .order_by(Slot.id)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def _mine(account: Account) -> Select[Booking]:
    """Bookings of the account's household, with everything a card of them shows."""
    return (
        select(Booking)
        .join(Guardian, Guardian.household_id == Booking.household_id)
        .where(Guardian.account_id == account.id)
        .join(Booking.slot)
        .options(
            contains_eager(Booking.slot).options(
                joinedload(Slot.activity).joinedload(Activity.kind),
                joinedload(Slot.centre),
                joinedload(Slot.room),
                joinedload(Slot.lead),
            ),
            joinedload(Booking.person),
        )
    )
