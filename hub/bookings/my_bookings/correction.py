"""The page on which a family corrects the facts of a person."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.accounts.saved_forms import saved_form
from hub.bookings.correction import correct_person
from hub.families.forms import PersonForm, as_typed
from hub.families.queries import my_person
from hub.web.attempt import attempt
from hub.web.htmx import page
from hub.web.security import Admits, acting, open_to

blueprint = Blueprint("correction", __name__)


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
        correct_person(current_user, locked, **form.facts(), by=acting())

    if not attempt(change, form).is_done:
        person = my_person(current_user, person_id)
        return page("families/edit_person.html", 422, form=form, person=person)
    flash(_("已经改好。"))
    return redirect(url_for("families.show_family"), 303)
