"""The day at a centre, and the choice among centres."""

from datetime import date, timedelta

from flask import Blueprint, Response, request
from flask_login import current_user

from hub import clock
from hub.catalogue.models import Centre
from hub.catalogue.queries import plain_words
from hub.desk.access import for_desk, manages, my_centre, my_centres, only_centre_id
from hub.desk.day import words as days
from hub.desk.day.queries import centre_day
from hub.web.htmx import page, page_asked

blueprint = Blueprint("day", __name__)


@blueprint.get("/desk")
@for_desk
def today() -> Response:
    """Show today at the visitor's one centre, or the choice among several centres."""
    centre_id = only_centre_id(current_user)
    if centre_id is not None:
        return _day_page(my_centre(current_user, centre_id), clock.today())
    words = plain_words(request.args.get("q", ""))
    page_number = page_asked()
    centres, has_more = my_centres(current_user, words, page_number)
    return page(
        "desk/day/choose_centre.html",
        centres=centres,
        words=words,
        page_number=page_number,
        has_more=has_more,
        today=clock.today(),
    )


@blueprint.get("/desk/centres/<int:centre_id>/days/<day:day>")
@for_desk
def show(centre_id: int, day: date) -> Response:
    return _day_page(my_centre(current_user, centre_id), day)


def _day_page(centre: Centre, day: date) -> Response:
    by_room = request.args.get("order") == "room"
    return page(
        "desk/day/day.html",
        shown=centre_day(centre, day, by_room=by_room),
        by_room=by_room,
        written_day=days.in_words(day),
        week=days.week_of(day),
        previous=day - timedelta(days=1),
        following=day + timedelta(days=1),
        today=clock.today(),
        now=clock.now(),
        has_more_centres=only_centre_id(current_user) is None,
        may_manage=manages(current_user, centre.id),
    )
