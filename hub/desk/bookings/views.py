"""One booking at the desk: check-in, absence, excuse, cancelling, moving, restoring."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import saved_form
from hub.actor import Channel
from hub.bookings.attendance import actions as attendance
from hub.bookings.models import Booking
from hub.bookings.waiting_list import actions as waiting_list
from hub.desk.access import for_desk, my_booking, my_slot
from hub.desk.bookings import actions, rules
from hub.desk.bookings.forms import CancellationForm, MoveForm
from hub.desk.bookings.pages import (
    Act,
    answer_form,
    back_to_roster,
    booking_page,
    do,
    form_page,
)
from hub.desk.bookings.queries import party_of, slots_to_move_to
from hub.desk.forms import ActForm, ReasonForm
from hub.desk.roster.views import roster_page
from hub.refusals import Refused
from hub.web.attempt import attempt
from hub.web.security import acting

blueprint = Blueprint("bookings", __name__)


@blueprint.get("/desk/bookings/<number>")
@for_desk
def show(number: str) -> Response:
    return booking_page(my_booking(current_user, number))


@blueprint.post("/desk/bookings/<number>/arrival")
@for_desk
def mark_arrival(number: str) -> ResponseReturnValue:
    def act(booking: Booking) -> None:
        attendance.mark_arrival(booking, by=acting(Channel.DESK))

    return _tap(number, act)


@blueprint.post("/desk/bookings/<number>/arrival/removal")
@for_desk
def take_back_arrival(number: str) -> ResponseReturnValue:
    def act(booking: Booking) -> None:
        attendance.take_back_arrival(booking, by=acting(Channel.DESK))

    return _tap(number, act)


@blueprint.get("/desk/bookings/<number>/absence")
@for_desk
def show_absence(number: str) -> Response:
    return form_page("absence", my_booking(current_user, number), ActForm())


@blueprint.post("/desk/bookings/<number>/absence")
@for_desk
def mark_absence(number: str) -> ResponseReturnValue:
    def act(booking: Booking) -> None:
        attendance.mark_no_show(booking, by=acting(Channel.DESK))

    return answer_form("absence", number, ActForm(), act, _("记下了：没来。"))


@blueprint.get("/desk/bookings/<number>/excuse")
@for_desk
def show_excuse(number: str) -> Response:
    form = ReasonForm(formdata=saved_form(request.path))
    return form_page("excuse", my_booking(current_user, number), form)


@blueprint.post("/desk/bookings/<number>/excuse")
@for_desk
def excuse(number: str) -> ResponseReturnValue:
    form = ReasonForm()

    def act(booking: Booking) -> None:
        attendance.excuse(booking, form.reason.data or "", by=acting(Channel.DESK))

    return answer_form("excuse", number, form, act, _("好了，不算这次没来。"))


@blueprint.post("/desk/bookings/<number>/restoration")
@for_desk
def restore(number: str) -> ResponseReturnValue:
    def act(booking: Booking) -> None:
        actions.restore_for_family(booking, by=acting(Channel.DESK))
        flash(_("恢复了，又排在候补里。") if booking.is_waiting else _("恢复了，名额又是这家的。"))

    return _press(number, act)


@blueprint.post("/desk/bookings/<number>/acceptance")
@for_desk
def accept(number: str) -> ResponseReturnValue:
    def act(booking: Booking) -> None:
        in_time = actions.accept_for_family(booking, by=acting(Channel.DESK))
        flash(_("替这家确认了名额。") if in_time else rules.offer_is_over())

    return _press(number, act)


@blueprint.get("/desk/bookings/<number>/cancellation")
@for_desk
def show_cancellation(number: str) -> Response:
    booking = my_booking(current_user, number)
    return _cancellation_page(booking, CancellationForm())


@blueprint.post("/desk/bookings/<number>/cancellation")
@for_desk
def cancel(number: str) -> ResponseReturnValue:
    form = CancellationForm()

    def act() -> tuple[Booking, bool]:
        booking = my_booking(current_user, number)
        together = _together(booking) if form.together.data else []
        by = acting(Channel.DESK)
        return booking, actions.cancel_for_family([booking, *together], by)

    cancelled = attempt(act, form)
    if not cancelled.is_done:
        return _cancellation_page(my_booking(current_user, number), form, 422)
    booking, is_done = cancelled.result
    if is_done:
        flash(_("取消了，已经通知这一家。"))
    else:
        flash(_("这个预约之前就不在了，这次什么也没改，也没有通知。"))
    return redirect(url_for("desk.slots.show", slot_id=booking.slot_id), 303)


@blueprint.get("/desk/bookings/<number>/turn")
@for_desk
def show_turn(number: str) -> Response:
    booking = my_booking(current_user, number)
    form = ReasonForm(formdata=saved_form(request.path))
    return form_page("turn", booking, form)


@blueprint.post("/desk/bookings/<number>/turn")
@for_desk
def move_up(number: str) -> ResponseReturnValue:
    form = ReasonForm()

    def act(booking: Booking) -> None:
        if not waiting_list.move_up(booking, form.reason.data or "", by=acting(Channel.DESK)):
            raise Refused(_("现在不在候补里，不用往前排。"))

    return answer_form("turn", number, form, act, _("排到最前面了，原因记下了。"))


@blueprint.get("/desk/bookings/<number>/move")
@for_desk
def show_move(number: str) -> Response:
    return _move_page(my_booking(current_user, number), MoveForm())


@blueprint.post("/desk/bookings/<number>/move")
@for_desk
def move(number: str) -> ResponseReturnValue:
    form = MoveForm()
    _offer(my_booking(current_user, number), form)

    def act() -> Booking:
        booking = my_booking(current_user, number)
        slot = my_slot(current_user, form.slot.data)
        by, reason = acting(Channel.DESK), form.reason.data or ""
        return actions.move_for_family(booking, slot, by, reason)

    moved = attempt(act, form, beside=form.slot)
    if not moved.is_done:
        return _move_page(my_booking(current_user, number), form, 422)
    flash(_("改好了，已经通知这一家。"))
    return redirect(url_for("desk.bookings.show", number=moved.result.number), 303)


def _tap(number: str, act: Act) -> ResponseReturnValue:
    """Answer a tap on the roster with the roster, where the row says what came of it."""
    done = attempt(lambda: do(number, act))
    if done.refusal:
        slot_id = my_booking(current_user, number).slot_id
        return roster_page(slot_id, 422, (number, done.refusal))
    return redirect(back_to_roster(done.result), 303)


def _press(number: str, act: Act) -> ResponseReturnValue:
    """Answer a button on the page of the booking with that page if it is refused."""
    done = attempt(lambda: do(number, act))
    if done.refusal:
        return booking_page(my_booking(current_user, number), 422, done.refusal)
    return redirect(back_to_roster(done.result), 303)


def _cancellation_page(booking: Booking, form: CancellationForm, status: int = 200) -> Response:
    return form_page("cancellation", booking, form, status, others=_together(booking))


def _together(booking: Booking) -> list[Booking]:
    """Return the bookings that are cancelled with this one: of a 期 the coming dates."""
    now = clock.now()
    return [other for other in party_of(booking) if other.starts_at > now]


def _offer(booking: Booking, form: MoveForm) -> dict[int, object]:
    slots = {slot.id: slot for slot in slots_to_move_to(booking, clock.now())}
    form.slot.choices = [(slot_id, str(slot_id)) for slot_id in slots]
    return dict(slots)


def _move_page(booking: Booking, form: MoveForm, status: int = 200) -> Response:
    return form_page("move", booking, form, status, slots=_offer(booking, form).values())
