"""Days full of slots, and slots full of people, at the centre of the cast."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub.audit import ReadEntry
from hub.bookings.models import BookingState
from hub.catalogue.models import Activity, Centre, Room
from hub.db import db
from tests.cast import Cast
from tests.makers import a_booking, a_child, a_guardian, a_household, a_room, a_slot, an_activity

Fill = Callable[..., int]
Reads = Callable[[], list[tuple[int, str, int, int]]]


@pytest.fixture
def fill(app: Flask, cast: Cast) -> Fill:
    """Save a slot of the cast's centre with so many people in it and waiting; get its id."""

    def save(
        starts_at: datetime,
        confirmed: int = 0,
        waiting: int = 0,
        *,
        name: str = "",
        title: str = "",
        room: str = "",
        room_holds: int | None = None,
        **given: Any,
    ) -> int:
        with app.app_context():
            activity = db.session.get_one(Activity, cast.activity)
            if title:
                activity = an_activity(activity.centre, title=title)
            capacity = given.pop("capacity", confirmed + 2)
            if room:
                given["room"] = _room_named(room, activity.centre, room_holds)
            slot = a_slot(
                activity,
                starts_at=starts_at,
                capacity=capacity,
                places_left=capacity - confirmed,
                **given,
            )
            db.session.add(slot)
            for turn in range(confirmed + waiting):
                household = a_household()
                child = a_child(household, **({"name": f"{name}{turn + 1}"} if name else {}))
                state = BookingState.CONFIRMED if turn < confirmed else BookingState.WAITING
                db.session.add_all(
                    [a_guardian(household), child, a_booking(slot, child, state=state)]
                )
                db.session.flush()  # in this order: whoever waits longest has the lowest id
            db.session.commit()
            return slot.id

    return save


@pytest.fixture
def change_centre(app: Flask, cast: Cast) -> Callable[[Callable[[Centre], Any]], None]:
    """Let a function put something right (or wrong) at the cast's centre, and save it."""

    def change(act: Callable[[Centre], Any]) -> None:
        with app.app_context():
            act(db.session.get_one(Centre, cast.centre))
            db.session.commit()

    return change


@pytest.fixture
def reads(app: Flask) -> Reads:
    """Who looked at personal data, on which page, about how many persons."""

    def all_of_them() -> list[tuple[int, str, int, int]]:
        with app.app_context():
            entries = db.session.scalars(select(ReadEntry).order_by(ReadEntry.id))
            return [
                (entry.account_id, entry.subject, entry.subject_id, entry.persons)
                for entry in entries
            ]

    return all_of_them


def _room_named(name: str, centre: Centre, holds: int | None) -> Room:
    found = select(Room).where(Room.centre_id == centre.id, Room.name == name)
    return db.session.scalar(found) or a_room(centre, name=name, capacity=holds)
