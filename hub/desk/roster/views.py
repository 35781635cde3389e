"""Who is coming to a slot."""

from flask import Blueprint, Response
from flask_login import current_user

from hub import clock
from hub.bookings.deadlines import EARLIEST_CHECK_IN
from hub.desk.access import for_desk, manages, my_slot
from hub.desk.day import words as days
from hub.desk.read_log import with_read_recorded
from hub.desk.roster.queries import cancelled_of, rosters_of
from hub.refusals import Refused
from hub.web.htmx import page

blueprint = Blueprint("slots", __name__)


@blueprint.get("/desk/slots/<int:slot_id>")
@for_desk
def show(slot_id: int) -> Response:
    return roster_page(slot_id)


@blueprint.get("/desk/slots/<int:slot_id>/cancellations")
@for_desk
def show_cancelled(slot_id: int) -> Response:
    slot = my_slot(current_user, slot_id)
    cancelled = cancelled_of(slot)
    persons = sum(booking.person is not None for booking in cancelled)
    shown = page("desk/roster/cancelled.html", slot=slot, cancelled=cancelled)
    return with_read_recorded(shown, "slot", slot_id, persons)


def roster_page(
    slot_id: int, status: int = 200, refused: tuple[str, Refused] | None = None
) -> Response:
    """Write the roster; `refused` is the number of the booking an act was refused for, with why."""
    slot = my_slot(current_user, slot_id)
    roster = rosters_of([slot])[slot.id]
    now = clock.now()
    shown = page(
        "desk/roster/roster.html",
        status,
        slot=slot,
        roster=roster,
        written_day=days.in_words(roster.day),
        may_manage=manages(current_user, slot.centre_id),
        may_mark=slot.is_open and now >= slot.starts_at - EARLIEST_CHECK_IN,
        has_begun=now >= slot.starts_at,
        is_over=now >= slot.ends_at,
        now=now,
        refused=refused,
    )
    return with_read_recorded(shown, "slot", slot_id, roster.persons)
