"""Reads that several rooms share: slots to show or to book, and a household's bookings."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask import abort
from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import contains_eager, joinedload

from hub.accounts.models import Account
from hub.bookings.deadlines import week_of
from hub.bookings.household_limits import HouseholdBooking
from hub.bookings.models import LIVE, Booking, BookingState, Excuse
from hub.catalogue.models import Activity
from hub.db import db
from hub.families.models import Guardian, Priority
from hub.timetable.models import Slot, SlotState
from hub.timetable.queries import CARDS, WHOLE, slots_with_everything

LONGEST_SLOT = timedelta(days=1)  # overnight care that began the evening before


def slot_seen(slot_id: int) -> Slot:
    """Return a slot with all that its page shows, read-only, in one query; 404 if none."""
    found = WHOLE.rows(_slot_seen(), slot_id=slot_id)
    return found[0] if found else abort(404)


@cache
def _slot_seen() -> Select[*tuple[Any, ...]]:
    return WHOLE.select().where(Slot.id == bindparam("slot_id"))


def slot_or_404(slot_id: int) -> Slot:
    """Return a slot as an entity that may be changed, with everything its page shows; else 404."""
    return db.session.scalar(_slot_of_id(), {"slot_id": slot_id}) or abort(404)


@cache
def _slot_of_id() -> Select[Slot]:
    return slots_with_everything().where(Slot.id == bindparam("slot_id"))


def slot_to_book(slot_id: int) -> Slot:
    """Return a slot with only what booking asks about, since others wait meanwhile; 404 if none."""
    return db.session.scalar(_slot_to_book(), {"slot_id": slot_id}) or abort(404)


@cache
def _slot_to_book() -> Select[Slot]:
    activity = joinedload(Slot.activity).joinedload(Activity.kind)
    asked = select(Slot).options(activity, joinedload(Slot.series))
    return asked.where(Slot.id == bindparam("slot_id"))


def bookings_of_household(household_id: int, slot: Slot, now: datetime) -> list[HouseholdBooking]:
    """Return the live and missed bookings that matter for one more booking; one query."""
    since = remembered_since(slot, now)
    wanted = {"household_id": household_id, "slot_id": slot.id, "since": since}
    db.session.flush()  # the act that asks may have just booked
    # As columns, past what makes entities of rows: a twentieth of a slot's page.
    found = db.session.connection().execute(_bookings_of_household(), wanted)
    return [HouseholdBooking(*row) for row in found]


def remembered_since(slot: Slot, now: datetime) -> datetime:
    """Return the start after which a household's bookings matter for one more."""
    monday, _ = week_of(min(slot.starts_at, now))
    memory = now - timedelta(days=slot.no_show_days + slot.pause_days)
    return (min(monday, memory) if slot.no_show_limit else monday) - LONGEST_SLOT


@cache
def _bookings_of_household() -> Select[*tuple[Any, ...]]:
    since = (
        Booking.household_id == bindparam("household_id"),
        Booking.starts_at > bindparam("since"),
    )
    which = Booking.state.in_((*LIVE, BookingState.NO_SHOW))
    here_first = Booking.slot_id != bindparam("slot_id"), Booking.starts_at
    return household_booking_rows().where(*since, which).order_by(*here_first)


def household_booking_rows() -> Select[*tuple[Any, ...]]:
    """Select the columns of HouseholdBooking; the caller adds the conditions."""
    return (
        select(
            Booking.number,
            Booking.party,
            Booking.person_id,
            Booking.slot_id,
            Activity.kind_id,
            Activity.title,
            Booking.starts_at,
            Booking.ends_at,
            Booking.state,
            Excuse.booking_id.is_not(None),
            Booking.places,
        )
        .join(Booking.slot)
        .join(Slot.activity)
        .outerjoin(Excuse, Excuse.booking_id == Booking.id)
    )


def with_priority(person_ids: Sequence[int]) -> set[int]:
    """Return those of these persons who have a verified priority (照顾)."""
    among = select(Priority.person_id).where(Priority.person_id.in_(person_ids))
    return set(db.session.scalars(among))


def find_booking(account: Account, number: str) -> Booking | None:
    """Return a booking of the account's household with everything its page shows, or None."""
    return db.session.scalar(_mine(account).where(Booking.number == number))


def my_booking(account: Account, number: str) -> Booking:
    """Return a booking of the account's household with everything its page shows; else 404."""
    return find_booking(account, number) or abort(404)


def my_party(account: Account, number: str) -> Sequence[Booking]:
    """Return a booking of the account's household, then its party; empty if there is none."""
    wanted = {"account_id": account.id, "number": number}
    return db.session.scalars(_party_of_number(), wanted).all()


@cache
def _party_of_number() -> Select[Booking]:
    number: BindParameter[str] = bindparam("number")
    party = select(Booking.party).where(Booking.number == number).scalar_subquery()
    mine = Guardian.account_id == bindparam("account_id"), Booking.party == party
    return (
        booking_cards()
        .where(*mine)
        .order_by(Booking.number != number, Booking.starts_at, Booking.id)
    )


def alternatives(slot: Slot, now: datetime) -> Sequence[Slot]:
    """Return the next few slots of the same activity that still have places."""
    return CARDS.rows(_alternatives(), activity_id=slot.activity_id, slot_id=slot.id, now=now)


@cache
def _alternatives() -> Select[*tuple[Any, ...]]:
    return (
        CARDS.select()
        .where(
            Slot.activity_id == bindparam("activity_id"),
            Slot.id != bindparam("slot_id"),
            Slot.starts_at > bindparam("now"),
            Slot.places_left > 0,
            Slot.state == SlotState.OPEN,
        )
        .order_by(Slot.starts_at)
        .limit(3)
    )


def _mine(account: Account) -> Select[Booking]:
    """Select the bookings of the account's household with everything a card shows."""
    return booking_cards().where(Guardian.account_id == account.id)


@cache
def booking_cards() -> Select[Booking]:
    return (
        select(Booking)
        .join(Guardian, Guardian.household_id == Booking.household_id)
        .join(Booking.slot)
        .options(
            contains_eager(Booking.slot).options(
                joinedload(Slot.activity).joinedload(Activity.kind),
                joinedload(Slot.centre),
                joinedload(Slot.room),
                joinedload(Slot.lead),
                joinedload(Slot.series),
            ),
            joinedload(Booking.person),
        )
    )
