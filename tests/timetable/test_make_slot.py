"""A slot is made with a copy of its activity's policy."""

from datetime import timedelta
from typing import Any

from flask import Flask

from hub import clock
from hub.catalogue.models import Audience
from hub.db import db
from hub.timetable.actions import make_slot
from hub.timetable.models import Slot
from tests.makers import a_room, an_activity, tomorrow


def saved_slot(app: Flask, **policy: Any) -> Slot:
    with app.app_context():
        activity = an_activity(**policy)
        room = a_room(activity.centre)
        db.session.add_all([activity, room])
        db.session.flush()
        slot = make_slot(activity, room, None, tomorrow(14), tomorrow(16), 12)
        db.session.commit()
        return db.session.get_one(Slot, slot.id, populate_existing=True)


def test_a_new_slot_is_open_and_all_its_places_are_free(app: Flask) -> None:
    slot = saved_slot(app)
    assert slot.is_open
    assert (slot.capacity, slot.places_left) == (12, 12)


def test_a_slot_copies_who_may_come_and_what_it_costs(app: Flask) -> None:
    policy = {
        "audience": Audience.CHILD_WITH_ADULT,
        "youngest_months": 6,
        "oldest_months": 17,
        "fee_fen": 500,
        "waiting_limit": 3,
    }
    slot = saved_slot(app, **policy)
    assert {name: getattr(slot, name) for name in policy} == policy


def test_booking_opens_at_midnight_and_ends_as_the_activity_says(app: Flask) -> None:
    slot = saved_slot(
        app, opens_days_before=14, closes_minutes_before=60, cancel_minutes_before=1440
    )
    midnight, _end = clock.day_bounds(clock.today() - timedelta(days=13))
    assert slot.opens_at == midnight
    assert slot.closes_at == tomorrow(13)
    assert slot.cancel_until == tomorrow(14) - timedelta(days=1)
