"""The page on which a family says how a slot was: one tap, then a word if it likes."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import saved_form
from hub.bookings import queries
from hub.bookings.feedback import actions as feedback
from hub.bookings.feedback.forms import FeedbackForm, WordForm
from hub.bookings.feedback.models import Feedback
from hub.bookings.models import Booking
from hub.db import db
from hub.refusals import refusal_of
from hub.web.attempt import attempt
from hub.web.htmx import page
from hub.web.security import Admits, acting, open_to

blueprint = Blueprint("feedback", __name__)


@blueprint.get("/bookings/<number>/feedback")
@open_to(Admits.SIGNED_IN)
def show_feedback(number: str) -> ResponseReturnValue:
    kept = saved_form(request.path)
    booking = queries.my_booking(current_user, number)
    word = WordForm(formdata=kept) if kept and "word" in kept else None
    return _feedback_page(booking, FeedbackForm(formdata=None), word=word)


@blueprint.post("/bookings/<number>/feedback")
@open_to(Admits.SIGNED_IN)
def say(number: str) -> ResponseReturnValue:
    form = FeedbackForm()

    def act() -> None:
        booking = queries.my_booking(current_user, number)
        feedback.say(booking, form.glad.data == "y", by=acting())

    said = attempt(act, form)
    if said.is_done:
        return redirect(url_for("feedback.show_feedback", number=number), 303)
    if not said.refusal:
        form.form_errors.append(_("请选满意还是不满意。"))
    return _feedback_page(queries.my_booking(current_user, number), form, 422)


@blueprint.post("/bookings/<number>/feedback/word")
@open_to(Admits.SIGNED_IN)
def add_word(number: str) -> ResponseReturnValue:
    form = WordForm()

    def act() -> None:
        booking = queries.my_booking(current_user, number)
        may_call = form.may_call.data
        feedback.add_word(booking, form.word.data or "", may_call=may_call, by=acting())

    if attempt(act, form).is_done:
        flash(_("记下了，谢谢您。"))
        return redirect(url_for("bookings.show_booking", number=number), 303)
    booking = queries.my_booking(current_user, number)
    return _feedback_page(booking, FeedbackForm(formdata=None), 422, word=form)


def _feedback_page(
    booking: Booking, form: FeedbackForm, status: int = 200, word: WordForm | None = None
) -> ResponseReturnValue:
    said = db.session.get(Feedback, booking.id)
    closed = refusal_of(feedback.check_may_say, booking, clock.now())
    if word is None:
        before = {"word": said.word, "may_call": said.may_call} if said else {}
        word = WordForm(formdata=None, data=before)
    return page(
        "bookings/feedback/feedback.html",
        status,
        booking=booking,
        slot=booking.slot,
        said=said,
        closed=closed,
        until=booking.ends_at + feedback.OPEN_FOR,
        form=form,
        word=word,
    )
