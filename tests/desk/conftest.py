"""Days full of slots, and slots full of people, at the centre of the cast."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub.audit import AuditEntry, ReadEntry
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import Booking, BookingState
from hub.catalogue.models import Activity, Centre, Room
from hub.db import db
from hub.families.models import Person
from hub.notices.models import Notice
from hub.timetable.models import Slot
from tests.cast import Cast
from tests.makers import a_booking, a_child, a_guardian, a_household, a_room, a_slot, an_activity

Fill = Callable[..., int]
Reads = Callable[[], list[tuple[int, str, int, int]]]
NumberOf = Callable[[str], str]
StateOf = Callable[[str], str]
CountersOf = Callable[[int], tuple[int, int, int]]
Told = Callable[[], list[str]]
Done = Callable[[], list[tuple[str, int | None]]]


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
                places_left=capacity - confirmed - given.get("desk_places", 0),
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
                db.session.flush()  # in this order: the longest waiting have the lowest ids
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


@pytest.fixture
def number_of(app: Flask) -> Callable[[str], str]:
    """The number of the latest booking of the person with this name."""

    def look_up(name: str) -> str:
        with app.app_context():
            of_name = select(Booking.number).join(Booking.person).where(Person.name == name)
            return db.session.scalars(of_name.order_by(Booking.id.desc())).first() or ""

    return look_up


@pytest.fixture
def state_of(app: Flask) -> Callable[[str], str]:
    """How the booking with a number stands."""

    def look_up(number: str) -> str:
        with app.app_context():
            return db.session.scalars(select(Booking.state).where(Booking.number == number)).one()

    return look_up


@pytest.fixture
def counters_of(app: Flask) -> Callable[[int], tuple[int, int, int]]:
    """Places left, places kept for the desk and persons waiting, once all adds up."""

    def look_up(slot_id: int) -> tuple[int, int, int]:
        with app.app_context():
            assert list(inconsistencies()) == []
            slot = db.session.get_one(Slot, slot_id)
            return slot.places_left, slot.desk_places, slot.waiting

    return look_up


@pytest.fixture
def told(app: Flask) -> Callable[[], list[str]]:
    """What families were told, in order."""

    def all_of_it() -> list[str]:
        with app.app_context():
            return list(db.session.scalars(select(Notice.text).order_by(Notice.id)))

    return all_of_it


@pytest.fixture
def done(app: Flask) -> Callable[[], list[tuple[str, int | None]]]:
    """What was written into the audit: the act and who did it."""

    def all_of_it() -> list[tuple[str, int | None]]:
        with app.app_context():
            entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
            return [(entry.act, entry.account_id) for entry in entries]

    return all_of_it
