"""Check-ins, no-shows, excuses, and leave of single dates; the caller holds the transaction."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import delete, exists, select

from hub.actor import Actor
from hub.bookings import household_limits, rules
from hub.bookings.audit import record_all
from hub.bookings.deadlines import EARLIEST_CHECK_IN
from hub.bookings.eligibility import check_persons
from hub.bookings.models import Arrival, Booking, BookingState, Excuse
from hub.bookings.queries import bookings_of_household
from hub.bookings.same_child import check_same_child
from hub.bookings.slot_counters import lock_slots, release, seat
from hub.bookings.waiting_list.actions import end_waiting_for_begun_series, serve_waiting_list
from hub.db import db
from hub.refusals import Refused
from hub.timetable.models import Slot


def mark_arrival(booking: Booking, by: Actor) -> None:
    """Check a person in. Raises Refused if their place was given on and none is left."""
    _look(booking)
    if booking.state is BookingState.NO_SHOW:
        _take_back_no_show(booking, by)
    if not booking.is_confirmed:
        raise Refused(_("只有约好的才能签到。"))
    if by.now < booking.starts_at - EARLIEST_CHECK_IN:
        raise Refused(_("还没到时候，开始前两小时才能签到。"))
    if db.session.get(Arrival, booking.id) is None:
        db.session.add(Arrival(booking_id=booking.id, at=by.now, account_id=by.account_id))
        record_all("arrive", [booking], by.account_id)


def take_back_arrival(booking: Booking, by: Actor) -> None:
    """Undo a mistaken check-in."""
    _look(booking)
    arrived = Arrival.booking_id == booking.id
    if db.session.scalar(delete(Arrival).where(arrived).returning(Arrival.booking_id)):
        record_all("take_back_arrival", [booking], by.account_id)


def mark_no_show(booking: Booking, by: Actor) -> None:
    """Record that a person did not come. Raises Refused before the start and after a check-in."""
    _look(booking)
    if booking.state is BookingState.NO_SHOW:
        return
    if not booking.is_confirmed or by.now < booking.starts_at:
        raise Refused(_("开始以后才能记没来，而且要是约好的。"))
    if db.session.get(Arrival, booking.id) is not None:
        raise Refused(_("已经签到了，不能记没来。"))
    release([booking], BookingState.NO_SHOW, now=by.now)
    db.session.flush()
    record_all("no_show", [booking], by.account_id)


def excuse(booking: Booking, reason: str, by: Actor) -> None:
    """Excuse a no-show for this reason; a pause that it caused ends. Raises Refused."""
    _look(booking)
    if booking.state is not BookingState.NO_SHOW:
        raise Refused(_("只有记了没来的，才能这样改。"))
    if db.session.get(Excuse, booking.id) is None:
        db.session.add(
            Excuse(
                booking_id=booking.id,
                centre_id=booking.slot.centre_id,
                at=by.now,
                account_id=by.account_id,
                reason=reason,
            )
        )
        record_all("excuse", [booking], by.account_id)


def release_late_places(slot: Slot, *, now: datetime) -> int:
    """Give on the places of those who are not here when the grace is over; return how many.

    Only where the desk has checked somebody in: where it does not, nobody can be missing.
    """
    lock_slots(slot)
    slot.late_released_at = now
    db.session.flush()
    if slot.series_id:
        end_waiting_for_begun_series(slot, now=now)
    confirmed = Booking.slot_id == slot.id, Booking.state == BookingState.CONFIRMED
    came = exists().where(Arrival.booking_id == Booking.id)
    if slot.is_open and db.session.scalar(select(Booking.id).where(*confirmed, came).limit(1)):
        missing = db.session.scalars(select(Booking).where(*confirmed, ~came)).all()
        release(missing, BookingState.NO_SHOW, now=now)
        db.session.flush()
        record_all("no_show", missing, None)
        return len(missing)
    return 0


def ask_leave(booking: Booking, by: Actor) -> None:
    """Leave one date of a whole 期 to others, in time, so that it does not count as missed."""
    _look(booking)
    rules.check_may_leave(booking, by.now)
    release([booking], BookingState.ON_LEAVE, now=by.now)
    db.session.flush()
    record_all("leave", [booking], by.account_id)
    serve_waiting_list(booking.slot, by=by)


def take_back_leave(booking: Booking, by: Actor) -> None:
    """Take back a leave. Raises Refused if the place has been given to somebody else."""
    _look(booking)
    rules.check_may_return(booking, by.now)
    persons = [booking.person] if booking.person else []
    check_persons(
        [booking.slot], persons, by.now, by_staff=True
    )  # they had it before: pauses do not count
    for person in persons:  # but what was booked instead meanwhile does
        kept = bookings_of_household(booking.household_id, booking.slot, by.now)
        others = [one for one in kept if (one.party, one.person_id) != (booking.party, person.id)]
        kind_id = booking.slot.activity.kind_id
        household_limits.check_quota(booking.slot, kind_id, person.id, person.name, others)
    check_same_child([booking.slot], persons, by)
    if not seat([booking], now=by.now):
        raise Refused(_("这一次的名额已经给了别人。"))
    db.session.flush()
    record_all("take_back_leave", [booking], by.account_id)


def _take_back_no_show(booking: Booking, by: Actor) -> None:
    if person := booking.person:  # they may have booked something else at the same time
        kept = bookings_of_household(booking.household_id, booking.slot, by.now)
        household_limits.check_free(booking.slot, person.id, person.name, kept)
        check_same_child([booking.slot], [person], by)
    if not seat([booking], now=by.now, from_desk=True, is_next=True):
        raise Refused(_("来晚了，名额已经给了别人。"))


def _look(booking: Booking) -> None:
    """Lock the slot, then read what has become of the booking meanwhile."""
    lock_slots(booking.slot)
    db.session.refresh(booking)
