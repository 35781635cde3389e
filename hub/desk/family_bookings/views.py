"""代约: book for a family that rings or walks in."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import saved_form
from hub.actor import Actor, Channel
from hub.bookings.models import Booking
from hub.bookings.rules import check_fits, check_window
from hub.bookings.same_child import SameChild
from hub.desk.access import for_desk, my_slot
from hub.desk.family_bookings import actions
from hub.desk.family_bookings.forms import CounterForm, HouseholdForm
from hub.desk.read_log import with_read_recorded
from hub.families.forms import PersonForm
from hub.families.models import Person
from hub.families.queries import households_with
from hub.refusals import refusal_of
from hub.timetable.models import Slot
from hub.web.attempt import attempt
from hub.web.htmx import page
from hub.web.security import acting

blueprint = Blueprint("family_bookings", __name__)


@blueprint.get("/desk/slots/<int:slot_id>/bookings")
@for_desk
def show(slot_id: int) -> Response:
    """Ask for the phone first: without it the desk sees nobody's family."""
    form = HouseholdForm(formdata=saved_form(request.path))
    return _phone_page(my_slot(current_user, slot_id), form)


@blueprint.post("/desk/slots/<int:slot_id>/household")
@for_desk
def find_household(slot_id: int) -> ResponseReturnValue:
    """Show the names of the family with this phone; the look is counted and recorded."""
    slot, form = my_slot(current_user, slot_id), HouseholdForm()
    if not attempt(_count_lookup, form).is_done:
        return _phone_page(my_slot(current_user, slot_id), form, 422)
    phone, channel = form.phone.number, form.channel.data
    persons = _persons_of(phone)
    who = CounterForm(formdata=None, data={"phone": phone, "channel": channel})
    who.offer(persons)
    slot = my_slot(current_user, slot_id)
    return _persons_page(slot, persons, who, PersonForm(formdata=None))


@blueprint.post("/desk/slots/<int:slot_id>/bookings")
@for_desk
def book(slot_id: int) -> ResponseReturnValue:
    slot, who, newcomer = my_slot(current_user, slot_id), CounterForm(), PersonForm()
    form = HouseholdForm()
    if not who.number:
        form.validate()
        return _phone_page(slot, form, 422)
    if not attempt(_count_lookup, form).is_done:
        return _phone_page(my_slot(current_user, slot_id), form, 422)
    persons = _persons_of(who.number)
    who.offer(persons)
    is_same_child = False
    if _is_complete(who, newcomer):

        def act() -> Booking:
            return book_for(
                slot_id,
                who.number,
                who.persons.data or [],
                newcomer.facts() if newcomer.birth_date else None,
                by=acting(Channel(who.channel.data or Channel.DESK), who.request_key.data or None),
                namesake_reason=who.namesake_reason.data or "",
            )

        booked = attempt(act)
        if booked.is_done:
            flash(_("办好了，请把预约号念给对方。"))
            return redirect(url_for("desk.bookings.show", number=booked.result.number), 303)
        who.form_errors.append(str(booked.refusal))
        is_same_child = isinstance(booked.refusal, SameChild)
        persons = _persons_of(who.number)
        who.offer(persons)
    slot = my_slot(current_user, slot_id)
    return _persons_page(slot, persons, who, newcomer, 422, asks_namesake=is_same_child)


def book_for(
    slot_id: int,
    phone: str,
    person_ids: Sequence[int],
    newcomer: dict[str, Any] | None,
    by: Actor,
    *,
    is_estimate: bool = False,
    namesake_reason: str = "",
) -> Booking:
    """Book at the desk in the caller's transaction; return the first booking. Raises Refused."""
    slot, clerk = my_slot(current_user, slot_id), current_user
    booked = actions.book_at_desk(
        slot,
        phone,
        person_ids,
        newcomer,
        clerk=clerk,
        by=by,
        is_estimate=is_estimate,
        namesake_reason=namesake_reason,
    )
    return booked[0]


def _count_lookup() -> None:
    actions.count_lookup(current_user.id)


def _is_complete(who: CounterForm, newcomer: PersonForm) -> bool:
    """Whether persons of the family are chosen, or a newcomer is entered, or both."""
    if not who.validate():
        return False
    is_typed = bool((newcomer.name.data or "").strip())
    if is_typed or not who.persons.choices:
        return newcomer.validate()
    if not who.persons.data:
        who.persons.errors = [_("请选给谁约，或者在下面填一位新的。")]
    return bool(who.persons.data)


def _persons_of(phone: str) -> list[Person]:
    household = households_with([phone]).get(phone)
    return list(household.persons) if household else []


def _phone_page(slot: Slot, form: HouseholdForm, status: int = 200) -> Response:
    closed = refusal_of(partial(check_window, by_staff=True), slot, clock.now())
    return page("desk/family_bookings/phone.html", status, slot=slot, form=form, closed=closed)


def _persons_page(
    slot: Slot,
    persons: list[Person],
    who: CounterForm,
    newcomer: PersonForm,
    status: int = 200,
    *,
    asks_namesake: bool = False,
) -> Response:
    who.new_key()
    shown = page(
        "desk/family_bookings/persons.html",
        status,
        slot=slot,
        persons=persons,
        why_not={one.id: refusal_of(check_fits, slot, one.name, one.birth_date) for one in persons},
        who=who,
        form=newcomer,
        asks_namesake=asks_namesake or bool(who.namesake_reason.data),
    )
    household_id = persons[0].household_id if persons else 0
    return with_read_recorded(shown, "household", household_id, len(persons))
