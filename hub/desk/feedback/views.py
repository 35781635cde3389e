"""What families said of a centre's slots (满意度), for its manager.

Words come without a name; only families that offered to be called are named, with a phone.
"""

from datetime import timedelta

from flask import Blueprint, Response
from flask_login import current_user

from hub import clock
from hub.desk.access import for_managers, managed_centre
from hub.desk.feedback.queries import MOST, _counts, _words
from hub.desk.read_log import with_read_recorded
from hub.web.htmx import page

DAYS = 90


blueprint = Blueprint("feedback", __name__)


@blueprint.get("/desk/centres/<int:centre_id>/feedback")
@for_managers
def show(centre_id: int) -> Response:
    centre = managed_centre(current_user, centre_id)
    since = clock.now() - timedelta(days=DAYS)
    words = _words(centre, since)
    shown = page(
        "desk/feedback/feedback.html",
        centre=centre,
        counts=_counts(centre, since),
        words=words,
        days=DAYS,
        most=MOST,
    )
    # A word may tell of a person even where no name stands beside it.
    return with_read_recorded(shown, "centre_feedback", centre_id, len(words))
