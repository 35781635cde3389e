"""What would happen to somebody who presses the button, told before she does. Pure.

It only spares people a refusal: what is decided is decided in actions, by the same rules.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum, auto
from typing import TYPE_CHECKING

from hub.bookings import household_limits, rules
from hub.bookings.household_limits import HouseholdBooking
from hub.refusals import Refused, refusal_of

if TYPE_CHECKING:
    from hub.families.models import Person
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


def why_not(
    slot: "Slot", person: "Person", kept: Iterable[HouseholdBooking], now: datetime, *, soft: bool
) -> Refused | None:
    """Why this person cannot be booked here, whatever the hour; None where nothing is in the way.

    That she is booked here already is no reason: the page shows it by itself.
    """
    elsewhere = [booking for booking in kept if booking.slot_id != slot.id]
    return refusal_of(_check, slot, person, elsewhere, now, soft)


def _check(
    slot: "Slot", person: "Person", kept: list[HouseholdBooking], now: datetime, soft: bool
) -> None:
    rules.check_fits(slot, person.name, person.birth_date)
    household_limits.check_free(slot, person.id, person.name, kept)
    household_limits.check_most(kept, now)
    household_limits.check_quota(slot, slot.activity.kind_id, person.id, person.name, kept)
    household_limits.check_not_paused(slot, person.id, person.name, kept, now, soft=soft)
