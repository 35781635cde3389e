"""Making slots: a slot copies the policy of its activity, and keeps it from then on."""

from datetime import datetime, time, timedelta

from hub import clock
from hub.catalogue.models import Activity, Room, StaffMember
from hub.db import db
from hub.timetable.models import Slot


def make_slot(
    activity: Activity,
    room: Room,
    lead: StaffMember | None,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int,
) -> Slot:
    """A new open slot in the caller's transaction, all its places free.

    Booking opens at midnight in Chongqing, so that the hour of the slot does not matter. The
    database refuses a room or a lead that is taken at that time.
    """
    opens_on = clock.local(starts_at).date() - timedelta(days=activity.opens_days_before)
    slot = Slot(
        activity=activity,
        centre=activity.centre,
        room=room,
        lead=lead,
        starts_at=starts_at,
        ends_at=ends_at,
        opens_at=clock.at(opens_on, time.min),
        closes_at=starts_at - timedelta(minutes=activity.closes_minutes_before),
        cancel_until=starts_at - timedelta(minutes=activity.cancel_minutes_before),
        capacity=capacity,
        places_left=capacity,
        audience=activity.audience,
        youngest_months=activity.youngest_months,
        oldest_months=activity.oldest_months,
        fee_fen=activity.fee_fen,
        waiting_limit=activity.waiting_limit,
    )
    db.session.add(slot)
    return slot
