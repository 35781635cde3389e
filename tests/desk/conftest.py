"""The desk of the cast's centre: slots full of people, and what came of an act."""

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

NumberOf = Callable[[str], str]


class Desk:
    """The cast's centre: fill its slots, and look up what the database says afterwards."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self._app, self._cast = app, cast

    def fill(
        self,
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
        """Save a slot of the centre with so many people in it and waiting; return its id."""
        with self._app.app_context():
            activity = db.session.get_one(Activity, self._cast.activity)
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

    def change_centre(self, act: Callable[[Centre], Any]) -> None:
        """Let a function put something right (or wrong) at the centre, and save it."""
        with self._app.app_context():
            act(db.session.get_one(Centre, self._cast.centre))
            db.session.commit()

    def reads(self) -> list[tuple[int, str, int, int]]:
        """Return who looked at personal data, on which page, about how many persons."""
        with self._app.app_context():
            entries = db.session.scalars(select(ReadEntry).order_by(ReadEntry.id))
            return [
                (entry.account_id, entry.subject, entry.subject_id, entry.persons)
                for entry in entries
            ]

    def number_of(self, name: str) -> str:
        """Return the number of the latest booking of the person with this name."""
        with self._app.app_context():
            of_name = select(Booking.number).join(Booking.person).where(Person.name == name)
            return db.session.scalars(of_name.order_by(Booking.id.desc())).first() or ""

    def state_of(self, number: str) -> str:
        """Return the state of the booking with this number."""
        with self._app.app_context():
            return db.session.scalars(select(Booking.state).where(Booking.number == number)).one()

    def counters_of(self, slot_id: int) -> tuple[int, int, int]:
        """Return places left, places for the desk and persons waiting, once all adds up."""
        with self._app.app_context():
            assert list(inconsistencies()) == []
            slot = db.session.get_one(Slot, slot_id)
            return slot.places_left, slot.desk_places, slot.waiting

    def told(self) -> list[str]:
        """Return what families were told, in order."""
        with self._app.app_context():
            return list(db.session.scalars(select(Notice.text).order_by(Notice.id)))

    def done(self) -> list[tuple[str, int | None]]:
        """Return what was written into the audit: the act and who did it."""
        with self._app.app_context():
            entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
            return [(entry.act, entry.account_id) for entry in entries]


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    return Desk(app, cast)


def _room_named(name: str, centre: Centre, holds: int | None) -> Room:
    found = select(Room).where(Room.centre_id == centre.id, Room.name == name)
    return db.session.scalar(found) or a_room(centre, name=name, capacity=holds)
