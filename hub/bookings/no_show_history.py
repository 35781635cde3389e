"""What somebody missed, whom taking her out of the family and entering her again does not clear."""

from collections.abc import Sequence
from dataclasses import replace

from hub.bookings.household_limits import HouseholdBooking
from hub.families.models import Person


def no_shows_of(person: Person, kept: Sequence[HouseholdBooking]) -> list[HouseholdBooking]:
    """Her no-shows, and those of whoever has been taken out, from before she was entered.

    Nobody can tell any more whose those were; the staff excuses what was not hers.
    """
    missed = [booking for booking in kept if booking.is_missed]
    nameless = [booking for booking in missed if booking.person_id is None]
    hers = [booking for booking in missed if booking.person_id == person.id]
    if not nameless:
        return hers
    entered_at = person.entered_at
    return hers + [
        replace(booking, person_id=person.id)
        for booking in nameless
        if entered_at is not None and booking.starts_at < entered_at
    ]
