"""The private address of a household's calendar; the caller holds the transaction."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import joinedload

from hub.actor import Actor
from hub.audit import record
from hub.bookings.models import Booking, BookingState
from hub.calendars.ics import IN_IT, can_be_shown
from hub.calendars.models import CalendarFeed
from hub.db import db, inserting
from hub.families.models import Household
from hub.timetable.models import Slot

PAST = timedelta(days=60)
# How long cancelled bookings stay in the feed: a calendar may not have asked for weeks.
CANCELLED_FOR = timedelta(weeks=6)
MOST = 500  # bookings; a household has a few dozen


def feed_of(household: Household) -> CalendarFeed | None:
    return db.session.get(CalendarFeed, household.id)


def feed_with(token: str) -> CalendarFeed | None:
    return db.session.scalar(select(CalendarFeed).where(CalendarFeed.token == token))


def make_feed(household: Household, by: Actor) -> None:
    """Give the household an address, if it has none yet."""
    values = {"household_id": household.id, "token": _token(), "made_at": by.now}
    made = inserting(CalendarFeed).values(values).on_conflict_do_nothing()
    _do("make_feed", made, household, by.account_id)


def renew_feed(household: Household, by: Actor) -> None:
    """Give the household another address; the old one shows nothing any more."""
    its = CalendarFeed.household_id == household.id
    renewed = update(CalendarFeed).where(its).values(token=_token(), made_at=by.now)
    _do("renew_feed", renewed, household, by.account_id)


def remove_feed(household: Household, by: Actor) -> None:
    """Remove the household's address."""
    removed = delete(CalendarFeed).where(CalendarFeed.household_id == household.id)
    _do("remove_feed", removed, household, by.account_id)


def bookings_in(feed: CalendarFeed, now: datetime) -> list[Booking]:
    """Return what the calendar of a feed holds, soonest first; one query."""
    cancelled = Booking.state == BookingState.CANCELLED, Booking.cancelled_at > now - CANCELLED_FOR
    rows = db.session.scalars(
        select(Booking)
        .where(
            Booking.household_id == feed.household_id,
            Booking.starts_at > now - PAST,
            or_(
                Booking.state.in_((*IN_IT, BookingState.ON_LEAVE)),
                cancelled[0] & cancelled[1],
            ),
        )
        .options(
            joinedload(Booking.slot).options(
                joinedload(Slot.activity),
                joinedload(Slot.centre),
                joinedload(Slot.room),
                joinedload(Slot.series),
            )
        )
        .order_by(Booking.starts_at, Booking.id)
        .limit(MOST)
    ).all()
    return [one for one in rows if can_be_shown(one)]


def _token() -> str:
    return secrets.token_urlsafe(32)


def _do(act: str, statement: Any, household: Household, account_id: int | None) -> None:
    """Run the statement, and record it only if it changed something."""
    if db.session.scalar(statement.returning(CalendarFeed.household_id)) is not None:
        record(act, household, account_id=account_id, household_id=household.id)
