"""What a slot's page shows: places, what a press would bring, who may, and from when on."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Response
from flask_babel import gettext as _

from hub import clock
from hub.bookings import queries, rules
from hub.bookings.household_limits import HouseholdBooking
from hub.bookings.models import BookingState
from hub.bookings.single_slot import booking_preview
from hub.bookings.single_slot.actions import CARE, places_per_booking
from hub.bookings.single_slot.forms import BookingForm
from hub.bookings.waiting_list import queries as waiting_list_queries
from hub.families.models import Household, Person
from hub.refusals import Refused, refusal_of
from hub.timetable.models import Slot
from hub.timetable.queries import whole_begins_at
from hub.timetable.sharing import share
from hub.web.pages import page
from hub.web.security import never_share


def slot_page(
    slot: Slot,
    household: Household | None,
    form: BookingForm,
    refusal: Refused | None = None,
    status: int = 200,
    *,
    kept: Sequence[HouseholdBooking] | None = None,
) -> Response:
    """The page on which one decides and presses the button, or reads why there is none.

    `kept` is what the household has, where that was looked up for this answer already.
    """
    now = clock.now()
    persons = household.persons if household else []
    if kept is None:
        kept = queries.bookings_of_household(household.id, slot, now) if household else []
    why_not = why_not_book(slot, persons, kept, now)
    mine = [booking for booking in kept if booking.is_live and booking.slot_id == slot.id]
    # After a refusal the persons who were chosen stay chosen.
    booked = set() if refusal else {booking.person_id for booking in mine}
    free = [person for person in persons if not why_not[person.id] and person.id not in booked]
    if form.person.data is None and len(free) == 1:
        form.person.data = [free[0].id]  # one tap less for most families
    countable = slot.is_open and not slot.is_of_whole  # a whole 期 is counted down on its own page
    opens_in = max(slot.opens_at - now, timedelta(0)) if countable else timedelta(0)
    if opens_in:
        never_share()  # a countdown must not be late by as long as a proxy kept it
    closed = None if opens_in else refusal_of(_check_may_ask, slot, now, bool(mine))
    waiting = any(booking.state == BookingState.WAITING for booking in mine)
    # The other dates of a whole 期 are no alternative to it: the way on leads to all of them.
    is_part = closed and closed.way_on and closed.way_on.endpoint == "series.show_series"
    no_places = closed or (slot.is_full and not opens_in and not slot.takes_entries)
    return page(
        "bookings/single_slot/slot.html",
        status,
        slot=slot,
        share=share.of_slot(slot, now),
        form=form,
        persons=persons,
        why_not={person: why_not[person.id] for person in persons if person.id not in booked},
        free=free,
        mine=[(booking, _name_of(booking, persons)) for booking in mine],
        positions=waiting_list_queries.positions_of([booking.number for booking in mine])
        if waiting
        else {},
        prospect=booking_preview.preview(slot, places_per_booking(slot)),
        places=places_per_booking(slot),
        opens_in=opens_in,
        # Rounded up: the button is never there a moment before the booking is accepted.
        opens_in_ms=-(-opens_in // timedelta(milliseconds=1)),
        closed=closed,
        has_begun=slot.starts_at <= now,
        refusal=refusal,
        alternatives=queries.alternatives(slot, now) if no_places and not is_part else [],
    )


def why_not_book(
    slot: Slot, persons: Sequence[Person], kept: Sequence[HouseholdBooking], now: datetime
) -> dict[int, Refused | None]:
    """For each person what is in her way; what would be asked of everybody is left out."""
    missed = {booking.person_id for booking in kept if booking.is_missed and booking.person_id}
    first = queries.who_goes_first(sorted(missed)) if missed and slot.no_show_limit else set()
    is_care = slot.activity.kind.code == CARE
    return {
        person.id: booking_preview.why_not(
            slot, person, kept, now, soft=is_care or person.id in first
        )
        for person in persons
    }


def _name_of(booking: HouseholdBooking, persons: Sequence[Person]) -> str:
    names = {person.id: person.name for person in persons}
    return names.get(booking.person_id or 0, _("已删除的家人"))


def _check_may_ask(slot: Slot, now: datetime, is_mine: bool) -> None:
    """Refuse before anything is pressed what nobody, whoever she is, can be given now."""
    rules.check_window(slot, now)
    if slot.is_of_whole and (begins_at := whole_begins_at(slot.series_id or 0)):
        rules.check_alone(slot, begins_at, now)
    if slot.takes_entries:
        rules.check_takes_entries(slot, now, is_frozen=False)
    elif not is_mine:
        rules.check_room(slot)
