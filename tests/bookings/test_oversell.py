"""Oversell: however many book at the same moment, no more places are given than there are.

With real threads on real databases; the last class takes the guards out, and the places are sold
twice.
"""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from hub import clock
from hub.actor import Actor
from hub.bookings import queries
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import HOLDING, Booking
from hub.bookings.single_slot.actions import book, cancel
from hub.db import db, transaction
from hub.families.models import Guardian
from hub.families.queries import my_persons
from hub.timetable.models import Slot
from tests.aliases import Save
from tests.at_once import at_once
from tests.makers import a_booking, a_child, a_guardian, a_slot

PEOPLE, PLACES, WAITING = 40, 5, 10


def booking_for(slot_id: int, guardian: Guardian, person_id: int) -> Callable[[], str]:
    account = guardian.account

    def act() -> str:
        with transaction():
            [person] = my_persons(account, [person_id], lock=True)
            slot = queries.slot_or_404(slot_id)
            return book(slot, person, by=Actor(account.id, clock.now())).state.value

    return act


def people(app: Flask, count: int) -> list[tuple[Guardian, int]]:
    """So many guardians, each with a child: (guardian, person id)."""
    with app.app_context():
        guardians = [a_guardian() for _ in range(count)]
        children = [a_child(guardian.household) for guardian in guardians]
        db.session.add_all([*guardians, *children])
        db.session.commit()
        return [(one, child.id) for one, child in zip(guardians, children, strict=True)]


def seated(app: Flask, slot_id: int) -> int:
    holding = Booking.slot_id == slot_id, Booking.state.in_(HOLDING)
    with app.app_context():
        return db.session.scalars(select(func.count(Booking.id)).where(*holding)).one()


def miscounted(app: Flask) -> Any:
    with app.app_context():
        return list(inconsistencies())


def test_forty_people_and_five_places_give_five_bookings(app: Flask, saved: Save) -> None:
    slot = saved(a_slot(capacity=PLACES, waiting_limit=WAITING))
    ends = at_once(app, [booking_for(slot, *person) for person in people(app, PEOPLE)])
    assert ends == {"confirmed": 5, "waiting": 10, "refused": 25}
    assert seated(app, slot) == PLACES
    assert miscounted(app) == []


def test_one_family_pressing_ten_times_gets_one_booking(app: Flask, saved: Save) -> None:
    slot = saved(a_slot(capacity=PLACES))
    (family,) = people(app, 1)
    assert at_once(app, [booking_for(slot, *family)] * 10) == {"confirmed": 1, "refused": 9}
    assert seated(app, slot) == 1
    assert miscounted(app) == []


def test_cancelling_and_booking_at_once_leaves_no_free_place_beside_somebody_who_waits(
    app: Flask, saved: Save
) -> None:
    for _ in range(5):
        families = people(app, 12)
        slot = a_slot(capacity=4, places_left=0, waiting_limit=20)
        with app.app_context():
            slot.activity.centre.name += str(_)
            db.session.add(slot)
            holders = [a_booking(slot, child(person)) for _, person in families[:4]]
            db.session.add_all(holders)
            db.session.commit()
            slot_id, held = slot.id, [booking.id for booking in holders]

        def give_up(booking_id: int) -> Callable[[], str]:
            def act() -> str:
                with transaction():
                    booking = db.session.get_one(Booking, booking_id)
                    return str(cancel(booking, by=Actor(1, clock.now())))

            return act

        acts = [give_up(booking_id) for booking_id in held]
        acts += [booking_for(slot_id, *family) for family in families[4:]]
        at_once(app, acts)
        assert seated(app, slot_id) == 4
        assert miscounted(app) == []


def test_cancelling_the_same_booking_many_times_at_once_frees_one_place(app: Flask) -> None:
    ((_, person_id), (_, other_id)) = people(app, 2)
    with app.app_context():
        slot = a_slot(capacity=4, places_left=2)
        db.session.add(slot)
        booking = a_booking(slot, child(person_id))
        db.session.add_all([booking, a_booking(slot, child(other_id))])
        db.session.commit()
        slot_id, booking_id = slot.id, booking.id
    read = threading.Barrier(6)

    def act() -> str:
        with transaction():
            booking = db.session.get_one(Booking, booking_id)
            if db.engine.dialect.name == "postgresql":  # SQLite lets one writer in at a time
                read.wait(timeout=60)
            return str(cancel(booking, by=Actor(1, clock.now())))

    assert at_once(app, [act] * 6) == {"True": 1, "False": 5}
    assert seated(app, slot_id) == 1
    assert miscounted(app) == []


def child(person_id: int) -> Any:
    from hub.families.models import Person

    return db.session.get_one(Person, person_id)


class TestWithoutTheGuards:
    """What these races look like when the guard is taken out: the harness does see it."""

    def test_counting_before_inserting_seats_more_than_there_are_places(
        self, app: Flask, saved: Save
    ) -> None:
        slot_id = saved(a_slot(capacity=PLACES))
        everybody = people(app, PEOPLE)
        counted = threading.Barrier(PEOPLE)

        def count_then_insert(person_id: int) -> Callable[[], str]:
            def act() -> str:
                left = db.session.get_one(Slot, slot_id).places_left
                db.session.rollback()
                counted.wait(timeout=60)
                if left == 0:
                    return "refused"
                with transaction():
                    db.session.add(a_booking(db.session.get_one(Slot, slot_id), child(person_id)))
                    fewer = update(Slot).where(Slot.id == slot_id).values(places_left=left - 1)
                    db.session.execute(fewer)
                return "confirmed"

            return act

        at_once(app, [count_then_insert(person_id) for _, person_id in everybody])
        assert seated(app, slot_id) > PLACES
        assert miscounted(app) != []

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_looking_before_inserting_without_the_constraint_books_a_family_twice(
        self, app: Flask, saved: Save
    ) -> None:
        slot_id = saved(a_slot(capacity=PLACES))
        ((_, person_id),) = people(app, 1)
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(text("DROP INDEX uq_booking_live_slot_id_person_id"))
            connection.execute(text("DROP TRIGGER ex_booking_person_id_overlap_insert"))
        looked = threading.Barrier(10)

        def look_then_insert() -> str:
            here = Booking.slot_id == slot_id, Booking.person_id == person_id
            found = db.session.scalar(select(Booking.id).where(*here))
            db.session.rollback()
            looked.wait(timeout=60)
            if found:
                return "refused"
            with transaction():
                db.session.add(a_booking(db.session.get_one(Slot, slot_id), child(person_id)))
            return "confirmed"

        at_once(app, [look_then_insert] * 10)
        assert seated(app, slot_id) == 10
