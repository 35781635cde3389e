"""Reads over bookings: whose, where, in which order they wait."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask import abort
from sqlalchemy import BindParameter, Integer, Select, bindparam, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from hub.accounts.models import Account
from hub.bookings.deadlines import week_of
from hub.bookings.household_limits import Kept
from hub.bookings.models import HOLDING, LIVE, Booking, BookingState, Excuse, Offer
from hub.catalogue.models import Activity, Admission
from hub.db import db
from hub.families.models import Guardian, Priority
from hub.timetable.models import Series, Slot, SlotState
from hub.timetable.queries import CARDS, WHOLE, slots_with_everything

PAGE = 20
MOST_TO_MOVE_TO = 12
LONGEST_SLOT = timedelta(days=1)  # overnight care that began the evening before


def slot_seen(slot_id: int) -> Slot:
    """A slot with everything its page shows, in one query, only to be read; else 404."""
    found = WHOLE.rows(_slot_seen(), slot_id=slot_id)
    return found[0] if found else abort(404)


@cache
def _slot_seen() -> Select[*tuple[Any, ...]]:
    return WHOLE.select().where(Slot.id == bindparam("slot_id"))


def slot_or_404(slot_id: int) -> Slot:
    """The same, loaded to be changed."""
    return db.session.scalar(_slot_of_id(), {"slot_id": slot_id}) or abort(404)


@cache
def _slot_of_id() -> Select[Slot]:
    return slots_with_everything().where(Slot.id == bindparam("slot_id"))


def slot_to_book(slot_id: int) -> Slot:
    """A slot with no more than a booking asks about: others wait until this one is made."""
    return db.session.scalar(_slot_to_book(), {"slot_id": slot_id}) or abort(404)


@cache
def _slot_to_book() -> Select[Slot]:
    activity = joinedload(Slot.activity).joinedload(Activity.kind)
    asked = select(Slot).options(activity, joinedload(Slot.series))
    return asked.where(Slot.id == bindparam("slot_id"))


def kept_by(household_id: int, slot: Slot, now: datetime) -> list[Kept]:
    """What the household has, and missed, as far as it matters for one more booking; one query."""
    monday, _ = week_of(min(slot.starts_at, now))
    memory = now - timedelta(days=slot.no_show_days + slot.pause_days)
    since = min(monday, memory) if slot.no_show_limit else monday
    wanted = {"household_id": household_id, "slot_id": slot.id, "since": since - LONGEST_SLOT}
    return [Kept(*row) for row in db.session.execute(_kept(), wanted)]


@cache
def _kept() -> Select[*tuple[Any, ...]]:
    hers = Booking.household_id == bindparam("household_id"), Booking.starts_at > bindparam("since")
    which = Booking.state.in_((*LIVE, BookingState.NO_SHOW))
    here_first = Booking.slot_id != bindparam("slot_id"), Booking.starts_at
    return kept_rows().where(*hers, which).order_by(*here_first)


def kept_rows() -> Select[*tuple[Any, ...]]:
    """The columns of Kept; whose, and which, is for the caller to say."""
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


def who_goes_first(person_ids: Sequence[int]) -> set[int]:
    """Those of these persons whom a draw prefers, and whom no missed booking pauses."""
    among = select(Priority.person_id).where(Priority.person_id.in_(person_ids))
    return set(db.session.scalars(among))


def find_booking(account: Account, number: str) -> Booking | None:
    """A booking of the account's household, with everything its page shows."""
    return db.session.scalar(_mine(account).where(Booking.number == number))


def my_booking(account: Account, number: str) -> Booking:
    """The same; 404 when there is none."""
    return find_booking(account, number) or abort(404)


def my_party(account: Account, number: str) -> Sequence[Booking]:
    """The same booking and, after it, all that was booked together with it; else empty."""
    wanted = {"account_id": account.id, "number": number}
    return db.session.scalars(_party_of_number(), wanted).all()


@cache
def _party_of_number() -> Select[Booking]:
    number: BindParameter[str] = bindparam("number")
    party = select(Booking.party).where(Booking.number == number).scalar_subquery()
    mine = Guardian.account_id == bindparam("account_id"), Booking.party == party
    return _cards().where(*mine).order_by(Booking.number != number, Booking.starts_at, Booking.id)


def number_of(booking_id: int) -> str:
    """The number of a booking that another one refers to."""
    return db.session.scalars(select(Booking.number).where(Booking.id == booking_id)).one()


def open_offers(bookings: Sequence[Booking]) -> dict[str, Offer]:
    """The offers that these bookings' parties have not answered yet, by party."""
    parties = {booking.party for booking in bookings if booking.is_offered}
    if not parties:
        return {}
    unanswered = Offer.party.in_(parties), Offer.answered_at.is_(None)
    return {offer.party: offer for offer in db.session.scalars(select(Offer).where(*unanswered))}


def offer_or_404(token: str) -> tuple[Offer, int, int]:
    """The offer of a link, how many places of its slot the party holds, and on how many dates."""
    found = db.session.execute(_offer_of_token(), {"token": token}).one_or_none()
    if found is None:
        abort(404)
    offer, places, dates = found
    return offer, places, dates


