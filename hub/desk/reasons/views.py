"""What the staff did that needs a reason."""

from flask import Blueprint, Response
from flask_login import current_user

from hub import clock
from hub.desk.access import for_managers, managed_centre
from hub.desk.read_log import with_read_recorded
from hub.desk.reasons.queries import DAYS, MOST, reasons_at
from hub.web.htmx import page

blueprint = Blueprint("reasons", __name__)


@blueprint.get("/desk/centres/<int:centre_id>/reasons")
@for_managers
def show(centre_id: int) -> Response:
    """Show what the staff moved up, excused and called off, with the reasons."""
    centre = managed_centre(current_user, centre_id)
    found = reasons_at(centre, clock.now())
    shown = page("desk/reasons/reasons.html", centre=centre, found=found, days=DAYS, most=MOST)
    return with_read_recorded(shown, "centre_reasons", centre_id, found.persons)
