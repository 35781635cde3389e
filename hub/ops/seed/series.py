"""The demo's whole 期: one that can be booked, or will be soon, with some neighbours enrolled."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from hub import clock
from hub.actor import Actor
from hub.bookings.series.actions import enrol
from hub.catalogue.models import Activity, Audience, Kind, Room, StaffMember
from hub.db import db
from hub.ops.seed import people
from hub.ops.seed.bookings import Diary, fits
from hub.ops.seed.files import rows_of
from hub.ops.seed.weeks import Offer, Taken, closed_days
from hub.timetable.actions import make_series
from hub.timetable.models import Series, Slot
from hub.timetable.recurrence import Weekly

AHEAD = timedelta(days=4)  # time enough to look at one that has not begun
LONGEST = timedelta(weeks=26)


def lay_series(home_id: int, now: datetime, *, is_first: bool) -> int:
    """See that the 期 after the one that is running can be seen; say how many slots it has.

    An activity that somebody has taken out does not come back.
    """
    made = 0
    for row in rows_of("demo_series.json").values():
        activity = _activity(home_id, row["activity"], is_first=is_first)
        if activity is None:
            continue
        slots = _next_series(activity, row, clock.local(now).date())
        _enrol_neighbours(slots, row["enrolled"], now)
        made += len(slots)
    return made


def _activity(home_id: int, policy: dict[str, Any], *, is_first: bool) -> Activity | None:
    here = Activity.centre_id == home_id, Activity.title == policy["title"]
    activity = db.session.scalar(select(Activity).where(*here))
    if activity is None and is_first:
        kind = db.session.scalars(select(Kind).where(Kind.code == policy["kind"])).one()
        audience = Audience(policy["audience"])
        activity = Activity(**policy | {"centre_id": home_id, "kind": kind, "audience": audience})
        db.session.add(activity)
        db.session.flush()
    return activity


def _next_series(activity: Activity, row: dict[str, Any], today: date) -> list[Slot]:
    of_activity = select(Series).where(Series.activity_id == activity.id)
    earlier = db.session.scalars(of_activity.order_by(Series.ends_on)).all()
    if earlier and earlier[-1].starts_on > today:
        return []
    here = {"centre_id": activity.centre_id}
    room = db.session.scalar(select(Room).filter_by(name=row["room"], **here))
    lead = db.session.scalar(select(StaffMember).filter_by(name=row["lead"], **here))
    if room is None:
        return []
    begins = time.fromisoformat(row["begins"])
    patterns = tuple(Weekly(weekday, begins, row["minutes"]) for weekday in row["weekdays"])
    offer = Offer(activity, room, lead, row["capacity"], patterns)
    first = max([today + AHEAD, *(one.ends_on + timedelta(days=1) for one in earlier[-1:])])
    dates = offer.dates(first, first + LONGEST, closed_days(activity.centre_id))
    taken = Taken(clock.at(first, time.min))
    slots = make_series(
        activity,
        row["name"] % (len(earlier) + 1),
        [date for date in dates if not taken.by(offer, date)][: row["count"]],
        room,
        lead,
        row["capacity"],
        is_whole=True,
        attendance_percent=row["attendance_percent"],
    )
    db.session.flush()
    return slots


def _enrol_neighbours(slots: list[Slot], number: int, now: datetime) -> None:
    a_while_ago = now - timedelta(hours=1)
    if not slots or a_while_ago < slots[0].opens_at:
        return
    diary = Diary(now)
    free = [
        (person, account_id)
        for person, account_id in people.neighbours()
        if all(fits(person, slot) and diary.is_free(person, slot) for slot in slots)
    ]
    for person, account_id in free[:number]:
        enrol(slots, [person], by=Actor(account_id, a_while_ago))
