"""Correct a person of a coming booking; the manager reads the reason."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import saved_form
from hub.actor import Channel
from hub.bookings.correction import correct_person
from hub.desk.access import for_desk, my_booking
from hub.desk.corrections.forms import CorrectionForm
from hub.desk.read_log import with_read_recorded
from hub.families.forms import as_typed
from hub.families.queries import locked_person
from hub.refusals import Refused
from hub.web.attempt import attempt
from hub.web.htmx import page
from hub.web.security import acting

blueprint = Blueprint("corrections", __name__)


@blueprint.get("/desk/bookings/<number>/person")
@for_desk
def show(number: str) -> Response:
    person = my_booking(current_user, number).person
    kept = saved_form(request.path)
    return _page(number, CorrectionForm(formdata=kept, data=as_typed(person) if person else None))


@blueprint.post("/desk/bookings/<number>/person")
@for_desk
def correct(number: str) -> ResponseReturnValue:
    form = CorrectionForm()

    def act() -> None:
        booking = my_booking(current_user, number)
        if booking.person_id is None or not booking.is_live or booking.ends_at <= clock.now():
            raise Refused(_("这个预约已经结束了，不能从这里改。"))
        correct_person(
            current_user,
            locked_person(booking.person_id),
            **form.facts(),
            by=acting(Channel.DESK),
            reason=form.reason.data or "",
            centre_id=booking.slot.centre_id,
        )

    if not attempt(act, form).is_done:
        return _page(number, form, 422)
    flash(_("改好了，原因记下了。"))
    return redirect(url_for("desk.bookings.show", number=number), 303)


def _page(number: str, form: CorrectionForm, status: int = 200) -> Response:
    booking = my_booking(current_user, number)
    shown = page("desk/corrections/correction.html", status, booking=booking, form=form)
    return with_read_recorded(shown, "booking", booking.id, int(booking.person is not None))
