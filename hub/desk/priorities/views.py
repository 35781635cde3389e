"""Priority in draws: verified by the desk that has seen the proof."""

from flask import Blueprint, Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.actor import Channel
from hub.db import db, transaction
from hub.desk.access import for_desk, my_coming_person
from hub.desk.forms import ActForm
from hub.desk.priorities import actions
from hub.desk.priorities.forms import PriorityForm
from hub.desk.read_log import with_read_recorded
from hub.families.models import Priority
from hub.web.htmx import page
from hub.web.security import acting

blueprint = Blueprint("priorities", __name__)


@blueprint.get("/desk/persons/<int:person_id>/priority")
@for_desk
def show(person_id: int) -> Response:
    return _priority_page(person_id, PriorityForm())


@blueprint.post("/desk/persons/<int:person_id>/priority")
@for_desk
def verify(person_id: int) -> ResponseReturnValue:
    form = PriorityForm()
    if not form.validate():
        return _priority_page(person_id, form, 422)
    with transaction():
        person, number = my_coming_person(current_user, person_id, clock.now())
        actions.verify_priority(person, form.group.data, by=acting(Channel.DESK))
    flash(_("核实好了，摇号时排在前面一档。"))
    return redirect(url_for("desk.bookings.show", number=number), 303)


@blueprint.get("/desk/persons/<int:person_id>/priority/removal")
@for_desk
def show_removal(person_id: int) -> Response:
    return _priority_page(person_id, ActForm(), name="priority_removal")


@blueprint.post("/desk/persons/<int:person_id>/priority/removal")
@for_desk
def remove(person_id: int) -> ResponseReturnValue:
    with transaction():
        person, number = my_coming_person(current_user, person_id, clock.now())
        actions.remove_priority(person, by=acting(Channel.DESK))
    flash(_("好了，不再优先。"))
    return redirect(url_for("desk.bookings.show", number=number), 303)


def _priority_page(
    person_id: int, form: PriorityForm | ActForm, status: int = 200, name: str = "priority"
) -> Response:
    person, number = my_coming_person(current_user, person_id, clock.now())
    priority = db.session.get(Priority, person.id)
    if isinstance(form, PriorityForm) and priority and not form.group.data:
        form.group.data = priority.group
    shown = page(
        f"desk/priorities/{name}.html",
        status,
        person=person,
        number=number,
        priority=priority,
        form=form,
    )
    return with_read_recorded(shown, "person", person_id, 1)
