"""Act on bookings of a family and tell it; the caller holds the transaction."""

from collections.abc import Sequence

from sqlalchemy import select

from hub.actor import Actor
from hub.bookings.models import Arrival, Booking
from hub.bookings.single_slot import actions
from hub.bookings.slot_changes import actions as slot_changes
from hub.bookings.slot_counters import lock_slots
from hub.bookings.waiting_list import actions as waiting_list
from hub.bookings.waiting_list.models import Offer
from hub.db import db
from hub.desk import messages
from hub.desk.bookings import rules
from hub.refusals import Refused
from hub.timetable.models import Slot


def cancel_for_family(bookings: Sequence[Booking], by: Actor) -> bool:
    """Cancel bookings because the family asked for it, and tell it. Raises Refused.

    False if none of them stood any more: then nobody is told anything.
    """
    lock_slots(*{booking.slot_id: booking.slot for booking in bookings}.values())
    for booking in bookings:
        rules.check_not_over(booking.slot, by.now)
        rules.check_not_here(_came(booking))
    cancelled = actions.cancel_all(bookings, by)
    if cancelled:
        messages.tell_cancelled(bookings, by.now)
    return cancelled


def move_for_family(booking: Booking, slot: Slot, by: Actor, reason: str = "") -> Booking:
    """Move a booking to another slot, and tell the family. Raises Refused.

    Without a reason it passes nobody who waits there.
    """
    lock_slots(booking.slot, slot)
    rules.check_not_over(booking.slot, by.now)
    rules.check_not_here(_came(booking))
    moved = actions.move(booking, slot, by, reason=reason)
    messages.tell_moved(moved, by.now)
    return moved


def restore_for_family(booking: Booking, by: Actor) -> None:
    """Take back a cancellation, a leave or a no-show, and tell the family. Raises Refused."""
    lock_slots(booking.slot)
    db.session.refresh(booking)
    if booking.is_live:
        return
    rules.check_no_draw_ahead(booking.slot)
    slot_changes.restore(booking, by=by)
    messages.tell_restored(booking, by.now)


def accept_for_family(booking: Booking, by: Actor) -> bool:
    """Accept an offer because the family said yes on the phone. Raises Refused.

    False if its time is over: then it has ended here, and the next are served.
    """
    lock_slots(booking.slot)
    held = select(Offer).where(Offer.party == booking.party, Offer.answered_at.is_(None))
    offer = db.session.scalar(held)
    if offer is None:
        raise Refused(rules.offer_is_over())
    return waiting_list.accept(offer, by=by)


def _came(booking: Booking) -> bool:
    return db.session.get(Arrival, booking.id) is not None
