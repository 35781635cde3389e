"""Correct a person's facts; what the person holds stands against making another person of them.

It concerns families and bookings, so it lives in the later of the two.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from hub.accounts.saved_forms import saved_form
from hub.bookings import rules
from hub.bookings.models import LIVE, Booking, BookingState
from hub.db import db
from hub.families import actions
from hub.families.forms import PersonForm, as_typed
from hub.families.models import Correction, Person, Priority
from hub.families.queries import my_person
from hub.families.rules import is_small_correction
from hub.refusals import Refused, WayOn
from hub.timetable.models import Slot
from hub.web.attempt import attempt
from hub.web.htmx import page
from hub.web.security import Admits, acting, open_to

blueprint = Blueprint("correction", __name__)

REMEMBERED = timedelta(days=180)  # the longest that a missed booking can count for a pause


@blueprint.get("/family/persons/<int:person_id>")
@open_to(Admits.SIGNED_IN)
def edit_person(person_id: int) -> ResponseReturnValue:
    kept = saved_form(request.path)
    person = my_person(current_user, person_id)
    form = PersonForm(formdata=kept, data=as_typed(person))
    return page("families/edit_person.html", form=form, person=person)


@blueprint.post("/family/persons/<int:person_id>")
@open_to(Admits.SIGNED_IN)
def change_person(person_id: int) -> ResponseReturnValue:
    person = my_person(current_user, person_id)
    form = PersonForm()

    def change() -> None:
        locked = my_person(current_user, person_id, lock=True)
        facts = form.facts()
        _correct(locked, facts["name"], facts["birth_date"], acting().now)
        actions.change_person(current_user, locked, **facts)

    if not attempt(change, form).is_done:
        person = my_person(current_user, person_id)
        return page("families/edit_person.html", 422, form=form, person=person)
    flash(_("已经改好。"))
    return redirect(url_for("families.show_family"), 303)


def _correct(person: Person, name: str, birth_date: date, now: datetime) -> None:
    """Write a correction down, or refuse it, where the person holds something; the row is locked.

    Else a place, a verified priority or a pause would pass to another child, and a child too young
    would be made older for one booking.
    """
    before, after = (person.name, person.birth_date), (name, birth_date)
    if before == after:
        return
    bookings = _counting(person, now)
    has_priority = db.session.get(Priority, person.id) is not None
    if not bookings and not has_priority:
        return
    first = _first_facts(person, bookings)
    others = {one.name for one in person.household.persons if one.id != person.id}
    if name in others or not is_small_correction(first, after):
        raise Refused(
            _(
                "%(name)s还有预约、照顾资格或没来的记录，姓名和生日只能改写错的一个字。"
                "要改别的，请先取消预约，或者请中心帮忙。",
                name=person.name,
            ),
            WayOn(_("看我的预约"), "bookings.my_bookings"),
        )
    for booking in bookings:
        if booking.is_live:
            rules.check_fits(booking.slot, name, birth_date)
    row = Correction(
        person_id=person.id,
        at=now,
        account_id=current_user.id,
        name_before=person.name,
        name_after=name,
        birth_date_before=person.birth_date,
        birth_date_after=birth_date,
    )
    db.session.add(row)


def _counting(person: Person, now: datetime) -> Sequence[Booking]:
    """Return the person's bookings to come, and those missed that may count for a pause."""
    live = Booking.state.in_(LIVE) & (Booking.ends_at > now)
    missed = (Booking.state == BookingState.NO_SHOW) & (Booking.starts_at > now - REMEMBERED)
    mine = select(Booking).where(Booking.person_id == person.id, or_(live, missed))
    slot = joinedload(Booking.slot).joinedload(Slot.activity)
    return db.session.scalars(mine.options(slot).order_by(Booking.made_at)).all()


def _first_facts(person: Person, bookings: Sequence[Booking]) -> tuple[str, date]:
    """Return the name and the birth date with which the first of these bookings was made."""
    corrections = select(Correction).where(Correction.person_id == person.id)
    if bookings:
        corrections = corrections.where(Correction.at >= bookings[0].made_at)
    first = db.session.scalars(corrections.order_by(Correction.id)).first()
    if first is None:
        return person.name, person.birth_date
    return first.name_before, first.birth_date_before
