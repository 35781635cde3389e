"""Take a person out of the household; coming bookings stand against it.

It concerns families and bookings, so it lives in the later of the two.
"""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from hub import clock
from hub.bookings.models import LIVE, Booking
from hub.db import db, transaction
from hub.families import actions
from hub.families.models import Person
from hub.families.queries import my_person
from hub.timetable.models import Slot
from hub.web.htmx import page
from hub.web.security import Admits, open_to

blueprint = Blueprint("removal", __name__)


@blueprint.get("/family/persons/<int:person_id>/removal")
@open_to(Admits.SIGNED_IN)
def show_removal(person_id: int) -> ResponseReturnValue:
    person = my_person(current_user, person_id)
    bookings = coming_bookings_of(person, clock.now())
    return page("bookings/my_bookings/removal.html", person=person, bookings=bookings)


@blueprint.post("/family/persons/<int:person_id>/removal")
@open_to(Admits.SIGNED_IN)
def remove_person(person_id: int) -> ResponseReturnValue:
    with transaction():
        person = my_person(
            current_user, person_id, lock=True
        )  # a booking that is being made comes first
        name, bookings = person.name, coming_bookings_of(person, clock.now())
        if not bookings:
            actions.remove_person(current_user, person)
    if bookings:
        return page("bookings/my_bookings/removal.html", 422, person=person, bookings=bookings)
    flash(_("已经移出%(name)s。", name=name))
    return redirect(url_for("families.show_family"), 303)


def coming_bookings_of(person: Person, now: datetime) -> Sequence[Booking]:
    """Return the person's places and turns that are not over yet, soonest first."""
    return db.session.scalars(
        select(Booking)
        .where(Booking.person_id == person.id, Booking.state.in_(LIVE), Booking.ends_at > now)
        .options(joinedload(Booking.slot).joinedload(Slot.activity))
        .order_by(Booking.starts_at, Booking.id)
    ).all()
