"""A slot's page and its one button."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import saved_form
from hub.bookings import queries, rules
from hub.bookings.household_limits import HouseholdBooking
from hub.bookings.models import BookingState
from hub.bookings.single_slot.actions import book_party
from hub.bookings.single_slot.forms import BookingForm
from hub.bookings.single_slot.slot_page import slot_page
from hub.db import transaction
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
    kept = saved_form(request.path)
    slot, household = queries.slot_seen(slot_id), visitors_household(current_user)
    form = BookingForm(household, formdata=kept)
    if not form.request_key.data:
        form.new_key()
    return slot_page(slot, household, form)


@blueprint.post("/slots/<int:slot_id>/bookings")
@open_to(Admits.SIGNED_IN)
def book_slot(slot_id: int) -> ResponseReturnValue:
    slot, household = queries.slot_seen(slot_id), visitors_household(current_user)
    form = BookingForm(household)
    refusal, kept = _too_late(slot, household)  # said without waiting behind who is booking
    if form.validate() and not refusal:
        try:
            with transaction():
                booked = book_party(
                    queries.slot_to_book(slot_id),
                    my_persons(current_user, form.person.data or [], lock=True),
                    by=acting(request_key=form.request_key.data or None),
                )
                number, state = booked[0].number, booked[0].state
        except Refused as refused:
            refusal = refused
            slot, household, kept = (
                queries.slot_seen(slot_id),
                visitors_household(current_user),
                None,
            )
        else:
            flash(_what_came_of_it(state))
            return redirect(url_for("bookings.show_booking", number=number), 303)
    if refusal:
        form.form_errors.append(str(refusal))
    form.new_key()
    return slot_page(slot, household, form, refusal, 422, kept=kept)


def _too_late(
    slot: Slot, household: Household | None
) -> tuple[Refused | None, Sequence[HouseholdBooking] | None]:
    """Whether all is taken, and what the household has, if that had to be looked up for it: who
    has a booking here may be sending its form once more."""
    refusal = refusal_of(rules.check_room, slot)
    if not (refusal and household):
        return refusal, None
    kept = queries.bookings_of_household(household.id, slot, clock.now())
    again = any(booking.is_live and booking.slot_id == slot.id for booking in kept)
    return None if again else refusal, kept


def _what_came_of_it(state: BookingState) -> str:
    return {
        BookingState.CONFIRMED: _("约好了！到时候见。"),
        BookingState.ENTERED: _("报上名了，等摇号结果。"),
    }.get(state, _("已排进候补，有名额会通知您。"))
