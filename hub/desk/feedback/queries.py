"""What families said of a centre's slots."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from hub.accounts.models import Account
from hub.bookings.feedback.models import Feedback
from hub.bookings.models import Booking
from hub.catalogue.models import Activity, Centre
from hub.db import db
from hub.families.models import Person
from hub.timetable.models import Slot

MOST = 100  # words on the page


@dataclass(frozen=True)
class Count:
    """How many families were glad of an activity, and how many were not."""

    title: str
    glad: int
    sorry: int


@dataclass(frozen=True)
class Word:
    """What a family said of a slot; name and phone only where the centre may call."""

    is_glad: bool
    word: str
    title: str
    starts_at: datetime
    name: str | None
    phone: str | None


def _counts(centre: Centre, since: datetime) -> list[Count]:
    """Return the counts by activity, those with most complaints first."""
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
    """Return the latest words; whose they are is read only where the family offered it."""
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
