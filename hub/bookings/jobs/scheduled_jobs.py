"""Scheduled jobs: what falls due without anybody pressing a button, one row at a time.

Any number of workers share it. 1. Find what is due, by an index. 2. Look at each row again under
its lock, in a transaction of its own. A worker that is killed leaves the row as it was, and one
that comes second finds nothing to do.
"""

import random
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, or_, select, text, update
from sqlalchemy.orm import joinedload

from hub import clock
from hub.actor import Actor
from hub.bookings import messages
from hub.bookings.attendance import actions as attendance
from hub.bookings.deadlines import LAST_CALL, MORNING, NIGHT, SPARE
from hub.bookings.draw import actions as draws
from hub.bookings.models import HOLDING, Booking, BookingState
from hub.bookings.slot_changes import actions as slot_changes
from hub.bookings.slot_counters import UNSYNCHRONISED, lock_slots
from hub.bookings.waiting_list import actions as waiting_list
from hub.bookings.waiting_list.models import Offer
from hub.bookings.waiting_list.queries import is_busy
from hub.catalogue.models import Admission
from hub.db import db, end_reading, transaction
from hub.timetable.models import DUE, Slot
from hub.web.language import CHINESE

BATCH = 200  # rows of one job in one round: no job waits long for another
# A later reminder is no use: too late to come in time or to give the place to somebody else.
TOO_LATE_TO_REMIND = timedelta(hours=2)
# Written as the indexes are: a database takes an index of some rows only where it can read, not
# where it would have to guess from a parameter, that no other rows are asked for.
_which = {name: text(which) for name, _instant, which in DUE}

Instant = SQLColumnExpression[datetime] | SQLColumnExpression[datetime | None]
OnFailure = Callable[[str, int, Exception], None]


@dataclass(frozen=True)
class ScheduledJob:
    """Which rows are due, and what is done to one; False if another worker was quicker."""

    name: str
    due: Callable[[datetime], Iterable[int]]
    do: Callable[[int, datetime], bool]


def perform(
    job: ScheduledJob,
    left_out: Container[tuple[str, int]] = (),
    on_failure: OnFailure | None = None,
) -> Iterator[int]:
    """Do what is due now; yield 1 for a row that was done, else 0, so that workers can stop.

    A row that fails is told to `on_failure`, if there is one, and does not stop the others.
    """
    rows = list(job.due(clock.now()))
    end_reading()
    random.shuffle(rows)  # else two workers would walk behind each other from row to row
    for row in rows:
        if (job.name, row) in left_out:
            continue
        try:
            with transaction():
                done = job.do(row, clock.now())
        except Exception as error:
            if on_failure is None:
                raise
            on_failure(job.name, row, error)
            done = False
        yield int(done)


def _offers_due(now: datetime) -> Iterable[int]:
    over = Offer.answered_at.is_(None), Offer.until <= now
    return db.session.scalars(select(Offer.id).where(*over).order_by(Offer.until).limit(BATCH))


def _expire_offer(offer_id: int, now: datetime) -> bool:
    return waiting_list.expire(db.session.get_one(Offer, offer_id), now=now)


def _desk_places_due(now: datetime) -> Iterable[int]:
    at = Slot.desk_release_at
    return db.session.scalars(_due("desk_release", at, at <= now))


def _release_desk_places(slot_id: int, now: datetime) -> bool:
    slot = _locked(slot_id)
    if not slot.desk_places or slot.desk_release_at is None or now < slot.desk_release_at:
        return False
    slot_changes.release_desk_places(slot, by=Actor(None, now))
    return True


def _waiting_lists_due(now: datetime) -> Iterable[int]:
    """Safety net: slots with free places and a waiting party that fits; normally empty.

    Whatever frees a place serves the waiting list in the same transaction. Slots where no party
    fits, or all that do have a place elsewhere at the time, are not due, so that they do not come
    up in every round.
    """
    fits = (
        select(Booking.party)
        .where(Booking.slot_id == Slot.id, Booking.state == BookingState.WAITING)
        .group_by(Booking.party)
        .having(func.sum(Booking.places) <= Slot.places_left)
        .having(func.count(Booking.id).filter(is_busy()) == 0)
        .correlate(Slot)
        .exists()
    )
    asked_in_time = or_(Slot.offer_minutes == 0, Slot.starts_at >= now + LAST_CALL)
    return db.session.scalars(
        _due(
            "waiting_list",
            Slot.starts_at,
            Slot.starts_at > now,
            asked_in_time,
            _gives_places(),
            fits,
        )
    )


def _serve_waiting_list(slot_id: int, now: datetime) -> bool:
    slot = _locked(slot_id)
    waiting = slot.waiting
    waiting_list.serve_waiting_list(slot, by=Actor(None, now))
    return slot.waiting < waiting


def _late_due(now: datetime) -> Iterable[int]:
    # A slot that is over has begun: without that bound all that is to come would be read as well.
    over = Slot.starts_at <= now, Slot.ends_at <= now
    yield from db.session.scalars(_due("late", Slot.starts_at, *over))
    begun = Slot.starts_at <= now, Slot.ends_at > now, Slot.grace_minutes.is_not(None)
    # Minutes in a column are added to an instant here, since each database spells that its way.
    when = (Slot.starts_at, Slot.ends_at, Slot.grace_minutes)
    running = _due("late", Slot.starts_at, *begun).add_columns(*when).limit(None)
    for slot_id, *times in db.session.execute(running):
        if _grace_until(*times) <= now:
            yield slot_id


