"""The family's own pages: who is in it, and the form to enter a person."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock, text
from hub.accounts.saved_forms import saved_form
from hub.families import actions
from hub.families.forms import PersonForm
from hub.families.models import Person
from hub.families.queries import my_household
from hub.families.rules import MOST_PERSONS, is_adult
from hub.web.addresses import safe_path
from hub.web.attempt import attempt
from hub.web.htmx import page
from hub.web.security import Admits, open_to

blueprint = Blueprint("families", __name__)


@blueprint.get("/family")
@open_to(Admits.SIGNED_IN)
def show_family() -> ResponseReturnValue:
    household = my_household(current_user)
    persons = household.persons if household else []
    today = clock.today()
    return page(
        "families/family.html",
        adults=[person for person in persons if is_adult(person.birth_date, today)],
        children=[person for person in persons if not is_adult(person.birth_date, today)],
        is_full=len(persons) >= MOST_PERSONS,
        most=MOST_PERSONS,
    )


@blueprint.get("/family/persons/new")
@open_to(Admits.SIGNED_IN)
def new_person() -> ResponseReturnValue:
    form = PersonForm(
        formdata=saved_form(request.path), data={"next": safe_path(request.args.get("next"), "")}
    )
    return page("families/new_person.html", form=form)


@blueprint.post("/family/persons/new")
@open_to(Admits.SIGNED_IN)
def add_person() -> ResponseReturnValue:
    form = PersonForm()

    def add() -> Person:
        now = clock.now()
        household = actions.household_of(current_user, now)
        return actions.add_person(current_user, household, now=now, **form.facts())

    added = attempt(add, form)
    if not added.is_done:
        return page("families/new_person.html", 422, form=form)
    person = added.result
    age = text.age(person.birth_date)
    flash(_("已经加上%(name)s，%(age)s。", name=person.name, age=age))
    return redirect(safe_path(form.next.data, url_for("families.show_family")), 303)
