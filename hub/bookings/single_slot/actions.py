"""Book, cancel and move; the caller holds the transaction, nothing here commits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from hub.actor import Actor
from hub.bookings import rules
from hub.bookings.audit import record_all
from hub.bookings.deadlines import LAST_CALL
from hub.bookings.draw.actions import enter
from hub.bookings.eligibility import check_persons
from hub.bookings.models import Booking, BookingState, Ending
from hub.bookings.numbers import draw_number
from hub.bookings.same_child import check_same_child
from hub.bookings.slot_counters import lock_slots, put_on_waiting_list, release, seat
from hub.bookings.waiting_list.actions import (
    end_waiting_for_begun_series,
    expire_overdue,
    serve_waiting_list,
    serve_waiting_lists,
    withdraw_offers,
    write_reason,
)
from hub.bookings.waiting_list.queries import busy_elsewhere
from hub.catalogue.models import Audience
from hub.db import db
from hub.families.models import Person
from hub.refusals import Refused
from hub.timetable.models import Slot
from hub.timetable.queries import whole_begins_at


def book(slot: Slot, person: Person, by: Actor) -> Booking:
    """Book for one person; see book_party for what is promised."""
    booked = book_party(slot, [person], by=by)
    return booked[0]


def book_party(slot: Slot, persons: Sequence[Person], by: Actor) -> Sequence[Booking]:
    """Give persons of one household places, or turns on the waiting list: all of them or none.

    Before a draw they are entered for it. The same `request_key` from the same account gets the
    same bookings again, as long as they are for these persons in this slot and not cancelled.
    The staff also gets places kept for the desk, and no quota or pause stops it. Lock the household
    before (`my_persons(…, lock=True)`), so that what it books at the same moment is counted; the
    database refuses a person twice in any case. Raises Refused.
    """
    if slot.series_id and (begins_at := whole_begins_at(slot.series_id)):
        rules.check_alone(slot, begins_at, by.now)
        lock_slots(slot)
        end_waiting_for_begun_series(slot, now=by.now)
    return book_dates([slot], persons, by=by)


def book_dates(slots: Sequence[Slot], persons: Sequence[Person], by: Actor) -> Sequence[Booking]:
    """Book persons for every one of these slots; the first says when booking is open."""
    if by.request_key and (before := _made_before(by.request_key, by.account_id)):
        here = {(booking.slot_id, booking.person_id) for booking in before if booking.is_live}
        if here == {(slot.id, person.id) for slot in slots for person in persons}:
            return before
        # A form of yesterday, sent for something else: a booking of its own.
        by = replace(by, request_key=None)
    rules.check_window(slots[0], by.now, by_staff=by.is_staff)
    if mine := _waiting_here(slots, persons, by.now):
        record_all("confirm", mine, by.account_id)
        return mine
    _check(slots, persons, by)
    bookings = new_bookings(slots, persons, by=by)
    _admit(bookings, slots, by)
    save_new("book", bookings, by.account_id)
    check_same_child(slots, persons, by)
    return bookings


def cancel(booking: Booking, by: Actor) -> bool:
    """Give up a place or a turn; a freed place goes to the waiting list. Raises Refused.

    False if it had been cancelled before, which is as good.
    """
    return cancel_all([booking], by=by)


def cancel_all(bookings: Sequence[Booking], by: Actor) -> bool:
    """Give up several places or turns, all or none. False if all were cancelled. Raises Refused."""
    slots = {booking.slot_id: booking.slot for booking in bookings}
    lock_slots(*slots.values())  # before the rows of bookings, so that two acts never deadlock
    for booking in bookings:
        db.session.refresh(booking)
    live = [booking for booking in bookings if booking.is_live]
    for booking in live:
        if not by.is_staff:
            rules.check_may_cancel(booking, by.now)
    if not live:
        return False
    release(
        live,
        BookingState.CANCELLED,
        ending=Ending.STAFF if by.is_staff else Ending.FAMILY,
        now=by.now,
    )
    db.session.flush()
    record_all("cancel", live, by.account_id)
    withdraw_offers([booking.party for booking in live], by=by)
    serve_waiting_lists(slots.values(), by=by)
    return True


def move(booking: Booking, slot: Slot, by: Actor, *, reason: str = "") -> Booking:
    """Exchange a confirmed place for one in another slot: never neither, never both.

    With a reason the staff passes those who wait there; they can read it.
    Raises Refused, and the transaction must then be undone: the old place is given back first.
    """
    lock_slots(booking.slot, slot)
    db.session.refresh(booking)
    rules.check_may_move(booking, slot, by.now, by_staff=by.is_staff)
    persons = [booking.person] if booking.person else []
    old = booking.slot
    release([booking], BookingState.CANCELLED, ending=Ending.MOVED, now=by.now)
    db.session.flush()
    check_persons([slot], persons, by.now, by_staff=by.is_staff)
    moved = new_bookings([slot], persons, by)
    is_next = _is_last_call(slot, by.now) or bool(reason)
    waits_first = by.is_staff and slot.waiting > 0 and not slot.smaller_first
    if slot.takes_entries or not seat(moved, now=by.now, from_desk=by.is_staff, is_next=is_next):
        raise rules.no_place_to_move(slot, waits_first=waits_first)
    save_new("move", moved, by.account_id)
    if reason and slot.waiting:
        write_reason(moved[0], reason, by)
    check_same_child([slot], persons, by)
    booking.moved_to_id = moved[0].id
    db.session.flush()
    record_all("move_away", [booking], by.account_id)
    serve_waiting_list(old, by=by)
    return moved[0]


def new_bookings(slots: Sequence[Slot], persons: Sequence[Person], by: Actor) -> list[Booking]:
    """Return new bookings of one party that have no state yet; `save_new` comes after they have."""
    numbers = _free_numbers(len(persons) * len(slots))
    bookings = [
        Booking(
            number=numbers.pop(),
            slot=slot,
            person=person,
            household_id=person.household_id,
            made_by_id=by.account_id,
            channel=by.channel,
            places=places_per_booking(slot),
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            fee_fen=slot.fee_fen,
            made_at=by.now,
        )
        for person in persons
        for slot in slots
    ]
    for booking in bookings:
        booking.party = bookings[0].number
    bookings[0].request_key = by.request_key
    return bookings


def save_new(act: str, bookings: Sequence[Booking], account_id: int | None) -> None:
    """Save new bookings, with an audit entry for each."""
    db.session.add_all(bookings)
    db.session.flush()
    record_all(act, bookings, account_id)


def places_per_booking(slot: Slot) -> int:
    """Return how many places one booking takes: 2 if the adult who comes along takes one too."""
    return 2 if slot.audience is Audience.CHILD_WITH_ADULT and slot.adult_counts else 1


def _admit(bookings: Sequence[Booking], slots: Sequence[Slot], by: Actor) -> None:
    """Give new bookings their state: places, entries for the draw, or turns. Raises Refused."""
    if slots[0].takes_entries:
        _look_again(slots, by)  # the list is frozen under the same lock
        if slots[0].takes_entries:
            enter(bookings, slots[0], by.now)
            return
    is_next = _is_last_call(slots[0], by.now)
    if slots[0].series_id:
        _look_again(slots, by)  # so that its dates are locked in one order
    if seat(bookings, now=by.now, from_desk=by.is_staff, is_next=is_next):
        return
    _look_again(slots, by)  # full a moment ago: look again, then wait for a place
    if seat(bookings, now=by.now, from_desk=by.is_staff, is_next=is_next):
        return
    if expire_overdue(slots, now=by.now) and seat(
        bookings, now=by.now, from_desk=by.is_staff, is_next=is_next
    ):
        return
    if not put_on_waiting_list(bookings, now=by.now):
        raise rules.no_room(slots[0])


def _check(slots: Sequence[Slot], persons: Sequence[Person], by: Actor) -> None:
    """Refuse who may not book; an offer of theirs that is over does not stand in the way."""
    try:
        check_persons(slots, persons, by.now, by_staff=by.is_staff)
    except Refused:
        if not expire_overdue(slots, now=by.now):
            raise
        check_persons(slots, persons, by.now, by_staff=by.is_staff)


def _look_again(slots: Sequence[Slot], by: Actor) -> None:
    """Lock the slots and read them again. Raises Refused if one was called off meanwhile."""
    lock_slots(*slots)
    for slot in slots:
        if not slot.is_open:
            rules.check_window(slot, by.now, by_staff=by.is_staff)


def _waiting_here(
    slots: Sequence[Slot], persons: Sequence[Person], now: datetime
) -> Sequence[Booking]:
    """Seat and return the persons' waiting bookings in the last minutes; [] if that cannot be.

    In the last minutes no offers are made: those who wait take a free place by pressing.
    """
    if not _is_last_call(slots[0], now):
        return []
    if not all(slot.waiting and slot.places_left for slot in slots):
        return []
    lock_slots(*slots)
    waiting = select(Booking).where(
        Booking.slot_id.in_([slot.id for slot in slots]),
        Booking.person_id.in_([person.id for person in persons]),
        Booking.state == BookingState.WAITING,
    )
    mine = db.session.scalars(waiting.order_by(Booking.id)).all()
    is_all = len(mine) == len(slots) * len(persons)
    if is_all and busy_elsewhere([booking.id for booking in mine]):
        raise rules.busy_then()
    return mine if is_all and seat(mine, now=now, is_next=True) else []


def _is_last_call(slot: Slot, now: datetime) -> bool:
    """Whether no offers are made any more: free places go to those who press first."""
    return slot.starts_at - now < LAST_CALL


def _made_before(request_key: str, account_id: int | None) -> Sequence[Booking]:
    mine = {"request_key": request_key, "account_id": account_id}
    return db.session.scalars(_party_of_key(), mine).all()


@cache
def _party_of_key() -> Select[Booking]:
    """Build the query once: others wait while this booking is made."""
    mine = (
        Booking.request_key == bindparam("request_key"),
        Booking.made_by_id == bindparam("account_id"),
    )
    party = select(Booking.party).where(*mine).scalar_subquery()
    of_party = select(Booking).where(Booking.party == party).order_by(Booking.id)
    return of_party.options(joinedload(Booking.person))


def _free_numbers(many: int) -> list[str]:
    free: set[str] = set()
    while len(free) < many:
        drawn = {draw_number() for _ in range(many - len(free))}
        free |= drawn.difference(db.session.scalars(_in_use(), {"numbers": list(drawn)}))
    return list(free)


@cache
def _in_use() -> Select[str]:
    return select(Booking.number).where(Booking.number.in_(bindparam("numbers", expanding=True)))
