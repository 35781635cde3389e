"""A whole 期 for the tests, and what became of the people who wanted it."""

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from hub import clock
from hub.actor import Actor
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import Booking
from hub.bookings.party import dates_given_up
from hub.bookings.series.actions import enrol
from hub.bookings.single_slot.actions import cancel_all
from hub.catalogue.models import Activity
from hub.db import db, transaction
from hub.families.models import Guardian
from hub.families.queries import my_persons
from hub.timetable.actions import make_series
from hub.timetable.queries import slots_of_series
from hub.timetable.recurrence import Occurrence
from tests.makers import a_child, a_guardian, a_room, an_activity, tomorrow

DATES = 4
WEEK = timedelta(days=7)


def a_whole(app: Flask, capacity: int = 2, count: int = DATES, **policy: Any) -> int:
    """A 期 of an activity of its own: weekly from tomorrow 14:00 on, open for booking."""
    with app.test_request_context():
        activity = an_activity(**{"opens_days_before": 28} | policy)
        db.session.add(activity)
        return whole_of(activity, "第1期", capacity, count)


def whole_of(
    activity: Activity, name: str, capacity: int = 2, count: int = DATES, **given: Any
) -> int:
    """A 期 of this activity; `weeks` later than tomorrow, in a room of its own."""
    later = WEEK * given.pop("weeks", 0)
    starts = [tomorrow(14) + later + WEEK * number for number in range(count)]
    dates = [Occurrence(start, start + timedelta(minutes=90)) for start in starts]
    room = a_room(activity.centre)
    db.session.add(room)
    db.session.flush()
    slots = make_series(activity, name, dates, room, None, capacity, is_whole=True, **given)
    db.session.commit()
    series_id = slots[0].series_id
    assert series_id
    return series_id


def a_family(app: Flask, children: int = 1) -> tuple[int, list[int]]:
    """A guardian's account and the children of the household."""
    with app.app_context():
        guardian = a_guardian()
        persons = [a_child(guardian.household) for _ in range(children)]
        db.session.add_all([guardian, *persons])
        db.session.commit()
        return guardian.account_id, [person.id for person in persons]


def enrol_family(app: Flask, series_id: int, family: tuple[int, list[int]], **given: Any) -> str:
    """Enrol them; the number of the first booking."""
    account_id, person_ids = family
    with app.test_request_context():
        guardian = db.session.get_one(Guardian, account_id)
        account = guardian.account
        with transaction():
            booked = enrol(
                slots_of_series(series_id),
                my_persons(account, person_ids, lock=True),
                by=Actor(account_id, clock.now(), **given),
            )
            return booked[0].number


def states(app: Flask, number: str) -> list[str]:
    """What became of all that was booked together with this number, by date and person."""
    with app.app_context():
        party = select(Booking.party).where(Booking.number == number).scalar_subquery()
        together = select(Booking).where(Booking.party == party)
        rows = db.session.scalars(together.order_by(Booking.starts_at, Booking.id))
        return [booking.state.value for booking in rows]


def places(app: Flask, series_id: int) -> list[tuple[int, int]]:
    """(places left, waiting) of each date; everything must add up."""
    with app.app_context():
        assert list(inconsistencies()) == []
        return [(slot.places_left, slot.waiting) for slot in slots_of_series(series_id)]


def date_ids(app: Flask, series_id: int) -> list[int]:
    with app.app_context():
        return [slot.id for slot in slots_of_series(series_id)]


def booking_on(app: Flask, number: str, date: int) -> int:
    """The id of the first person's booking on the so-manieth date, of those together with it."""
    with app.app_context():
        party = select(Booking.party).where(Booking.number == number).scalar_subquery()
        together = select(Booking.id).where(Booking.party == party)
        return list(db.session.scalars(together.order_by(Booking.starts_at, Booking.id)))[date]


def cancel_enrolment(booking: Booking, by: Actor) -> bool:
    """Give up all dates to come that were booked for this person together with this one."""
    party = db.session.scalars(select(Booking).where(Booking.party == booking.party)).all()
    together = dates_given_up(booking, party, by.now)
    return cancel_all(together, by)