@cache
def _offer_of_token() -> Select[Offer, int, int]:
    party = Booking.party == Offer.party
    held = party, Booking.slot_id == Offer.slot_id, Booking.state.in_(HOLDING)
    places = select(func.coalesce(func.sum(Booking.places), 0)).where(*held)
    dates = select(func.count(Booking.slot_id.distinct())).where(party)
    return (
        select(
            Offer,
            places.correlate(Offer).scalar_subquery(),
            dates.correlate(Offer).scalar_subquery(),
        )
        .where(Offer.token == bindparam("token"))
        .options(
            joinedload(Offer.slot).options(
                joinedload(Slot.activity), joinedload(Slot.centre), joinedload(Slot.room)
            )
        )
    )


def is_excused(booking: Booking) -> bool:
    """Whether the staff forgave that she did not come."""
    return db.session.get(Excuse, booking.id) is not None


def slot_id_of(number: str) -> int | None:
    """Where this number is booked, whoever it belongs to: for staff, who are checked there."""
    return db.session.scalar(select(Booking.slot_id).where(Booking.number == number))


def coming_bookings(account: Account, now: datetime) -> Sequence[Booking]:
    """The household's live bookings that are not over, soonest first."""
    return db.session.scalars(_coming(), {"account_id": account.id, "now": now}).all()


@cache
def _coming() -> Select[Booking]:
    mine = Guardian.account_id == bindparam("account_id")
    coming = _cards().where(mine, Booking.state.in_(LIVE), Booking.ends_at > bindparam("now"))
    return coming.order_by(Booking.starts_at, Booking.id)


def past_bookings(account: Account, now: datetime, page_number: int) -> tuple[list[Booking], bool]:
    """One page of what is over or cancelled, latest first, and whether there is more."""
    wanted = {"account_id": account.id, "now": now, "first": (page_number - 1) * PAGE}
    rows = db.session.scalars(_past(), wanted).all()
    return list(rows[:PAGE]), len(rows) > PAGE


@cache
def _past() -> Select[Booking]:
    mine = Guardian.account_id == bindparam("account_id")
    over = ~Booking.state.in_(LIVE) | (Booking.ends_at <= bindparam("now"))
    newest = _cards().where(mine, over).order_by(Booking.starts_at.desc(), Booking.id.desc())
    return newest.offset(bindparam("first", type_=Integer)).limit(PAGE + 1)


def positions(bookings: Sequence[Booking]) -> dict[int, int]:
    """How many parties are served before and with each of these that waits: id → 1 for the next."""
    waiting = [booking.id for booking in bookings if booking.is_waiting]
    if not waiting:
        return {}
    rows = db.session.execute(_positions().where(Booking.id.in_(waiting)))
    return {booking_id: before + 1 for booking_id, _number, before in rows}


def positions_of(numbers: Sequence[str]) -> dict[str, int]:
    """The same for bookings of which only the numbers are known; those that wait are in it."""
    waiting = Booking.number.in_(numbers), Booking.state == BookingState.WAITING
    rows = db.session.execute(_positions().where(*waiting))
    return {number: before + 1 for _booking_id, number, before in rows}


@cache
def _positions() -> Select[int, str, int]:
    before = aliased(Booking)
    return (
        select(Booking.id, Booking.number, func.count(before.party.distinct()))
        .outerjoin(
            before,
            (before.slot_id == Booking.slot_id)
            & (before.state == BookingState.WAITING)
            & (before.party != Booking.party)
            & (
                (before.turn < Booking.turn)
                | (before.turn == Booking.turn) & (before.id < Booking.id)
            ),
        )
        .group_by(Booking.id, Booking.number)
    )


def booked_with(phone: str, number: str) -> Booking | None:
    """A booking by its number and the phone of who looks after the person: both must be right."""
    whose = select(Guardian.household_id).join(Guardian.account).where(Account.phone == phone)
    known = Booking.number == number, Booking.household_id.in_(whose)
    slot = joinedload(Booking.slot).options(joinedload(Slot.activity), joinedload(Slot.centre))
    return db.session.scalar(select(Booking).where(*known).options(slot))


def slots_to_move_to(booking: Booking, now: datetime) -> Sequence[Slot]:
    """The slots of the same activity that have places for this booking now, soonest first."""
    return CARDS.rows(
        CARDS.select()
        .where(
            Slot.activity_id == booking.slot.activity_id,
            Slot.id != booking.slot_id,
            Slot.starts_at > now,
            Slot.opens_at <= now,
            Slot.closes_at > now,
            Slot.places_left >= booking.places,
            Slot.state == SlotState.OPEN,
            or_(Slot.admission == Admission.FIRST_COME, Slot.drawn_at.is_not(None)),
            or_(Slot.waiting == 0, Slot.smaller_first),
            Series.is_whole.is_not(True),
        )
        .order_by(Slot.starts_at)
        .limit(MOST_TO_MOVE_TO)
    )


def alternatives(slot: Slot, now: datetime) -> Sequence[Slot]:
    """The next few slots of the same activity that still have places."""
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
    """Bookings of the account's household, with everything a card of them shows."""
    return _cards().where(Guardian.account_id == account.id)


@cache
def _cards() -> Select[Booking]:
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
