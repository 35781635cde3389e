"""Making slots: a slot copies the policy of its activity, and keeps it from then on."""

from datetime import datetime, time, timedelta

from hub import clock
from hub.catalogue.models import Activity, Admission, Policy, Room, StaffMember
from hub.db import db
from hub.timetable.models import Series, Slot

POLICY = tuple(Policy.__annotations__)  # what a slot keeps of its activity


def make_slot(
    activity: Activity,
    room: Room,
    lead: StaffMember | None,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int,
    series: Series | None = None,
) -> Slot:
    """A new open slot in the caller's transaction, all its places free or kept for the desk.

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
    """So many minutes before the start."""
    return starts_at - timedelta(minutes=minutes)


def on_day_before(starts_at: datetime, days: int, minute: int) -> datetime:
    """At a minute of the day, in Chongqing, so many days before the start."""
    day = clock.local(starts_at).date() - timedelta(days=days)
    return clock.at(day, time(*divmod(minute, 60)))


def _entries_until(activity: Activity, starts_at: datetime) -> datetime | None:
    if activity.admission is not Admission.DRAW:
        return None
    days, minute = activity.entries_days_before, activity.entries_minute
    return min(on_day_before(starts_at, days, minute), starts_at)
