"""Change a slot that has bookings, and restore bookings; the caller holds the transaction."""

from collections import defaultdict
from collections.abc import Sequence

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from hub.actor import Actor
from hub.audit import record
from hub.bookings import messages, rules
from hub.bookings.audit import record_all
from hub.bookings.eligibility import check_persons
from hub.bookings.models import HOLDING, LIVE, Booking, BookingState, Ending
from hub.bookings.same_child import check_same_child
from hub.bookings.slot_counters import (
    lock_slots,
    open_desk_places,
    put_on_waiting_list,
    release,
    resize,
    seat,
)
from hub.bookings.waiting_list.actions import (
    move_to_head,
    serve_waiting_list,
    serve_waiting_lists,
    withdraw_offers,
    write_reason,
)
from hub.db import db
from hub.families.models import Person
from hub.refusals import Refused
from hub.timetable.models import Slot, SlotState
from hub.web.language import CHINESE


def change_capacity(
    slot: Slot, capacity: int, by: Actor, *, to_waiting_list: Sequence[Booking] = ()
) -> None:
    """Change a slot's number of places; the waiting list gets those that come free.

    `to_waiting_list` are bookings whose places are taken back: they wait at the head of the list,
    and their families are told. Raises Refused if more places are taken than would be left.
    """
    lock_slots(slot)
    rules.check_room_holds(slot, capacity)
    for booking in to_waiting_list:
        db.session.refresh(booking)
    back = [booking for booking in to_waiting_list if booking.holds and booking.slot_id == slot.id]
    if back:
        back += _asked_with(back)
        put_on_waiting_list(back, now=by.now, however_many=True)
        db.session.flush()
        move_to_head(back, now=by.now)
        _explain(back, by)
        withdraw_offers([booking.party for booking in back], by=by)
        record_all("back_to_waiting_list", back, by.account_id)
        for of_household in _by_household(back):
            messages.tell_back_to_waiting_list(of_household, by.now)
    if not resize(slot, capacity):
        raise Refused(
            _(
                "已经有 %(taken)s 个名额给了人，不能少到 %(capacity)s 个。请先选谁转到候补。",
                taken=slot.taken,
                capacity=capacity,
            )
        )
    record("change_capacity", slot, account_id=by.account_id, detail=str(capacity))
    serve_waiting_lists([slot, *(booking.slot for booking in back)], by=by)


def _explain(back: Sequence[Booking], by: Actor) -> None:
    """Tell those who wait already why others stand before them now; once for each party."""
    with force_locale(CHINESE):
        reason = _("这一场的名额减少了，原来约上的先等。")
    for booking in {booking.party: booking for booking in back}.values():
        write_reason(booking, reason, by)


def call_off(slot: Slot, reason: str, by: Actor) -> bool:
    """Call a slot off: end its places and turns, tell every family. False if it was off before."""
    lock_slots(slot)
    if not slot.is_open:
        return False
    slot.state, slot.called_off_reason = SlotState.CALLED_OFF, reason
    slot.called_off_at, slot.called_off_by_id = by.now, by.account_id
    live = _bookings(slot, LIVE)
    release(live, BookingState.CANCELLED, ending=Ending.CALLED_OFF, now=by.now)
    db.session.flush()
    withdraw_offers([booking.party for booking in live], by=by)
    record("call_off", slot, account_id=by.account_id)
    record_all("call_off", live, by.account_id)
    for of_household in _by_household(live):
        messages.tell_called_off(of_household, by.now)
    serve_waiting_lists([slot], by=by)
    return True


def restore(booking: Booking, by: Actor) -> None:
    """Take back a cancellation, a leave or a no-show. Raises Refused, also if the slot is full.

    A booking that only waited waits again where others do: it passes nobody.
    """
    lock_slots(booking.slot)
    db.session.refresh(booking)
    if booking.is_live:
        return
    if booking.person is None or booking.moved_to_id is not None or not _is_still_there(booking):
        raise Refused(_("这个预约不能恢复了，请重新预约。"))
    if not booking.slot.is_open or by.now >= booking.slot.ends_at:
        raise Refused(_("这一场停办了，或者已经结束。"))
    check_persons([booking.slot], [booking.person], by.now, by_staff=True)
    had_place = booking.confirmed_at is not None
    if not seat([booking], now=by.now, from_desk=True, is_next=had_place):
        gave_up = booking.ending in (Ending.FAMILY, Ending.STAFF)
        if had_place or booking.slot.takes_entries or not gave_up:
            raise Refused(_("名额已经给了别人，不能恢复。"))
        booking.turn = 0
        put_on_waiting_list([booking], now=by.now, however_many=True)
    db.session.flush()
    check_same_child([booking.slot], [booking.person], by)
    record_all("restore", [booking], by.account_id)


def release_desk_places(slot: Slot, by: Actor) -> None:
    """Open the places kept for the desk to everybody, the waiting list first."""
    lock_slots(slot)
    if slot.desk_places:
        open_desk_places(slot)
        record("release_desk_places", slot, account_id=by.account_id)
        serve_waiting_list(slot, by=by)


def holders(slot: Slot) -> Sequence[Booking]:
    """Return the bookings with given or held places, the last made first, to choose among them."""
    return _bookings(slot, HOLDING)[::-1]


def _bookings(slot: Slot, states: Sequence[BookingState]) -> list[Booking]:
    here = select(Booking).where(Booking.slot_id == slot.id, Booking.state.in_(states))
    return list(db.session.scalars(here.options(joinedload(Booking.person)).order_by(Booking.id)))


def _asked_with(back: Sequence[Booking]) -> list[Booking]:
    """Return the other bookings held by the same offers: a party asked as one waits as one."""
    asked = [booking.party for booking in back if booking.is_offered]
    others = (
        select(Booking)
        .where(Booking.party.in_(asked), Booking.state == BookingState.OFFERED)
        .where(Booking.id.not_in([booking.id for booking in back]))
        .options(joinedload(Booking.person), joinedload(Booking.slot))
    )
    return list(db.session.scalars(others.order_by(Booking.id)))


def _is_still_there(booking: Booking) -> bool:
    """Whether the person is still in the household; keeps them there until the transaction ends.

    The weakest lock: somebody who books for the person meanwhile holds the row and may want the
    slot of this booking.
    """
    person = select(Person.id).where(Person.id == booking.person_id)
    return db.session.scalar(person.with_for_update(read=True, key_share=True)) is not None


def _by_household(bookings: Sequence[Booking]) -> list[list[Booking]]:
    households: dict[int, list[Booking]] = defaultdict(list)
    for booking in bookings:
        households[booking.household_id].append(booking)
    return list(households.values())
