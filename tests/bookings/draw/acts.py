"""Draws for the tests, and the steps that bring them on."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, insert, select

from hub import clock
from hub.accounts.models import Account
from hub.actor import Actor
from hub.bookings import queries
from hub.bookings.draw import actions as draws
from hub.bookings.draw.models import Draw, DrawEntry
from hub.bookings.draw.queries import draw_of
from hub.bookings.jobs.scheduled_jobs import (
    DRAW,
    FREEZE_DRAWS,
    ScheduledJob,
    perform,
)
from hub.bookings.models import Booking, BookingState
from hub.bookings.single_slot.actions import book_party
from hub.bookings.slot_counters import lock_slots
from hub.catalogue.models import Activity, Admission
from hub.db import db, transaction
from hub.families.models import Guardian, Person
from hub.notices.models import Notice
from hub.timetable.models import Slot
from tests.cast import Cast
from tests.makers import a_child, a_guardian, a_slot, tomorrow

ENTERED, WAITING = BookingState.ENTERED, BookingState.WAITING
CONFIRMED, CANCELLED = BookingState.CONFIRMED, BookingState.CANCELLED
NUMBER, SOURCE = "407", "福彩3D 第2026315期"


@pytest.fixture
def within(app: Flask) -> Iterator[None]:
    """Inside a request of the site, as actions are; what families are told is in Chinese."""
    with app.test_request_context(), force_locale("zh_Hans_CN"):
        yield


@pytest.fixture
def a_draw(app: Flask, cast: Cast) -> Callable[..., int]:
    """A slot of the cast's activity in five days whose entries are open for two days more."""

    def make(**given: Any) -> int:
        activity = db.session.get_one(Activity, cast.activity)
        starts_at = given.pop("starts_at", None) or tomorrow(14) + timedelta(days=4)
        usual = {
            "admission": Admission.DRAW,
            "starts_at": starts_at,
            "entries_until": starts_at - timedelta(days=3),
            "waiting_limit": 2,
        }
        slot = a_slot(activity, **usual | given)
        db.session.add(slot)
        db.session.commit()
        return slot.id

    return make


@pytest.fixture
def families(cast: Cast) -> Callable[..., list[list[int]]]:
    """Families with so many children each; the ids of their children."""

    def make(*sizes: int) -> list[list[int]]:
        made = []
        for size in sizes:
            guardian = a_guardian()
            children = [a_child(guardian.household) for _ in range(size)]
            db.session.add_all([guardian, *children])
            db.session.flush()
            made.append([child.id for child in children])
        db.session.commit()
        return made

    return make


def enter(slot_id: int, person_ids: list[int]) -> list[int]:
    """Book for all of them; the ids of the bookings."""
    with transaction():
        persons = [db.session.get_one(Person, one) for one in person_ids]
        whose = Guardian.household_id == persons[0].household_id
        account_id = db.session.scalars(select(Guardian.account_id).where(whose)).first()
        slot = queries.slot_or_404(slot_id)
        made = book_party(slot, persons, by=Actor(account_id or 0, clock.now()))
        return [booking.id for booking in made]


def somebody() -> int:
    """Any account."""
    return db.session.scalars(select(func.min(Account.id))).one()


def did(duty: ScheduledJob) -> int:
    """How many rows the worker did in one round of this duty."""
    return sum(perform(duty))


def freeze(slot_id: int, time: Any) -> None:
    time.move_to(fresh(Slot, slot_id).entries_until)
    assert did(FREEZE_DRAWS) == 1


def number(slot_id: int, spelling: str = NUMBER) -> None:
    with transaction():
        draw = the_draw(slot_id)
        draws.enter_number(draw, spelling, SOURCE, by=Actor(somebody(), clock.now()))


def drawn(slot_id: int, time: Any) -> None:
    """Frozen, numbered and drawn."""
    freeze(slot_id, time)
    number(slot_id)
    assert did(DRAW) == 1


def fresh(model: Any, row_id: int) -> Any:
    db.session.rollback()
    return db.session.get_one(model, row_id, populate_existing=True)


def the_draw(slot_id: int) -> Draw:
    found = draw_of(db.session.get_one(Slot, slot_id))
    assert found is not None
    return found


def states(booking_ids: list[int]) -> list[BookingState]:
    return [fresh(Booking, one).state for one in booking_ids]


def outcomes(slot_id: int) -> list[tuple[int, str]]:
    """The registrations in the drawn order, with what each got."""
    rows = select(DrawEntry).where(DrawEntry.draw_id == the_draw(slot_id).id)
    in_order = db.session.scalars(rows.order_by(DrawEntry.position)).all()
    assert [entry.position for entry in in_order] == [*range(1, len(in_order) + 1)]
    return [(entry.registration, entry.outcome) for entry in in_order]


def told() -> list[str]:
    return list(db.session.scalars(select(Notice.text).order_by(Notice.id)))


def clock_now() -> datetime:
    return clock.now()


def enter_whole(slot_ids: list[int], person_ids: list[int]) -> list[int]:
    """Enter a party for all dates, as the page of a whole 期 does."""
    from hub.bookings.single_slot.actions import new_bookings, save_new

    with transaction():
        slots = [db.session.get_one(Slot, one) for one in slot_ids]
        persons = [db.session.get_one(Person, one) for one in person_ids]
        made = new_bookings(slots, persons, by=Actor(somebody(), clock.now()))
        lock_slots(*slots)
        draws.enter(made, slots[0], clock.now())
        save_new("book", made, somebody())
        return [booking.id for booking in made]


def entered_in_bulk(slot_id: int, count: int) -> None:
    """So many families with one entry each, without going through the site."""
    with transaction():
        slot = db.session.get_one(Slot, slot_id)
        draws.promise(slot, clock.now())
        guardians = [a_guardian() for _ in range(count)]
        children = [a_child(guardian.household) for guardian in guardians]
        db.session.add_all([*guardians, *children])
        db.session.flush()
        rows = [
            {
                "number": f"{child.id:010d}",
                "party": f"{child.id:010d}",
                "slot_id": slot_id,
                "person_id": child.id,
                "household_id": child.household_id,
                "channel": "web",
                "state": ENTERED,
                "starts_at": slot.starts_at,
                "ends_at": slot.ends_at,
                "fee_fen": 0,
                "made_at": clock.now(),
            }
            for child in children
        ]
        db.session.execute(insert(Booking), rows)


def _states_here(slot_id: int) -> list[BookingState]:
    db.session.rollback()
    here = select(Booking.state).where(Booking.slot_id == slot_id).order_by(Booking.id)
    return list(db.session.scalars(here))
