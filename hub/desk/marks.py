"""What the desk does to one booking where the slot is: who came, who did not, who comes back."""

from flask import Blueprint, Response, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import kept_form
from hub.bookings.attendance import actions as attendance
from hub.bookings.models import Booking
from hub.db import transaction
from hub.desk import actions
from hub.desk.acts import Act, back_to_roster, booking_page, do, form_page
from hub.desk.forms import ActForm, ReasonForm
from hub.desk.rosters import my_booking
from hub.desk.views import roster_page
from hub.refusals import Refused
from hub.web.security import Admits, open_to

blueprint = Blueprint("marks", __name__)


@blueprint.get("/desk/bookings/<number>")
@open_to(Admits.DESK)
def show_booking(number: str) -> Response:
    return booking_page(my_booking(current_user, number))


@blueprint.post("/desk/bookings/<number>/arrival")
@open_to(Admits.DESK)
def mark_arrival(number: str) -> ResponseReturnValue:
    def act(booking: Booking) -> None:
        attendance.mark_arrival(booking, account_id=current_user.id, now=clock.now())

    return _tap(number, act)


@blueprint.post("/desk/bookings/<number>/arrival/removal")
@open_to(Admits.DESK)
def take_back_arrival(number: str) -> ResponseReturnValue:
    def act(booking: Booking) -> None:
        attendance.take_back_arrival(booking, account_id=current_user.id)

    return _tap(number, act)


@blueprint.get("/desk/bookings/<number>/absence")
@open_to(Admits.DESK)
def show_absence(number: str) -> Response:
    return form_page("absence", my_booking(current_user, number), ActForm())


@blueprint.post("/desk/bookings/<number>/absence")
@open_to(Admits.DESK)
def mark_absence(number: str) -> ResponseReturnValue:
    def act(booking: Booking) -> None:
        attendance.mark_no_show(booking, account_id=current_user.id, now=clock.now())

    return do("absence", number, ActForm(), act, _("记下了：没来。"))


@blueprint.get("/desk/bookings/<number>/excuse")
@open_to(Admits.DESK)
def show_excuse(number: str) -> Response:
    form = ReasonForm(formdata=kept_form(request.path))
    return form_page("excuse", my_booking(current_user, number), form)


@blueprint.post("/desk/bookings/<number>/excuse")
@open_to(Admits.DESK)
def excuse(number: str) -> ResponseReturnValue:
    form = ReasonForm()

    def act(booking: Booking) -> None:
        attendance.excuse(
            booking, form.reason.data or "", account_id=current_user.id, now=clock.now()
        )

    return do("excuse", number, form, act, _("好了，不算这次没来。"))


@blueprint.post("/desk/bookings/<number>/restoration")
@open_to(Admits.DESK)
def restore(number: str) -> ResponseReturnValue:
    def act(booking: Booking) -> None:
        actions.restore_for_family(booking, account_id=current_user.id, now=clock.now())

    return _press(number, act, _("恢复了，名额又是这家的。"))


@blueprint.post("/desk/bookings/<number>/acceptance")
@open_to(Admits.DESK)
def accept(number: str) -> ResponseReturnValue:
    def act(booking: Booking) -> None:
        actions.accept_for_family(booking, account_id=current_user.id, now=clock.now())

    return _press(number, act, _("替这家确认了名额。"))


def _tap(number: str, act: Act) -> ResponseReturnValue:
    """A tap on the roster: its answer is the roster, where the line says what became of it."""
    try:
        with transaction():
            booking = my_booking(current_user, number)
            act(booking)
    except Refused as refusal:
        return roster_page(my_booking(current_user, number).slot_id, 422, (number, refusal))
    return redirect(back_to_roster(booking), 303)


def _press(number: str, act: Act, said: str) -> ResponseReturnValue:
    """A button on the page of the booking, which says why when it is refused."""
    try:
        with transaction():
            booking = my_booking(current_user, number)
            act(booking)
    except Refused as refusal:
        return booking_page(my_booking(current_user, number), 422, refusal)
    flash(said)
    return redirect(back_to_roster(booking), 303)