def _release_late_places(slot_id: int, now: datetime) -> bool:
    slot = _locked(slot_id)
    until = _grace_until(slot.starts_at, slot.ends_at, slot.grace_minutes)
    if slot.late_released_at is not None or now < until:
        return False
    attendance.release_late_places(slot, now=now)
    return True


def _grace_until(starts_at: datetime, ends_at: datetime, grace_minutes: int | None) -> datetime:
    """Return until when a late person's place is kept; without a grace, to the end of the slot."""
    if grace_minutes is None:
        return ends_at
    return min(starts_at + timedelta(minutes=grace_minutes), ends_at)


def _minimums_due(now: datetime) -> Iterable[int]:
    # At the deadline itself a family may still cancel.
    passed = Slot.cancel_until < now
    return db.session.scalars(_due("minimum", Slot.cancel_until, passed, _gives_places()))


def _check_minimum(slot_id: int, now: datetime) -> bool:
    slot = _locked(slot_id)
    if slot.minimum_checked_at is not None or now <= slot.cancel_until:
        return False
    slot.minimum_checked_at = now
    if _persons(slot) < slot.minimum and now < _called_off_until(slot):
        with force_locale(CHINESE):
            reason = _("报名的不到 %(minimum)s 人，这次办不成。", minimum=slot.minimum)
        slot_changes.call_off(slot, reason, by=Actor(None, now))
    return True


def _persons(slot: Slot) -> int:
    """Return how many have a place, or gave one date of their 期 to others and keep the rest."""
    counted = Booking.slot_id == slot.id, Booking.state.in_((*HOLDING, BookingState.ON_LEAVE))
    return db.session.scalars(select(func.count(Booking.id)).where(*counted)).one()


def _called_off_until(slot: Slot) -> datetime:
    """Return the latest time a slot may be called off for too few bookings.

    People are not sent home on their way: a worker that was away for long is too late for that.
    """
    return slot.starts_at - min(SPARE, (slot.starts_at - slot.cancel_until) / 2)


def _reminders_due(now: datetime) -> Iterable[int]:
    """Return the slots of today and tomorrow to remind of, from 8:00 on; at night no phone rings.

    Those who book after the slot's reminder has gone out get none: they have just decided.
    """
    local = clock.local(now)
    if not MORNING <= local.time() < NIGHT:
        return []
    _midnight, end_of_tomorrow = clock.day_bounds(local.date() + timedelta(days=1))
    soon = Slot.starts_at > now + TOO_LATE_TO_REMIND, Slot.starts_at < end_of_tomorrow
    return db.session.scalars(_due("reminder", Slot.starts_at, *soon))


def _remind(slot_id: int, now: datetime) -> bool:
    claim = (
        update(Slot)
        .where(Slot.id == slot_id, Slot.reminded_at.is_(None))
        .where(Slot.starts_at > now + TOO_LATE_TO_REMIND)
        .values(reminded_at=now)
        .returning(Slot.id)
    )
    if db.session.scalar(claim, execution_options=UNSYNCHRONISED) is None:
        return False
    # Cancelling locks the slot as well: either it came before, or the family is reminded.
    slot = (joinedload(Slot.activity), joinedload(Slot.centre))
    confirmed = (
        select(Booking)
        .where(Booking.slot_id == slot_id, Booking.state == BookingState.CONFIRMED)
        .options(joinedload(Booking.person), joinedload(Booking.slot).options(*slot))
        .order_by(Booking.household_id, Booking.id)
    )
    for _household, bookings in groupby(
        db.session.scalars(confirmed), key=lambda booking: booking.household_id
    ):
        messages.tell_reminder(list(bookings), now)
    return True


def _due(name: str, instant: Instant, *conditions: ColumnElement[bool]) -> Select[int]:
    """Select the slots of one of the worker's indexes, the longest due first."""
    return select(Slot.id).where(_which[name], *conditions).order_by(instant, Slot.id).limit(BATCH)


def _gives_places() -> ColumnElement[bool]:
    """Condition: the slot gives places; a draw that is still to come gives none."""
    return or_(Slot.admission != Admission.DRAW, Slot.drawn_at.is_not(None))


def _locked(slot_id: int) -> Slot:
    slot = db.session.get_one(Slot, slot_id)
    lock_slots(slot)
    return slot


EXPIRE_OFFERS = ScheduledJob("expire offers", _offers_due, _expire_offer)
PROMISE_DRAWS = ScheduledJob("promise draws", draws.unpromised, draws.promise_one)
FREEZE_DRAWS = ScheduledJob("freeze draws", draws.to_freeze, draws.freeze_one)
DRAW = ScheduledJob("draw", draws.to_draw, draws.draw_one)
GIVE_UP_DRAWS = ScheduledJob("give up draws", draws.to_give_up, draws.give_up_one)
RELEASE_DESK_PLACES = ScheduledJob("release desk places", _desk_places_due, _release_desk_places)
SERVE_WAITING_LISTS = ScheduledJob("serve lines", _waiting_lists_due, _serve_waiting_list)
RELEASE_LATE_PLACES = ScheduledJob("give late places on", _late_due, _release_late_places)
CHECK_MINIMUMS = ScheduledJob("check minimums", _minimums_due, _check_minimum)
REMIND = ScheduledJob("remind", _reminders_due, _remind)
# What people wait for comes first.
SCHEDULED_JOBS = (
    EXPIRE_OFFERS,
    PROMISE_DRAWS,
    FREEZE_DRAWS,
    DRAW,
    GIVE_UP_DRAWS,
    RELEASE_DESK_PLACES,
    SERVE_WAITING_LISTS,
    RELEASE_LATE_PLACES,
    CHECK_MINIMUMS,
    REMIND,
)
