"""Acts on whole 期 for the tests."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select

from hub import clock as the_clock
from hub.actor import Actor, Channel
from hub.bookings.models import Booking
from hub.bookings.single_slot.actions import book
from hub.bookings.waiting_list.models import Offer
from hub.db import db, transaction
from hub.families.models import Guardian
from hub.families.queries import my_persons
from hub.timetable.models import Slot
from tests.aliases import Clock
from tests.bookings.series.whole import (
    DATES,
    booking_on,
    cancel_enrolment,
)
from tests.makers import tomorrow

CONFIRMED, WAITING, OFFERED = ["confirmed"] * DATES, ["waiting"] * DATES, ["offered"] * DATES
Family = tuple[int, list[int]]


def act_on(
    app: Flask,
    booking_id: int,
    act: Callable[..., Any],
    channel: Channel = Channel.WEB,
    **given: Any,
) -> Any:
    """One act on one booking, in a transaction of its own."""
    with app.test_request_context(), transaction():
        booking = db.session.get_one(Booking, booking_id)
        return act(booking, by=Actor(booking.made_by_id, the_clock.now(), channel), **given)


def give_up(app: Flask, number: str) -> None:
    act_on(app, booking_on(app, number, 0), cancel_enrolment)


def answer(app: Flask, number: str, act: Callable[..., bool]) -> bool:
    with app.test_request_context(), transaction():
        offer = db.session.scalars(
            select(Offer)
            .join(Booking, Booking.party == Offer.party)
            .where(Booking.number == number, Offer.answered_at.is_(None))
        ).one()
        return act(offer, Actor(None, the_clock.now()))


def book_date(app: Flask, slot_id: int, family: Family, **given: Any) -> str:
    account_id, person_ids = family
    with app.test_request_context(), transaction():
        account = db.session.get_one(Guardian, account_id).account
        [person] = my_persons(account, person_ids, lock=True)
        slot = db.session.get_one(Slot, slot_id)
        made = book(slot, person, by=Actor(account_id, the_clock.now(), **given))
        return made.number


def booked(app: Flask) -> int:
    with app.app_context():
        return len(db.session.scalars(select(Booking.id)).all())


def begin(clock: Clock) -> None:
    """The first date has begun; the others are to come."""
    clock.move_to(tomorrow(14))
