"""A slot's page with its one button, and the bookings of a household."""

from typing import Any

import segno
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.accounts.kept import kept_form
from hub.bookings import queries, rules
from hub.bookings.actions import book, cancel
from hub.bookings.forms import BookingForm
from hub.bookings.models import Booking
from hub.bookings.numbers import is_number
from hub.db import transaction
from hub.families.models import Household, Person
from hub.families.queries import my_household, my_persons
from hub.notices.queries import latest_notices
from hub.pages import page, page_asked
from hub.rules import Refused, refusal_of
from hub.security import Admits, open_to
from hub.timetable.models import Slot

blueprint = Blueprint("bookings", __name__)


@blueprint.get("/slots/<int:slot_id>")
@open_to(Admits.EVERYONE)
def show_slot(slot_id: int) -> ResponseReturnValue:
    kept = kept_form(request.path)
    slot, household = queries.slot_or_404(slot_id), _household()
    form = _form_for(household, BookingForm(formdata=kept))
    if not form.request_key.data:
        form.new_key()
    return _slot_page(slot, household, form)


@blueprint.post("/slots/<int:slot_id>/bookings")
@open_to(Admits.SIGNED_IN)
def book_slot(slot_id: int) -> ResponseReturnValue:
    slot = queries.slot_or_404(slot_id)
    household = _household()
    form = _form_for(household, BookingForm())
    refusal = _too_late(slot, household)  # said without waiting behind those who are booking
    if form.validate() and not refusal:
        try:
            with transaction():
                [person] = my_persons(current_user, [form.person.data], lock=True)
                booking = book(
                    queries.slot_or_404(slot_id),
                    person,
                    account_id=current_user.id,
                    now=clock.now(),
                    request_key=form.request_key.data or None,
                )
                number, confirmed = booking.number, booking.is_confirmed
        except Refused as refused:
            refusal = refused
            slot, household = queries.slot_or_404(slot_id), _household()
        else:
            flash(_("约好了！到时候见。") if confirmed else _("已排进候补，有名额会通知您。"))
            return redirect(url_for("bookings.show_booking", number=number), 303)
    if refusal:
        form.form_errors.append(str(refusal))
    form.new_key()
    return _slot_page(slot, household, form, refusal, 422)


@blueprint.get("/bookings")
@open_to(Admits.SIGNED_IN)
def my_bookings() -> ResponseReturnValue:
    now = clock.now()
    page_number = page_asked()
    coming = queries.coming_bookings(current_user, now) if page_number == 1 else []
    past, has_more = queries.past_bookings(current_user, now, page_number)
    return page(
        "bookings/my_bookings.html",
        coming=coming,
        past=past,
        now=now,
        page_number=page_number,
        has_more=has_more,
        positions=queries.positions(coming),
        notices=latest_notices(current_user.id, now) if page_number == 1 else [],
    )


@blueprint.get("/bookings/<number>")
@open_to(Admits.SIGNED_IN)
def show_booking(number: str) -> ResponseReturnValue:
    """The proof. Staff who scan its code are led to the roster, which asks whether it is theirs."""
    booking = queries.find_booking(current_user, number) if is_number(number) else None
    if booking:
        return _booking_page("bookings/booking.html", booking)
    if current_user.is_staff and (slot_id := queries.slot_id_of(number)):
        anchor = f"booking-{number}"
        return redirect(url_for("desk.show_roster", slot_id=slot_id, _anchor=anchor), 303)
    return abort(404)


@blueprint.get("/bookings/<number>/cancellation")
@open_to(Admits.SIGNED_IN)
def show_cancellation(number: str) -> ResponseReturnValue:
    booking = queries.my_booking(current_user, number)
    if not booking.is_live:
        return redirect(url_for("bookings.show_booking", number=number), 303)
    return _booking_page("bookings/cancellation.html", booking, refusal=_why_not_cancel(booking))


@blueprint.post("/bookings/<number>/cancellation")
@open_to(Admits.SIGNED_IN)
def cancel_booking(number: str) -> ResponseReturnValue:
    try:
        with transaction():
            booking = queries.my_booking(current_user, number)
            had_place = booking.is_confirmed
            cancel(booking, account_id=current_user.id, now=clock.now())
    except Refused as refused:
        booking = queries.my_booking(current_user, number)
        return _booking_page("bookings/cancellation.html", booking, 422, refusal=refused)
    freed = _("已经取消，名额让给别人了。谢谢您早点告诉我们。")
    flash(freed if had_place else _("好的，不再候补这一场了。"))
    return redirect(url_for("bookings.show_booking", number=number), 303)


def _household() -> Household | None:
    return my_household(current_user) if current_user.is_authenticated else None


def _too_late(slot: Slot, household: Household | None) -> Refused | None:
    """Whether all is taken; who has a booking here may be sending its form once more."""
    if household and queries.bookings_here(household, slot):
        return None
    return refusal_of(rules.check_room, slot)


def _form_for(household: Household | None, form: BookingForm) -> BookingForm:
    persons = household.persons if household else []
    form.person.choices = [(person.id, person.name) for person in persons]
    return form


def _slot_page(
    slot: Slot,
    household: Household | None,
    form: BookingForm,
    refusal: Refused | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    now = clock.now()
    persons = household.persons if household else []
    why_not = {person.id: _why_not_fit(slot, person) for person in persons}
    fitting = [person.id for person in persons if not why_not[person.id]]
    if form.person.data is None and len(fitting) == 1:
        form.person.data = fitting[0]  # one tap less for most families
    closed = refusal_of(rules.check_window, slot, now)
    mine = queries.bookings_here(household, slot) if household else []
    return page(
        "bookings/slot.html",
        status,
        slot=slot,
        form=form,
        persons=persons,
        why_not=why_not,
        fitting=fitting,
        mine=mine,
        positions=queries.positions(mine),
        waiting=slot.waiting,
        closed=closed,
        has_begun=slot.starts_at <= now,
        refusal=refusal,
        alternatives=queries.alternatives(slot, now) if slot.is_full or closed else [],
    )


def _booking_page(
    template: str, booking: Booking, status: int = 200, **context: Any
) -> ResponseReturnValue:
    address = url_for("bookings.show_booking", number=booking.number, _external=True)
    return page(
        template,
        status,
        booking=booking,
        slot=booking.slot,
        position=queries.positions([booking]).get(booking.id),
        why_not_cancel=_why_not_cancel(booking),
        is_over=booking.ends_at <= clock.now(),
        qr=segno.make(address, error="m").svg_inline(border=2, omitsize=True),
        **context,
    )


def _why_not_fit(slot: Slot, person: Person) -> Refused | None:
    return refusal_of(rules.check_fits, slot, person.name, person.birth_date)


def _why_not_cancel(booking: Booking) -> Refused | None:
    return refusal_of(rules.check_may_cancel, booking, clock.now())
