"""Opening desk places; the caller holds the transaction."""

from hub.actor import Actor
from hub.bookings.slot_changes import actions as slot_changes
from hub.bookings.slot_counters import lock_slots
from hub.desk.slot_changes import rules
from hub.timetable.models import Slot


def open_desk_places_now(slot: Slot, by: Actor) -> None:
    """Open the places kept for the desk to everybody, the waiting list first. Raises Refused."""
    lock_slots(slot)
    rules.check_may_change(slot, by.now)
    slot_changes.release_desk_places(slot, by=by)
