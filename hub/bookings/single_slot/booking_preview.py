"""What would happen to somebody who presses the button, told before she does. Pure.

It only spares people a refusal: what is decided is decided in actions, by the same rules.
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
    TURN_BEHIND_WAITING = auto()  # a turn, though a place is free: it is kept for who waits
    NOTHING = auto()


def preview(slot: "Slot", places: int) -> BookingPreview:
    """What becomes of the booking of one who takes so many places, by what the slot shows now."""
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
