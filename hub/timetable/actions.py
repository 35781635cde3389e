"""Make slots: a slot copies the policy of its activity and keeps it from then on."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from flask_babel import gettext as _

from hub import clock
from hub.catalogue.models import Activity, Admission, Policy, Room, StaffMember
from hub.db import db
from hub.refusals import Refused
from hub.timetable.models import Series, Slot
from hub.timetable.recurrence import Occurrence

POLICY = tuple(Policy.__annotations__)  # what a slot keeps of its activity
# What the dates of a whole 期 have in common, because they are booked and given up as one.
OF_THE_FIRST = ("opens_at", "cancel_until", "entries_until", "desk_release_at")


def make_series(
    activity: Activity,
    name: str,
    dates: Sequence[Occurrence],
    room: Room,
    lead: StaffMember | None,
    capacity: int,
    *,
    is_whole: bool = False,
    attendance_percent: int | None = None,
) -> list[Slot]:
    """Make the slots of a new 期, one for each date; the caller has left the closed days out.

    The dates of a whole 期 open, draw, and can be given up at the instants of the first date; a
    whole 期 closes when its first date does. Each later date closes by itself, so that a place
    that is free there can still be booked alone once the 期 has begun. Raises Refused.
    """
    if not dates:
        raise Refused(_("这段日子里一次也开不成，请换个日期。"))
    dates = sorted(dates)
    series = Series(
        activity=activity,
        name=name,
        is_whole=is_whole,
        starts_on=clock.local(dates[0].starts_at).date(),
        ends_on=clock.local(dates[-1].starts_at).date(),
        attendance_percent=attendance_percent,
    )
    db.session.add(series)
    slots = [
        make_slot(activity, room, lead, date.starts_at, date.ends_at, capacity, series)
        for date in dates
    ]
    if is_whole:
        for slot in slots[1:]:
            _follow(slots[0], slot)
    return slots


def make_slot(
    activity: Activity,
    room: Room,
    lead: StaffMember | None,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int,
    series: Series | None = None,
) -> Slot:
    """Make an open slot, its places free or kept for the desk, in the caller's transaction.

    Whatever is counted in days ends or begins at a minute of the day in Chongqing, so that the
    hour of the slot does not matter. Booking never closes after the start nor before it opens.
    The database refuses a room or a lead that is taken at that time.
    """
    closes_at = activity.closes_at or before(starts_at, activity.closes_minutes_before)
    opens_at = activity.opens_at or on_day_before(
        starts_at, activity.opens_days_before, activity.opens_minute
    )
    closes_at = min(closes_at, starts_at)
    desk_places = min(activity.desk_places or 0, capacity)
    slot = Slot(
        activity=activity,
        series=series,
        centre=activity.centre,
        room=room,
        lead=lead,
        starts_at=starts_at,
        ends_at=ends_at,
        opens_at=min(opens_at, closes_at),
        closes_at=closes_at,
        cancel_until=before(starts_at, activity.cancel_minutes_before),
        entries_until=_entries_until(activity, starts_at),
        capacity=capacity,
        places_left=capacity - desk_places,
        desk_places=desk_places,
        desk_release_at=before(starts_at, activity.desk_release_minutes_before)
        if desk_places
        else None,
        **{name: getattr(activity, name) for name in POLICY},
    )
    db.session.add(slot)
    return slot


def before(starts_at: datetime, minutes: int) -> datetime:
    """Return the instant so many minutes before the start."""
    return starts_at - timedelta(minutes=minutes)


def on_day_before(starts_at: datetime, days: int, minute: int) -> datetime:
    """Return a minute of the day, in Chongqing, so many days before the start."""
    day = clock.local(starts_at).date() - timedelta(days=days)
    return clock.at(day, time(*divmod(minute, 60)))


def _follow(first: Slot, later: Slot) -> None:
    for name in OF_THE_FIRST:
        setattr(later, name, getattr(first, name))
    # An instant at which the activity closes is meant for the whole 期.
    by_itself = before(later.starts_at, later.activity.closes_minutes_before)
    later.closes_at = max(later.closes_at, by_itself)


def _entries_until(activity: Activity, starts_at: datetime) -> datetime | None:
    if activity.admission is not Admission.DRAW:
        return None
    days, minute = activity.entries_days_before, activity.entries_minute
    return min(on_day_before(starts_at, days, minute), starts_at)
