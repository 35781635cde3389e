"""The place of somebody who was checked in is not given up at home: the desk looks first."""

from datetime import timedelta

import pytest
from flask import Flask

from hub import clock as clocks
from hub.actor import Actor, Channel
from hub.bookings.attendance.actions import mark_arrival, take_back_arrival
from hub.bookings.models import Booking
from hub.db import db, transaction
from tests.aliases import Book, Clock, Make
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import tomorrow


@pytest.fixture
def number(
    app: Flask, mother: Browser, cast: Cast, clock: Clock, a_place: Make, booked: Book
) -> str:
    """A booking that may be cancelled until it starts, an hour before; 小满 was checked in."""
    slot = a_place(cancel_until=tomorrow(14))
    number = booked(slot, cast.mother, cast.xiaoman)
    clock.move_to(tomorrow(14) - timedelta(hours=1))
    at_the_desk(app, cast, number, "mark")
    return number


def at_the_desk(app: Flask, cast: Cast, number: str, act: str) -> None:
    acts = {"mark": mark_arrival, "take back": take_back_arrival}
    with app.app_context(), transaction():
        booking = db.session.query(Booking).filter_by(number=number).one()
        acts[act](booking, Actor(cast.clerk, clocks.now(), Channel.DESK))


def state(app: Flask, number: str) -> str:
    with app.app_context():
        return db.session.query(Booking).filter_by(number=number).one().state.value


@pytest.mark.parametrize("way", ["cancellation", "move"])
def test_the_press_is_not_offered_and_is_refused_from_an_old_tab(
    app: Flask, mother: Browser, cast: Cast, number: str, a_place: Make, way: str
) -> None:
    at_the_desk(app, cast, number, "take back")
    a_place(starts_at=clocks.now() + timedelta(days=1))
    old_tab = mother.visit(f"/bookings/{number}/{way}")
    at_the_desk(app, cast, number, "mark")
    page = mother.visit(f"/bookings/{number}")
    assert "取消预约" not in page.links
    assert "改到别的场次" not in page.links
    answers = {"slot": old_tab.form(way).choices["slot"][0]} if way == "move" else {}
    refused = mother.submit(old_tab, 422, form=way, **answers)
    assert "已经签到了。有变动请找前台。" in refused.text
    assert state(app, number) == "confirmed"


def test_a_mistaken_check_in_that_is_undone_gives_the_choice_back(
    app: Flask, mother: Browser, cast: Cast, number: str
) -> None:
    at_the_desk(app, cast, number, "take back")
    page = mother.visit(f"/bookings/{number}/cancellation")
    mother.submit(page, form="cancellation")
    assert state(app, number) == "cancelled"
