"""Move a booking to another slot of the same activity: never neither, never both."""

from datetime import datetime
from typing import cast

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock, text
from hub.bookings import queries, rules
from hub.bookings.models import Booking
from hub.bookings.my_bookings import queries as my_queries
from hub.bookings.my_bookings.forms import MovingForm
from hub.bookings.single_slot.actions import move
from hub.families.queries import my_persons
from hub.refusals import Refused, refusal_of
from hub.web.attempt import attempt
from hub.web.htmx import page
from hub.web.security import Admits, acting, open_to

blueprint = Blueprint("moving", __name__)


@blueprint.get("/bookings/<number>/move")
@open_to(Admits.SIGNED_IN)
def show_move(number: str) -> ResponseReturnValue:
    booking = queries.my_booking(current_user, number)
    if booking.moved_to_id or not booking.is_live:
        return _to(_where_it_is(booking))
    return _move_page(booking, MovingForm())


@blueprint.post("/bookings/<number>/move")
@open_to(Admits.SIGNED_IN)
def move_booking(number: str) -> ResponseReturnValue:
    """Move the booking; a form that is sent twice leads to where it was moved the first time."""
    booking, form = queries.my_booking(current_user, number), MovingForm()
    moved = attempt(lambda: _move(number, cast(int, form.slot.data)), form)
    if moved.is_done:
        flash(_("改好了：%(when)s。", when=text.when(moved.result.starts_at)))
        return _to(moved.result.number)
    if moved.refusal:
        booking = queries.my_booking(current_user, number)
        if booking.moved_to_id:
            return _to(_where_it_is(booking))
    return _move_page(booking, form, moved.refusal, 422)


def _move(number: str, slot_id: int) -> Booking:
    booking = queries.my_booking(current_user, number)
    if booking.person_id:
        my_persons(current_user, [booking.person_id], lock=True)  # so that the quotas are counted
    slot = queries.slot_or_404(slot_id)
    return move(booking, slot, by=acting())


def _move_page(
    booking: Booking, form: MovingForm, refusal: Refused | None = None, status: int = 200
) -> ResponseReturnValue:
    now = clock.now()
    closed = refusal_of(_check_can_go, booking, now)
    slots = [] if closed else my_queries.slots_to_move_to(booking, now)
    return page(
        "bookings/my_bookings/move.html",
        status,
        booking=booking,
        slots=slots,
        form=form,
        closed=closed,
        refusal=None if closed else refusal,
    )


def _check_can_go(booking: Booking, now: datetime) -> None:
    """Refuse, before a slot is chosen, a booking that could go to none."""
    rules.check_single(booking.slot)
    rules.check_may_cancel(booking, now)
    if not booking.is_confirmed:
        raise Refused(_("只有约好的名额才能改期。"))


def _where_it_is(booking: Booking) -> str:
    return my_queries.number_of(booking.moved_to_id) if booking.moved_to_id else booking.number


def _to(number: str) -> ResponseReturnValue:
    return redirect(url_for("bookings.show_booking", number=number), 303)
