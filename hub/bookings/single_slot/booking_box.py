"""The box in which a household books, on the page of a slot and on that of a whole 期."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from hub.bookings.eligibility import refusals_of
from hub.bookings.household_limits import HouseholdBooking
from hub.bookings.models import Booking, BookingState
from hub.bookings.single_slot.forms import BookingForm
from hub.families.models import Household
from hub.refusals import Refused, refusal_of
from hub.timetable.models import Slot
from hub.web.attempt import attempt
from hub.web.security import never_share

Refusals = dict[int, Refused | None]  # by the id of a person


def book_and_answer(
    form: BookingForm,
    book: Callable[[], Sequence[Booking]],
    confirmations: dict[BookingState, str],
    show_again: Callable[[Refused | None], ResponseReturnValue],
) -> ResponseReturnValue:
    """Book for the persons of the form and lead to the proof; or show the page again, refused.

    `confirmations` holds the sentence for each state that a new booking can have.
    """
    booked = attempt(book, form)
    if booked.is_done:
        first = booked.result[0]
        flash(confirmations.get(first.state) or confirmations[BookingState.WAITING])
        return redirect(url_for("bookings.show_booking", number=first.number), 303)
    form.new_key()
    return show_again(booked.refusal)


def booking_box(
    slots: Sequence[Slot],
    household: Household | None,
    form: BookingForm,
    bookings: Sequence[HouseholdBooking],
    booked: Collection[int | None],
    now: datetime,
    *,
    refusal: Refused | None,
    counts_down: bool,
    check_open: Callable[[], None],
    refuse_further: Callable[[], Refusals] = dict,
) -> dict[str, Any]:
    """Return what the box shows: who may be chosen, why others may not, and from when on.

    `slots` are booked together; the first of them opens booking. `bookings` are the household's,
    `booked` the ids of the persons who have one here. `check_open` refuses what nobody can be
    given now; `refuse_further` adds refusals that concern these slots only.
    """
    persons = household.persons if household else []
    refusals: Refusals = refusals_of(slots, persons, bookings, now) if slots and persons else {}
    for person_id, further in (refuse_further() if persons else {}).items():
        refusals[person_id] = refusals.get(person_id) or further
    if refusal:  # after a refusal the persons who were chosen stay chosen
        booked = ()
    free = [one for one in persons if not refusals.get(one.id) and one.id not in booked]
    if form.person.data is None and len(free) == 1:
        form.person.data = [free[0].id]  # one tap less for most families
    opens_in = max(slots[0].opens_at - now, timedelta(0)) if counts_down else timedelta(0)
    if opens_in:
        never_share()  # a countdown must not be late by as long as a proxy kept it
    return {
        "form": form,
        "persons": persons,
        "free": free,
        "why_not": {
            one: refusals[one.id]
            for one in persons
            if refusals.get(one.id) and one.id not in booked
        },
        "opens_in": opens_in,
        # Rounded up: the button is never there a moment before the booking is accepted.
        "opens_in_ms": -(-opens_in // timedelta(milliseconds=1)),
        "closed": None if opens_in else refusal_of(check_open),
        "refusal": refusal,
    }
