"""The page on which the desk types in the public number of a draw, once, with its source."""

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import saved_form
from hub.actor import Channel
from hub.bookings.draw import actions as draws
from hub.bookings.draw.queries import draw_of, drawn_together, listed
from hub.bookings.draw.rules import number_at, phase_of
from hub.catalogue.models import Admission
from hub.db import transaction
from hub.desk.access import for_desk, my_slot
from hub.desk.draw_number.forms import NumberForm
from hub.timetable.models import Slot
from hub.web.attempt import attempt
from hub.web.htmx import page
from hub.web.security import acting

AT_ONCE = 300  # up to so many entries the draw is held at once; larger ones by the worker


blueprint = Blueprint("draw_number", __name__)


@blueprint.get("/desk/slots/<int:slot_id>/draw-number")
@for_desk
def show(slot_id: int) -> Response:
    slot = _my_slot_with_draw(slot_id)
    return _number_page(slot, NumberForm(formdata=saved_form(request.path)))


@blueprint.post("/desk/slots/<int:slot_id>/draw-number")
@for_desk
def enter(slot_id: int) -> ResponseReturnValue:
    _my_slot_with_draw(slot_id)
    form = NumberForm()

    def act() -> tuple[int, bool]:
        draw = draw_of(_my_slot_with_draw(slot_id)) or abort(404)
        number, source = form.number.data or "", form.source.data or ""
        draws.enter_number(draw, number, source, by=acting(Channel.DESK))
        return draw.id, listed(draw) <= AT_ONCE

    entered = attempt(act, form)
    if not entered.is_done:
        return _number_page(_my_slot_with_draw(slot_id), form, 422)
    draw_id, is_small = entered.result
    if is_small:  # the number is saved by now, even if this fails
        with transaction():
            draws.draw_one(draw_id, clock.now())
    flash(_("摇好了，已经通知各家。") if is_small else _("记下了，几分钟内出结果。"))
    return redirect(url_for("draws.show_draw", slot_id=slot_id), 303)


def _number_page(slot: Slot, form: NumberForm, status: int = 200) -> Response:
    draw = draw_of(slot)
    return page(
        "desk/draw_number/draw_number.html",
        status,
        slot=slot,
        form=form,
        phase=phase_of(slot, draw, clock.now()).value,
        entries=listed(draw) if draw else 0,
        number=draw.public_number if draw else "",
        source=draw.public_source if draw else "",
        number_at=number_at(slot.entries_until) if slot.entries_until else None,
        is_off=not any(one.is_open for one in drawn_together(slot)),
    )


def _my_slot_with_draw(slot_id: int) -> Slot:
    slot = my_slot(current_user, slot_id)
    return slot if slot.admission is Admission.DRAW else abort(404)
