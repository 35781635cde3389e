"""Scheduled jobs for the tests: one of them done, and what came of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.jobs.scheduled_jobs import ScheduledJob, perform
from hub.bookings.models import Booking, BookingState
from hub.bookings.waiting_list.models import Offer
from hub.db import db
from hub.notices.models import Notice
from hub.timetable.models import Slot
from tests.makers import a_booking, a_child, a_guardian

OFFERED, WAITING, CONFIRMED = BookingState.OFFERED, BookingState.WAITING, BookingState.CONFIRMED
Saved = Callable[..., Any]


NOW = datetime.fromisoformat("2026-11-23T10:00+08:00")  # as tests.conftest stops the clock


START = datetime.fromisoformat("2026-11-24T14:00+08:00")  # of an ordinary slot of tests.makers


INSTANT = timedelta(microseconds=1)


MINUTE = timedelta(minutes=1)


def tomorrow(hour: int, minute: int = 0) -> datetime:
    """On the day after the tests' own, wherever the clock stands by now."""
    return START.replace(hour=hour, minute=minute)


@pytest.fixture(autouse=True)
def everything_adds_up(app: Flask) -> Iterator[None]:
    """After each of these tests, whatever was done at whatever moment."""
    yield
    with app.app_context():
        assert list(inconsistencies()) == []


def do(app: Flask, duty: ScheduledJob) -> int:
    """How many rows one worker does now."""
    with app.app_context(), force_locale("zh_Hans_CN"):
        return sum(perform(duty))


def a_family() -> Any:
    """A child that somebody with a phone looks after."""
    guardian = a_guardian()
    child = a_child(guardian.household)
    db.session.add(guardian)
    return child


def an_offer(slot: Slot, until: datetime) -> Offer:
    """A place of the slot that is held for a family until then."""
    booking = a_booking(slot, a_family(), state=OFFERED)
    db.session.add(booking)
    db.session.flush()
    token, made_at = f"token {booking.number}", until - timedelta(hours=2)
    offer = Offer(party=booking.party, slot=slot, token=token, made_at=made_at, until=until)
    offer.household_id = booking.household_id
    db.session.add(offer)
    return offer


def states(app: Flask, slot_id: int) -> Counter[str]:
    with app.app_context():
        of_slot = select(Booking.state).where(Booking.slot_id == slot_id)
        return Counter(state.value for state in db.session.scalars(of_slot))


def slot_of(app: Flask, slot_id: int) -> Slot:
    with app.app_context():
        return db.session.get_one(Slot, slot_id)


def told(app: Flask) -> list[str]:
    """What stands in the outbox, oldest first."""
    with app.app_context():
        return list(db.session.scalars(select(Notice.text).order_by(Notice.id)))
