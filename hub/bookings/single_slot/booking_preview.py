"""What a booking made now would become, told before the button is pressed. Pure.

It only spares people a refusal: the actions decide by the same counters.
"""

from enum import StrEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.timetable.models import Slot


class BookingPreview(StrEnum):
    """What a booking made now would become."""

    ENTRY = auto()  # takes part in a draw that is still to come
    PLACE = auto()
    PLACE_AHEAD_OF_WAITING = auto()  # a place, though a larger party waits for more than there is
    TURN = auto()
    TURN_BEHIND_WAITING = auto()  # a turn, though a place is free: it is kept for those who wait
    NOTHING = auto()


def preview(slot: "Slot", places: int) -> BookingPreview:
    """Return what a booking that takes so many places would become, by the slot's counters now."""
    if slot.takes_entries:
        return BookingPreview.ENTRY
    fits = slot.places_left >= places
    if fits and not slot.waiting:
        return BookingPreview.PLACE
    if fits and slot.smaller_first:
        return BookingPreview.PLACE_AHEAD_OF_WAITING
    if slot.waiting >= slot.waiting_limit:
        return BookingPreview.NOTHING
    return BookingPreview.TURN_BEHIND_WAITING if fits else BookingPreview.TURN
