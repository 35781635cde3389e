"""May this household have these slots? One decision, asked by the act and by the page."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from hub.bookings.household_limits import HouseholdBooking, check_person
from hub.bookings.queries import bookings_of_household, with_priority
from hub.families.models import Person
from hub.refusals import Refused, refusal_of
from hub.timetable.models import Slot


def check_persons(
    slots: Sequence[Slot], persons: Sequence[Person], now: datetime, *, by_staff: bool
) -> None:
    """Refuse the first of these persons of one household who may not have all of these slots.

    Call it after the household is locked: it reads what the household has by then.
    """
    bookings = bookings_of_household(persons[0].household_id, slots[0], now)
    exempt = set() if by_staff else never_paused(slots[0], persons, bookings)
    for person in persons:
        check_person(
            slots,
            person,
            bookings,
            now,
            adding=len(persons),
            is_never_paused=person.id in exempt,
            by_staff=by_staff,
        )


def refusals_of(
    slots: Sequence[Slot],
    persons: Sequence[Person],
    bookings: Sequence[HouseholdBooking],
    now: datetime,
) -> dict[int, Refused | None]:
    """Return for each person, by id, why they may not have these slots; None where they may.

    Live bookings in these very slots count for nothing: the page shows them by themselves.
    """
    here = {slot.id for slot in slots}
    others = [one for one in bookings if not one.is_live or one.slot_id not in here]
    exempt = never_paused(slots[0], persons, others)
    return {
        person.id: refusal_of(
            partial(check_person, is_never_paused=person.id in exempt),
            slots,
            person,
            others,
            now,
        )
        for person in persons
    }


def never_paused(
    slot: Slot, persons: Sequence[Person], bookings: Sequence[HouseholdBooking]
) -> Collection[int]:
    """Return the ids of the persons who are not paused by missed bookings.

    For care that is everybody: no child stays outside for what adults forgot. Else it is those with
    a verified priority, who are looked up only where somebody missed something.
    """
    if slot.activity.kind.is_care:
        return {person.id for person in persons}
    missed = slot.no_show_limit and any(booking.is_missed for booking in bookings)
    return with_priority([person.id for person in persons]) if missed else ()
