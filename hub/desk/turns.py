"""Who gives up a place or a turn, who goes to another slot, who is moved up in the line."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import kept_form
from hub.bookings.models import Booking
from hub.bookings.waiting_list import actions as waiting_list
from hub.db import transaction
from hub.desk import actions
from hub.desk.acts import do, form_page
from hub.desk.forms import CancellationForm, MoveForm, ReasonForm
from hub.desk.queries import my_slot
from hub.desk.rosters import my_booking, party_of, slots_to_move_to
from hub.refusals import Refused
from hub.web.security import Admits, open_to

blueprint = Blueprint("turns", __name__)


@blueprint.get("/desk/bookings/<number>/cancellation")
@open_to(Admits.DESK)
def show_cancellation(number: str) -> Response:
    booking = my_booking(current_user, number)
    return _cancellation_page(booking, CancellationForm())


@blueprint.post("/desk/bookings/<number>/cancellation")
@open_to(Admits.DESK)
def cancel(number: str) -> ResponseReturnValue:
    form = CancellationForm()
    if form.validate():
        try:
            with transaction():
                booking = my_booking(current_user, number)
                together = _together(booking) if form.together.data else []
                actions.cancel_for_family(
                    [booking, *together], account_id=current_user.id, now=clock.now()
                )
        except Refused as refusal:
            form.form_errors.append(str(refusal))
        else:
            flash(_("取消了，已经通知这一家。"))
            return redirect(url_for("desk.show_roster", slot_id=booking.slot_id), 303)
    return _cancellation_page(my_booking(current_user, number), form, 422)


@blueprint.get("/desk/bookings/<number>/turn")
@open_to(Admits.DESK)
def show_turn(number: str) -> Response:
    booking = my_booking(current_user, number)
    form = ReasonForm(formdata=kept_form(request.path))
    return form_page("turn", booking, form)


@blueprint.post("/desk/bookings/<number>/turn")
@open_to(Admits.DESK)
def move_up(number: str) -> ResponseReturnValue:
    form = ReasonForm()

    def act(booking: Booking) -> None:
        reason, account_id = form.reason.data or "", current_user.id
        if not waiting_list.move_up(booking, reason, account_id=account_id, now=clock.now()):
            raise Refused(_("现在不在候补里，不用往前排。"))

    return do("turn", number, form, act, _("排到最前面了，原因记下了。"))


@blueprint.get("/desk/bookings/<number>/move")
@open_to(Admits.DESK)
def show_move(number: str) -> Response:
    return _move_page(my_booking(current_user, number), MoveForm())


@blueprint.post("/desk/bookings/<number>/move")
@open_to(Admits.DESK)
def move(number: str) -> ResponseReturnValue:
    form = MoveForm()
    _offer(my_booking(current_user, number), form)
    if form.validate():
        try:
            with transaction():
                moved = actions.move_for_family(
                    my_booking(current_user, number),
                    my_slot(current_user, form.slot.data),
                    account_id=current_user.id,
                    now=clock.now(),
                )
                new_number = moved.number
        except Refused as refusal:
            form.slot.errors = [str(refusal)]
        else:
            flash(_("改好了，已经通知这一家。"))
            return redirect(url_for("marks.show_booking", number=new_number), 303)
    return _move_page(my_booking(current_user, number), form, 422)


def _cancellation_page(booking: Booking, form: CancellationForm, status: int = 200) -> Response:
    return form_page("cancellation", booking, form, status, others=_together(booking))


def _together(booking: Booking) -> list[Booking]:
    """What ends together with it: of a 期 the dates that are to come."""
    now = clock.now()
    return [other for other in party_of(booking) if other.starts_at > now]


def _offer(booking: Booking, form: MoveForm) -> dict[int, object]:
    slots = {slot.id: slot for slot in slots_to_move_to(booking, clock.now())}
    form.slot.choices = [(slot_id, str(slot_id)) for slot_id in slots]
    return dict(slots)


def _move_page(booking: Booking, form: MoveForm, status: int = 200) -> Response:
    return form_page("move", booking, form, status, slots=_offer(booking, form).values())
