"""The desk's part in a draw: the public number, typed in once, with where it comes from."""

from flask import Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, InputRequired, Length

from hub import clock
from hub.accounts.saved_forms import kept_form
from hub.bookings.draw import actions as draws
from hub.bookings.draw.queries import draw_of, listed
from hub.bookings.draw.rules import phase_of
from hub.bookings.draw.views import blueprint as blueprint  # that of the public pages, gone on with
from hub.catalogue.models import Admission
from hub.db import transaction
from hub.desk.queries import my_slot
from hub.refusals import Refused
from hub.text import one_line
from hub.timetable.models import Slot
from hub.web.pages import page
from hub.web.security import Admits, open_to

AT_ONCE = 300  # entries at most, and the draw is held while the staff waits; else by the worker


class NumberForm(FlaskForm):
    """A number that nobody could know before, and where everybody can look it up."""

    number = StringField(
        _l("公开数字"),
        validators=[
            InputRequired(_l("请写公开数字。")),
            Length(max=60, message=_l("数字太长了。")),
        ],
    )
    source = StringField(
        _l("出处"),
        validators=[
            DataRequired(_l("请写这个数字是哪里来的，好让大家去查。")),
            Length(max=200, message=_l("请写短一点。")),
        ],
        filters=[lambda typed: one_line(typed or "")],
    )


@blueprint.get("/desk/slots/<int:slot_id>/draw-number")
@open_to(Admits.DESK)
def show_number(slot_id: int) -> Response:
    slot = _my_slot_with_draw(slot_id)
    return _number_page(slot, NumberForm(formdata=kept_form(request.path)))


@blueprint.post("/desk/slots/<int:slot_id>/draw-number")
@open_to(Admits.DESK)
def enter_number(slot_id: int) -> ResponseReturnValue:
    slot, form = _my_slot_with_draw(slot_id), NumberForm()
    if form.validate():
        try:
            with transaction():
                draw = draw_of(_my_slot_with_draw(slot_id)) or abort(404)
                draws.enter_number(
                    draw,
                    form.number.data or "",
                    form.source.data or "",
                    account_id=current_user.id,
                    now=clock.now(),
                )
                is_small = listed(draw) <= AT_ONCE
        except Refused as refusal:
            form.form_errors.append(str(refusal))
            slot = _my_slot_with_draw(slot_id)
        else:
            if is_small:  # the number is kept by now, whatever becomes of this
                with transaction():
                    draws.draw_one(draw.id, clock.now())
            flash(_("摇好了，已经通知各家。") if is_small else _("记下了，几分钟内出结果。"))
            return redirect(url_for("draws.show_draw", slot_id=slot_id), 303)
    return _number_page(slot, form, 422)


def _number_page(slot: Slot, form: NumberForm, status: int = 200) -> Response:
    draw = draw_of(slot)
    return page(
        "desk/draw_number.html",
        status,
        slot=slot,
        form=form,
        phase=phase_of(slot, draw, clock.now()).value,
        entries=listed(draw) if draw else 0,
        number=draw.public_number if draw else "",
        source=draw.public_source if draw else "",
    )


def _my_slot_with_draw(slot_id: int) -> Slot:
    slot = my_slot(current_user, slot_id)
    return slot if slot.admission is Admission.DRAW else abort(404)
