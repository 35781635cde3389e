"""The pages on which the desk acts on one booking, and how their forms are answered."""

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm

from hub import clock
from hub.bookings.models import Booking
from hub.bookings.waiting_list.queries import positions
from hub.desk.access import my_booking
from hub.desk.bookings.queries import details_of
from hub.desk.bookings.rules import acts_on
from hub.desk.read_log import with_read_recorded
from hub.refusals import Refused
from hub.web.attempt import attempt
from hub.web.htmx import page

Act = Callable[[Booking], object]


def booking_page(booking: Booking, status: int = 200, refusal: Refused | None = None) -> Response:
    """Write the page of one booking, with all that may be done to it."""
    details = details_of(booking)
    listed = details.listed
    possible = acts_on(
        booking,
        came=listed.came_at is not None,
        is_excused=listed.is_excused,
        held_until=listed.held_until,
        now=clock.now(),
    )
    shown = page(
        "desk/bookings/booking.html",
        status,
        booking=booking,
        slot=booking.slot,
        details=details,
        possible=possible,
        refusal=refusal,
        day=clock.local(booking.slot.starts_at).date(),
    )
    return with_read_recorded(shown, "booking", booking.id, details.persons)


def form_page(
    name: str, booking: Booking, form: FlaskForm, status: int = 200, **context: Any
) -> Response:
    """Write the page that asks before something is done to a booking."""
    shown = page(
        f"desk/bookings/{name}.html",
        status,
        booking=booking,
        slot=booking.slot,
        form=form,
        position=positions([booking]).get(booking.id),
        **context,
    )
    return with_read_recorded(shown, "booking", booking.id, int(booking.person is not None))


def answer_form(
    name: str, number: str, form: FlaskForm, act: Act, confirmation: str
) -> ResponseReturnValue:
    """Do what the form asks and lead back to the roster; or show it again, refused."""
    done = attempt(lambda: do(number, act), form)
    if not done.is_done:
        return form_page(name, my_booking(current_user, number), form, 422)
    flash(confirmation)
    return redirect(back_to_roster(done.result), 303)


def do(number: str, act: Act) -> Booking:
    """Do an act on a booking of the clerk's centre, and return the booking."""
    booking = my_booking(current_user, number)
    act(booking)
    return booking


def back_to_roster(booking: Booking) -> str:
    """Return the address of the booking's row on its roster."""
    anchor = f"booking-{booking.number}"
    return url_for("desk.slots.show", slot_id=booking.slot_id, _anchor=anchor)
