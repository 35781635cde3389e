"""What families said of the slots of a centre (满意度), for its manager to read.

Words come without a name; only who offered to be called is named, with the phone to call.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, Response
from flask_login import current_user
from sqlalchemy import func, select

from hub import clock
from hub.accounts.models import Account
from hub.bookings.feedback.models import Feedback
from hub.bookings.models import Booking
from hub.catalogue.models import Activity, Centre
from hub.db import db
from hub.desk.queries import managed_centre
from hub.desk.views import noted
from hub.families.models import Person
from hub.timetable.models import Slot
from hub.web.pages import page
from hub.web.security import Admits, open_to

DAYS = 90
MOST = 100  # words

blueprint = Blueprint("desk_feedback", __name__)


@dataclass(frozen=True)
class Count:
    """How many were glad of an activity, and how many were not."""

    title: str
    glad: int
    sorry: int


@dataclass(frozen=True)
class Word:
    """What was said of a slot; by whom only where she may be called."""

    is_glad: bool
    word: str
    title: str
    starts_at: datetime
    name: str | None
    phone: str | None


@blueprint.get("/desk/centres/<int:centre_id>/feedback")
@open_to(Admits.MANAGER)
def show_feedback(centre_id: int) -> Response:
    centre = managed_centre(current_user, centre_id)
    since = clock.now() - timedelta(days=DAYS)
    words = _words(centre, since)
    shown = page(
        "desk/feedback.html",
        centre=centre,
        counts=_counts(centre, since),
        words=words,
        days=DAYS,
        most=MOST,
    )
    # A word may tell of somebody also where no name stands beside it.
    return noted(shown, "centre_feedback", centre_id, len(words))


def _counts(centre: Centre, since: datetime) -> list[Count]:
    """By activity, those with which most were not glad first."""
    sorry = func.count().filter(~Feedback.is_glad)
    rows = db.session.execute(
        select(Activity.title, func.count().filter(Feedback.is_glad), sorry)
        .join(Feedback.booking)
        .join(Booking.slot)
        .join(Slot.activity)
        .where(Feedback.centre_id == centre.id, Feedback.at >= since)
        .group_by(Activity.id, Activity.title)
        .order_by(sorry.desc(), Activity.title)
    )
    return [Count(*row) for row in rows]


def _words(centre: Centre, since: datetime) -> list[Word]:
    """The latest words; whose they are is read of nobody who did not offer it."""
    rows = db.session.execute(
        select(
            Feedback.is_glad,
            Feedback.word,
            Activity.title,
            Booking.starts_at,
            Person.name,
            Account.phone,
        )
        .join(Feedback.booking)
        .join(Booking.slot)
        .join(Slot.activity)
        .outerjoin(Account, (Account.id == Feedback.account_id) & Feedback.may_call)
        .outerjoin(Person, (Person.id == Booking.person_id) & Account.id.is_not(None))
        .where(Feedback.centre_id == centre.id, Feedback.at >= since, Feedback.word != "")
        .order_by(Feedback.at.desc())
        .limit(MOST)
    )
    return [Word(*row) for row in rows]
