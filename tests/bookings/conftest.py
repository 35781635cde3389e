"""Slots as the pages of bookings need them, with the strangers who fill them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock
from hub.actor import Actor
from hub.bookings.models import Booking, BookingState
from hub.bookings.single_slot.actions import book_party, cancel
from hub.bookings.waiting_list.models import Offer
from hub.catalogue.models import Activity
from hub.db import db, transaction
from hub.families.models import Person
from hub.timetable.models import Slot
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import a_booking, a_child, a_slot


@pytest.fixture
def a_place(app: Flask, cast: Cast) -> Callable[..., int]:
    """A slot of the cast's activity, with confirmed bookings of strangers for `taken` places."""

    def make(taken: int = 0, waiting: int = 0, **given: Any) -> int:
        with app.app_context():
            capacity = given.pop("capacity", 10)
            activity = db.session.get_one(Activity, cast.activity)
            slot = a_slot(activity, capacity=capacity, places_left=capacity - taken, **given)
            db.session.add(slot)
            rows = [a_booking(slot, a_child()) for _ in range(taken)]
            turns = [a_booking(slot, a_child(), state=BookingState.WAITING) for _ in range(waiting)]
            db.session.add_all([*rows, *turns])
            db.session.commit()
            return slot.id

    return make


@pytest.fixture
def fill_up(app: Flask) -> Callable[..., None]:
    """Let strangers take all that a slot has left, and wait."""

    def fill(slot_id: int, waiting: int = 0) -> None:
        with app.app_context():
            slot = db.session.get_one(Slot, slot_id)
            db.session.add_all(a_booking(slot, a_child()) for _ in range(slot.places_left))
            slot.places_left = 0
            turns = [a_booking(slot, a_child(), state=BookingState.WAITING) for _ in range(waiting)]
            db.session.add_all(turns)
            db.session.commit()

    return fill


@pytest.fixture
def mother(browser: Browser, cast: Cast) -> Browser:
    return browser.sign_in(cast.mother)


@pytest.fixture
def booked(app: Flask) -> Callable[..., str]:
    """Book these persons into a slot, all or none, and say the number of the first."""

    def make(slot_id: int, account_id: int, *person_ids: int, **more: Any) -> str:
        with app.app_context(), transaction():
            slot = db.session.get_one(Slot, slot_id)
            persons = [db.session.get_one(Person, person_id) for person_id in person_ids]
            made = book_party(slot, persons, by=Actor(account_id, clock.now(), **more))
            return made[0].number

    return make


@pytest.fixture
def give_up(app: Flask) -> Callable[..., None]:
    """Cancel a booking of this slot that is confirmed: the first who waits is asked."""

    def free(slot_id: int, account_id: int, places: int = 1) -> None:
        with app.app_context():
            for _ in range(places):
                with transaction():
                    held = Booking.slot_id == slot_id, Booking.state == BookingState.CONFIRMED
                    first = db.session.scalars(select(Booking).where(*held)).first()
                    assert first is not None
                    cancel(first, by=Actor(account_id, clock.now()))

    return free


@pytest.fixture
def offer_of(app: Flask) -> Callable[[str], str]:
    """The token of the last offer to the party of this number."""

    def find(number: str) -> str:
        with app.app_context():
            made = select(Offer.token).join(Booking, Booking.party == Offer.party)
            newest = made.where(Booking.number == number).order_by(Offer.id.desc())
            return db.session.scalars(newest).first() or ""

    return find
