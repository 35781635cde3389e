"""Pages of the desk: the day at a centre, who is coming, and the sheet that is printed."""

from datetime import date, timedelta

from flask import Blueprint, Response, request
from flask_login import current_user

from hub import clock
from hub.audit import record_read
from hub.bookings.attendance.actions import EARLIEST
from hub.catalogue.models import Centre
from hub.catalogue.queries import plain_words
from hub.db import transaction
from hub.desk import days
from hub.desk.queries import (
    centre_day,
    managed_centre,
    manages,
    my_centre,
    my_centres,
    my_slot,
    only_centre_id,
)
from hub.desk.reasons import DAYS, MOST, reasons_at
from hub.desk.rosters import ON_PAPER, cancelled_of, rosters_of
from hub.desk.rules import blank_rows
from hub.refusals import Refused
from hub.web.pages import page, page_asked
from hub.web.security import Admits, open_to

blueprint = Blueprint("desk", __name__)


@blueprint.get("/desk")
@open_to(Admits.DESK)
def today() -> Response:
    """Today at the one centre of whoever asks, or the choice among her centres."""
    centre_id = only_centre_id(current_user)
    if centre_id is not None:
        return _day_page(my_centre(current_user, centre_id), clock.today())
    words = plain_words(request.args.get("q", ""))
    page_number = page_asked()
    centres, has_more = my_centres(current_user, words, page_number)
    return page(
        "desk/choose_centre.html",
        centres=centres,
        words=words,
        page_number=page_number,
        has_more=has_more,
        today=clock.today(),
    )


@blueprint.get("/desk/centres/<int:centre_id>/days/<day:day>")
@open_to(Admits.DESK)
def show_day(centre_id: int, day: date) -> Response:
    return _day_page(my_centre(current_user, centre_id), day)


@blueprint.get("/desk/slots/<int:slot_id>")
@open_to(Admits.DESK)
def show_roster(slot_id: int) -> Response:
    return roster_page(slot_id)


@blueprint.get("/desk/slots/<int:slot_id>/cancellations")
@open_to(Admits.DESK)
def show_cancelled(slot_id: int) -> Response:
    slot = my_slot(current_user, slot_id)
    cancelled = cancelled_of(slot)
    persons = sum(booking.person is not None for booking in cancelled)
    shown = page("desk/cancelled.html", slot=slot, cancelled=cancelled)
    return noted(shown, "slot", slot_id, persons)


@blueprint.get("/desk/centres/<int:centre_id>/reasons")
@open_to(Admits.MANAGER)
def show_reasons(centre_id: int) -> Response:
    """What the staff did that needs a reason: moved up, excused, called off."""
    centre = managed_centre(current_user, centre_id)
    found = reasons_at(centre, clock.now())
    shown = page("desk/reasons.html", centre=centre, found=found, days=DAYS, most=MOST)
    return noted(shown, "centre_reasons", centre_id, found.persons)


@blueprint.get("/desk/centres/<int:centre_id>/days/<day:day>/sheet")
@open_to(Admits.DESK)
def show_day_sheet(centre_id: int, day: date) -> Response:
    day_of_centre = centre_day(my_centre(current_user, centre_id), day)
    rosters = rosters_of(day_of_centre.slots, ON_PAPER)
    persons = sum(roster.persons for roster in rosters.values())
    shown = page(
        "desk/sheet.html",
        shown=day_of_centre,
        rosters=rosters,
        written_day=days.in_words(day),
        printed_at=clock.now(),
        blank_rows=blank_rows,
    )
    return noted(shown, "centre_day", centre_id, persons)


def roster_page(
    slot_id: int, status: int = 200, refused: tuple[str, Refused] | None = None
) -> Response:
    """The page from which the desk works; `refused` is the booking that something was asked of."""
    slot = my_slot(current_user, slot_id)
    roster = rosters_of([slot])[slot.id]
    now = clock.now()
    shown = page(
        "desk/roster.html",
        status,
        slot=slot,
        roster=roster,
        written_day=days.in_words(roster.day),
        may_manage=manages(current_user, slot.centre_id),
        may_mark=slot.is_open and now >= slot.starts_at - EARLIEST,
        has_begun=now >= slot.starts_at,
        is_over=now >= slot.ends_at,
        refused=refused,
    )
    return noted(shown, "slot", slot_id, roster.persons)


def _day_page(centre: Centre, day: date) -> Response:
    by_room = request.args.get("order") == "room"
    return page(
        "desk/day.html",
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


def noted(shown: Response, subject: str, subject_id: int, persons: int) -> Response:
    """The page, once it is written down who saw so many persons; nothing where it shows nobody.

    It is ready by then: reading and rendering a long sheet must not hold the one write lock.
    """
    account_id = current_user.id
    if persons:
        with transaction():
            record_read(subject, subject_id, account_id=account_id, persons=persons)
    return shown
