"""Taking places and giving them back; the caller holds the transaction, nothing here commits."""

from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select, update

from hub import text
from hub.audit import record
from hub.bookings import rules
from hub.bookings.models import Booking, BookingState, Channel
from hub.bookings.numbers import draw_number
from hub.bookings.queries import at_the_same_time, first_waiting, waiting_count
from hub.db import db
from hub.families.models import Guardian, Person
from hub.language import CHINESE
from hub.notices.actions import tell
from hub.timetable.models import Slot, SlotState

# Else SQLAlchemy would compare an UPDATE with every slot it has loaded; we know the one it meets.
UNSYNCHRONISED = {"synchronize_session": False}


def book(
    slot: Slot,
    person: Person,
    *,
    account_id: int,
    now: datetime,
    channel: Channel = Channel.WEB,
    request_key: str | None = None,
) -> Booking:
    """Give the person a place, or a turn on the waiting list if the slot is full.

    The same `request_key` from the same account gets the same booking again, as long as it is
    for this person in this slot and has not been cancelled. Raises Refused.
    The person's row should be locked (`my_person(…, lock=True)`), so that two bookings of one
    person queue up and the later one is refused in words; the database refuses it in any case.
    """
    if request_key and (before := _made_before(request_key, account_id)):
        if before.is_live and (before.slot_id, before.person_id) == (slot.id, person.id):
            return before
        request_key = None  # a form of yesterday, sent for something else: a booking of its own
    rules.check_window(slot, now)
    rules.check_fits(slot, person.name, person.birth_date)
    rules.check_free(slot, person.name, at_the_same_time(slot, person))
    booking = Booking(
        number=_free_number(),
        slot=slot,
        person=person,
        household_id=person.household_id,
        made_by_id=account_id,
        channel=channel,
        state=BookingState.CONFIRMED if take_place(slot) else _wait_or_take(slot),
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        fee_fen=slot.fee_fen,
        made_at=now,
        request_key=request_key,
    )
    db.session.add(booking)
    db.session.flush()
    _record("book", booking, account_id)
    return booking


def cancel(booking: Booking, *, account_id: int, now: datetime) -> bool:
    """Give up a place or a turn; a freed place goes to the first who waits. Raises Refused.

    False when it had been cancelled before, which is as good.
    """
    lock_slot(booking.slot_id)  # always before a booking's row, so that two acts never deadlock
    db.session.refresh(booking)
    if not booking.is_live:
        return False
    rules.check_may_cancel(booking, now)
    had_place = booking.is_confirmed
    booking.state, booking.cancelled_at = BookingState.CANCELLED, now
    db.session.flush()
    _record("cancel", booking, account_id)
    if had_place:
        give_back_place(booking.slot, account_id=account_id, now=now)
    return True


def take_place(slot: Slot) -> bool:
    """Take one place if any is left – one UPDATE, so two families never share the last."""
    one_left = Slot.id == slot.id, Slot.state == SlotState.OPEN, Slot.places_left > 0
    take = update(Slot).where(*one_left).values(places_left=Slot.places_left - 1)
    took = db.session.scalar(take.returning(Slot.id), execution_options=UNSYNCHRONISED)
    db.session.expire(slot, ["places_left"])
    return took is not None


def give_back_place(slot: Slot, *, account_id: int | None, now: datetime) -> None:
    """Pass one place on to the first who waits, or put it back; `lock_slot` comes before."""
    first = first_waiting(slot.id) if slot.is_open and now < slot.starts_at else None
    if first:
        first.state = BookingState.CONFIRMED
        db.session.flush()
        _record("confirm", first, account_id)
        _tell_guardians(first, now)
    else:
        put_back = update(Slot).where(Slot.id == slot.id)
        put_back = put_back.values(places_left=Slot.places_left + 1)
        db.session.execute(put_back, execution_options=UNSYNCHRONISED)
        db.session.expire(slot, ["places_left"])


def lock_slot(slot_id: int) -> None:
    """Let nobody else change who has a place here until this transaction ends, and look anew."""
    fresh = select(Slot).where(Slot.id == slot_id).with_for_update()
    db.session.execute(fresh, execution_options={"populate_existing": True})


def _wait_or_take(slot: Slot) -> BookingState:
    """The slot was full a moment ago: with the slot locked, look again, then queue up."""
    lock_slot(slot.id)
    if take_place(slot):
        return BookingState.CONFIRMED
    if waiting_count(slot.id) >= slot.waiting_limit:
        raise rules.no_room(slot)
    return BookingState.WAITING


def _made_before(request_key: str, account_id: int) -> Booking | None:
    mine = Booking.request_key == request_key, Booking.made_by_id == account_id
    return db.session.scalar(select(Booking).where(*mine))


def _free_number() -> str:
    while True:
        number = draw_number()
        if db.session.scalar(select(Booking.id).where(Booking.number == number)) is None:
            return number


def _tell_guardians(booking: Booking, now: datetime) -> None:
    slot = booking.slot
    with force_locale(CHINESE):  # not in the language of the other family that cancelled
        message = _(
            "候补到名额了！%(name)s %(when)s “%(title)s”，预约号 %(number)s。来不了请早点取消。",
            name=booking.person.name if booking.person else "",
            when=text.when(slot.starts_at),
            title=slot.activity.title,
            number=text.number(booking.number),
        )
    of_household = select(Guardian.account_id).where(Guardian.household_id == booking.household_id)
    for account_id in db.session.scalars(of_household):
        tell(account_id, message, now)


def _record(act: str, booking: Booking, account_id: int | None) -> None:
    record(
        act,
        booking,
        account_id=account_id,
        household_id=booking.household_id,
        detail=f"{booking.channel} {booking.state}",
    )
