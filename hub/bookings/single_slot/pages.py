"""What a slot's page shows: places, what a booking made now would become, who may book."""

from collections.abc import Sequence
from datetime import datetime

from flask import Response
from flask_babel import gettext as _

from hub import clock
from hub.bookings import deadlines, queries, rules
from hub.bookings.household_limits import HouseholdBooking
from hub.bookings.models import BookingState
from hub.bookings.single_slot.actions import places_per_booking
from hub.bookings.single_slot.booking_box import booking_box
from hub.bookings.single_slot.booking_preview import preview
from hub.bookings.single_slot.forms import BookingForm
from hub.bookings.waiting_list.queries import positions_of
from hub.families.models import Household, Person
from hub.refusals import Refused
from hub.timetable.models import Slot
from hub.timetable.queries import whole_begins_at
from hub.timetable.sharing import share
from hub.web.htmx import page


def slot_page(
    slot: Slot,
    household: Household | None,
    form: BookingForm,
    refusal: Refused | None = None,
    status: int = 200,
    *,
    bookings: Sequence[HouseholdBooking] | None = None,
) -> Response:
    """Write the page on which a family books, or reads why it cannot.

    `bookings` are the household's, where they have been read for this answer already.
    """
    now = clock.now()
    if bookings is None:
        bookings = queries.bookings_of_household(household.id, slot, now) if household else []
    mine = [booking for booking in bookings if booking.is_live and booking.slot_id == slot.id]
    box = booking_box(
        [slot],
        household,
        form,
        bookings,
        {booking.person_id for booking in mine},
        now,
        refusal=refusal,
        counts_down=slot.is_open and not slot.is_of_whole,  # a whole 期 counts on its own page
        check_open=lambda: _check_open(slot, now, is_mine=bool(mine)),
    )
    closed = box["closed"]
    waiting = any(booking.state == BookingState.WAITING for booking in mine)
    # The other dates of a whole 期 are no alternative to it: the way on leads to all of them.
    is_part = closed and closed.way_on and closed.way_on.endpoint == "series.show_series"
    no_places = closed or (slot.is_full and not box["opens_in"] and not slot.takes_entries)
    places = places_per_booking(slot)
    return page(
        "bookings/single_slot/slot.html",
        status,
        slot=slot,
        share=share.of_slot(slot, now),
        mine=[(booking, _name_of(booking, box["persons"])) for booking in mine],
        positions=positions_of([booking.number for booking in mine]) if waiting else {},
        preview=preview(slot, places),
        places=places,
        cancel_terms=deadlines.cancel_terms(slot, made_at=now),
        has_begun=slot.starts_at <= now,
        alternatives=queries.alternatives(slot, now) if no_places and not is_part else [],
        **box,
    )


def _name_of(booking: HouseholdBooking, persons: Sequence[Person]) -> str:
    names = {person.id: person.name for person in persons}
    return names.get(booking.person_id or 0, _("已删除的家人"))


def _check_open(slot: Slot, now: datetime, *, is_mine: bool) -> None:
    """Refuse, before anything is pressed, what nobody can be given now."""
    rules.check_window(slot, now)
    if slot.is_of_whole and (begins_at := whole_begins_at(slot.series_id or 0)):
        rules.check_alone(slot, begins_at, now)
    if slot.takes_entries:
        rules.check_takes_entries(slot, now, is_frozen=False)
    elif not is_mine:
        rules.check_room(slot)
