"""The sheet of a day."""

from datetime import date

from flask import Blueprint, Response
from flask_login import current_user

from hub import clock
from hub.desk.access import for_desk, my_centre
from hub.desk.day import words as days
from hub.desk.day.queries import centre_day
from hub.desk.read_log import with_read_recorded
from hub.desk.roster.queries import ON_PAPER, rosters_of
from hub.desk.sheet.rules import blank_rows
from hub.web.htmx import page

blueprint = Blueprint("sheet", __name__)


@blueprint.get("/desk/centres/<int:centre_id>/days/<day:day>/sheet")
@for_desk
def show(centre_id: int, day: date) -> Response:
    day_of_centre = centre_day(my_centre(current_user, centre_id), day)
    rosters = rosters_of(day_of_centre.slots, ON_PAPER)
    persons = sum(roster.persons for roster in rosters.values())
    shown = page(
        "desk/sheet/sheet.html",
        shown=day_of_centre,
        rosters=rosters,
        written_day=days.in_words(day),
        printed_at=clock.now(),
        blank_rows=blank_rows,
    )
    return with_read_recorded(shown, "centre_day", centre_id, persons)
