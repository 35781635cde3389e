"""What a desk and families do in the tests of failures, each in a transaction of its own."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as the_clock
from hub.actor import Actor, Channel
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import HOLDING, Booking, BookingState
from hub.bookings.queries import slot_or_404
from hub.bookings.single_slot.actions import book_party, cancel, cancel_all
from hub.bookings.slot_changes import actions as slot_changes
from hub.bookings.waiting_list.models import Offer
from hub.db import db, transaction
from hub.families.models import Person
from hub.notices.models import Notice
from hub.timetable.models import Slot
from tests.cast import Cast
from tests.makers import a_child, a_guardian, a_slot, an_activity

WAITING, OFFERED, CONFIRMED = BookingState.WAITING, BookingState.OFFERED, BookingState.CONFIRMED


TICK = timedelta(microseconds=1)


class Desk:
    """What the tests do and see, each act a transaction of its own."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app, self.cast = app, cast

    def a_slot(self, **given: Any) -> int:
        """A slot of the cast's centre, in a room of its own."""
        with self.app.app_context():
            activity = an_activity(**given.pop("activity", {}))
            slot = a_slot(activity, **given)
            db.session.add(slot)
            db.session.commit()
            return slot.id

    def do(self, act: Callable[[], Any]) -> Any:
        with self.app.test_request_context(), transaction():
            return act()

    def book(self, slot_id: int, *persons: int, **given: Any) -> str:
        """The number of the first."""

        def act() -> str:
            whom = [db.session.get_one(Person, person) for person in persons]
            account_id = given.pop("account_id", self.cast.mother)
            by = Actor(account_id, the_clock.now(), **given)
            booked = book_party(slot_or_404(slot_id), whom, by)
            return booked[0].number

        return str(self.do(act))

    def book_strangers(self, slot_id: int, *sizes: int) -> list[list[str]]:
        """A family for each size, all of its children together; their numbers."""
        families = []
        for size in sizes:
            with self.app.app_context():
                guardian = a_guardian()
                children = [a_child(guardian.household) for _ in range(size)]
                db.session.add_all([guardian, *children])
                db.session.commit()
                account, persons = guardian.account_id, [child.id for child in children]
            first = self.book(slot_id, *persons, account_id=account)
            families.append(self.party(first))
        return families

    def party(self, number: str) -> list[str]:
        with self.app.app_context():
            mine = select(Booking.number).where(Booking.party == number).order_by(Booking.id)
            return list(db.session.scalars(mine))

    def to(self, number: str, act: Callable[[Booking], Any]) -> Any:
        return self.do(lambda: act(_booking(number)))

    def cancel(self, *numbers: str) -> Any:
        def act() -> Any:
            bookings = [_booking(number) for number in numbers]
            return cancel_all(bookings, by=Actor(self.cast.clerk, the_clock.now()))

        return self.do(act)

    def resize(self, slot_id: int, capacity: int, *to_waiting_list: str) -> None:
        self.do(
            lambda: slot_changes.change_capacity(
                db.session.get_one(Slot, slot_id),
                capacity,
                by=Actor(self.cast.clerk, the_clock.now()),
                to_waiting_list=[_booking(number) for number in to_waiting_list],
            )
        )

    def answer(self, number: str, say: Any) -> Any:
        def act() -> Any:
            still_open = Offer.party == _booking(number).party, Offer.answered_at.is_(None)
            offer = db.session.scalars(select(Offer).where(*still_open)).one()
            return say(offer, by=Actor(None, the_clock.now()))

        return self.do(act)

    def states(self, *numbers: str) -> list[str]:
        with self.app.app_context():
            assert list(inconsistencies()) == []
            return [_booking(number).state.value for number in numbers]

    def left(self, slot_id: int) -> int:
        with self.app.app_context():
            return db.session.get_one(Slot, slot_id).places_left

    def messages(self) -> list[str]:
        with self.app.app_context():
            return list(db.session.scalars(select(Notice.text).order_by(Notice.id)))


def _booking(number: str) -> Booking:
    return db.session.scalars(select(Booking).where(Booking.number == number)).one()


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    return Desk(app, cast)


def _do(app: Flask, act: Callable[[], Any]) -> Any:
    with app.test_request_context(), transaction():
        return act()


def _slot(slot_id: int) -> Slot:
    return db.session.get_one(Slot, slot_id)


def _on(number: str, date: int) -> Booking:
    party = select(Booking.party).where(Booking.number == number).scalar_subquery()
    dates = select(Booking).where(Booking.party == party).order_by(Booking.starts_at, Booking.id)
    return list(db.session.scalars(dates))[date]


def _cancel_one(app: Flask, number: str, date: int, account_id: int) -> None:
    cancel(_on(number, date), by=Actor(account_id, the_clock.now(), channel=Channel.DESK))


def _holder(app: Flask, slot_id: int) -> int:
    with app.app_context():
        held = Booking.slot_id == slot_id, Booking.state.in_(HOLDING)
        return db.session.scalars(select(Booking.id).where(*held)).one()


def _take_back(slot_id: int, booking_id: int, staff: Actor) -> None:
    booking = db.session.get_one(Booking, booking_id)
    slot_changes.change_capacity(_slot(slot_id), 0, to_waiting_list=[booking], by=staff)
