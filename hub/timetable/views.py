"""Where visitors find what is on: the home page, the timetable, and the centres."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.catalogue import queries as catalogue
from hub.catalogue.models import Centre, District
from hub.families.queries import visitors_household
from hub.timetable import queries
from hub.timetable.forms import CentresForm, DistrictForm, FindForm, is_offered
from hub.timetable.rules import by_day, hours_in_words
from hub.timetable.sharing import share
from hub.web.addresses import safe_path
from hub.web.htmx import page, page_asked
from hub.web.preference_cookies import preference, set_preference
from hub.web.security import Admits, open_to, same_for_strangers, without_token

DAYS_OF_A_CENTRE = 14

blueprint = Blueprint("timetable", __name__)


@blueprint.get("/")
@open_to(Admits.EVERYONE)
@same_for_strangers
def home() -> ResponseReturnValue:
    districts = catalogue.districts()
    remembered = preference("district")
    district = next((one for one, _has in districts if str(one.id) == remembered), None)
    form = DistrictForm(formdata=None, data={"district": remembered if district else ""})
    form.offer(districts)
    return page(
        "timetable/home.html",
        share=share.of_page("timetable.home"),
        form=form,
        district=district,
        kinds=catalogue.kinds(),
        today=clock.today(),
        glance=queries.at_a_glance(district.id if district else None, clock.now()),
    )


@blueprint.post("/district")
@without_token  # set_preference() checks itself where the form comes from
@open_to(Admits.EVERYONE)
def choose_district() -> ResponseReturnValue:
    """Remember the district on this device; no district is the whole city."""
    form = DistrictForm()
    form.offer(catalogue.districts())
    if is_offered(form.district):
        return set_preference("district", form.district.data or "")
    flash(_("没有找到这个区县，请从列表里选。"))
    return redirect(safe_path(form.back.data), 303)


@blueprint.get("/slots")
@open_to(Admits.EVERYONE)
@same_for_strangers
def find() -> ResponseReturnValue:
    kinds, household = catalogue.kinds(), visitors_household(current_user)
    form = FindForm(formdata=request.args)
    persons = household.persons if household else ()
    form.offer(catalogue.districts(), kinds, persons, clock.today())
    page_number = page_asked()
    slots, has_more = queries.find_slots(form.wish(kinds), clock.now(), page_number)
    return page(
        "timetable/find.html",
        share=share.of_page("timetable.find"),
        form=form,
        days=by_day(slots),
        page_number=page_number,
        has_more=has_more,
        here=_address("timetable.find", form.chosen()),
        told=_("这一页有 %(count)s 场", count=len(slots)) if slots else _("没有找到合适的场次"),
    )


@blueprint.get("/centres")
@open_to(Admits.EVERYONE)
@same_for_strangers
def centres() -> ResponseReturnValue:
    form = CentresForm(formdata=request.args)
    form.offer(catalogue.districts())
    page_number = page_asked()
    found, has_more = catalogue.find_centres(form.words, form.district_id, page_number)
    return page(
        "timetable/centres.html",
        share=share.of_page("timetable.centres"),
        form=form,
        groups=[(district, list(group)) for district, group in groupby(found, _district)],
        page_number=page_number,
        has_more=has_more,
        here=_address("timetable.centres", form.chosen()),
        told=_("这一页有 %(count)s 个中心", count=len(found)) if found else _("没有找到这样的中心"),
    )


@blueprint.get("/centres/<int:centre_id>")
@open_to(Admits.EVERYONE)
@same_for_strangers
def show_centre(centre_id: int) -> ResponseReturnValue:
    centre = catalogue.centre_with_facts(centre_id)
    now, today = clock.now(), clock.today()
    last_day = today + timedelta(days=DAYS_OF_A_CENTRE - 1)
    _midnight, end = clock.day_bounds(today, last_day)
    slots = queries.slots_of_centre(centre_id, now, end)
    closed = catalogue.closed_days(centre_id, today, last_day)
    hours = hours_in_words(centre.opening_hours)
    return page(
        "timetable/centre.html",
        centre=centre,
        share=share.of_centre(centre, hours, slots, now),
        hours=hours,
        days=by_day(slots, closed),
        has_slots=bool(slots),
        closed=closed,
    )


def _district(centre: Centre) -> District:
    return centre.district


def _address(endpoint: str, chosen: Mapping[str, Any]) -> str:
    return url_for(endpoint, **chosen)
