"""A slot's page and its one button."""

from collections.abc import Sequence

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import saved_form
from hub.bookings import queries, rules
from hub.bookings.household_limits import HouseholdBooking
from hub.bookings.models import Booking, BookingState
from hub.bookings.single_slot.actions import book_party
from hub.bookings.single_slot.booking_box import book_and_answer
from hub.bookings.single_slot.forms import BookingForm
from hub.bookings.single_slot.pages import slot_page
from hub.families.models import Household
from hub.families.queries import my_persons, visitors_household
from hub.refusals import Refused, refusal_of
from hub.timetable.models import Slot
from hub.web.security import Admits, acting, open_to, same_for_strangers

blueprint = Blueprint("slots", __name__)


@blueprint.get("/slots/<int:slot_id>")
@open_to(Admits.EVERYONE)
@same_for_strangers
def show_slot(slot_id: int) -> ResponseReturnValue:
    saved = saved_form(request.path)
    slot, household = queries.slot_seen(slot_id), visitors_household(current_user)
    form = BookingForm(household, formdata=saved)
    if not form.request_key.data:
        form.new_key()
    return slot_page(slot, household, form)


@blueprint.post("/slots/<int:slot_id>/bookings")
@open_to(Admits.SIGNED_IN)
def book_slot(slot_id: int) -> ResponseReturnValue:
    slot, household = queries.slot_seen(slot_id), visitors_household(current_user)
    form = BookingForm(household)
    refusal, bookings = _too_late(slot, household)
    if refusal:
        form.validate()
        form.form_errors.append(str(refusal))
        form.new_key()
        return slot_page(slot, household, form, refusal, 422, bookings=bookings)

    def book() -> Sequence[Booking]:
        persons = my_persons(current_user, form.person.data or [], lock=True)
        by = acting(request_key=form.request_key.data or None)
        return book_party(queries.slot_to_book(slot_id), persons, by)

    def show_again(refusal: Refused | None) -> ResponseReturnValue:
        seen = queries.slot_seen(slot_id), visitors_household(current_user)
        return slot_page(*seen, form, refusal, 422)

    confirmations = {
        BookingState.CONFIRMED: _("约好了！到时候见。"),
        BookingState.ENTERED: _("报上名了，等摇号结果。"),
        BookingState.WAITING: _("已排进候补，有名额会通知您。"),
    }
    return book_and_answer(form, book, confirmations, show_again)


def _too_late(
    slot: Slot, household: Household | None
) -> tuple[Refused | None, Sequence[HouseholdBooking] | None]:
    """Return why nobody can be given anything here now, and the household's bookings if read.

    It spares those who come too late the wait behind those who are booking. A household that has
    a booking here is not refused: it may be sending its form once more.
    """
    refusal = refusal_of(rules.check_room, slot)
    if not (refusal and household):
        return refusal, None
    bookings = queries.bookings_of_household(household.id, slot, clock.now())
    again = any(booking.is_live and booking.slot_id == slot.id for booking in bookings)
    return None if again else refusal, bookings
