"""How it was: said with one tap by who came, changed for two weeks, read by the manager only."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as clocks
from hub.accounts.models import Account
from hub.actor import Actor
from hub.bookings.feedback.actions import say
from hub.bookings.feedback.models import Feedback
from hub.bookings.models import Booking, BookingState, Ending
from hub.bookings.queries import my_booking
from hub.db import db, transaction
from hub.ops.retention import delete_expired
from tests.aliases import Book, Clock, Make
from tests.at_once import at_once
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import tomorrow

Said = Callable[[], list[tuple[bool, str, bool]]]


@pytest.fixture
def number(cast: Cast, a_place: Make, booked: Book, clock: Clock) -> str:
    """小满 was there: the slot is just over."""
    number: str = booked(a_place(), cast.mother, cast.xiaoman)
    clock.move_to(tomorrow(16))
    return number


@pytest.fixture
def said(app: Flask) -> Said:
    def look_up() -> list[tuple[bool, str, bool]]:
        with app.app_context():
            rows = db.session.scalars(select(Feedback).order_by(Feedback.booking_id))
            return [(row.is_glad, row.word, row.may_call) for row in rows]

    return look_up


def test_one_tap_on_the_proof_says_it_and_a_word_may_follow(
    mother: Browser, number: str, said: Said
) -> None:
    proof = mother.visit(f"/bookings/{number}")
    thanks = mother.submit(proof, form="/feedback", glad="y")
    assert said() == [(True, "", False)]
    assert "谢谢" in thanks.text
    mother.submit(thanks, form="/word", word="  老师\n很耐心 ", may_call="y")
    assert said() == [(True, "老师 很耐心", True)]


def test_my_bookings_asks_until_it_is_answered(mother: Browser, number: str) -> None:
    page = mother.visit("/bookings")
    mother.submit(page, form=f"/bookings/{number}/feedback", glad="n")
    assert not [form for form in mother.visit("/bookings").forms if "/feedback" in form.action]


def test_tapped_twice_and_thought_better_of_it_is_one_answer_that_keeps_its_word(
    mother: Browser, number: str, said: Said
) -> None:
    proof = mother.visit(f"/bookings/{number}")
    for _tap in range(2):
        thanks = mother.submit(proof, form="/feedback", glad="y")
    mother.submit(thanks, form="/word", word="很好")
    again = mother.visit(mother.visit(f"/bookings/{number}").links["改一改，或多说一句"])
    assert again.form("/word").fields["word"].strip() == "很好"
    mother.post(f"/bookings/{number}/feedback", {**again.form("/word").fields, "glad": "n"})
    assert said() == [(False, "很好", False)]


def test_taps_of_the_same_moment_are_one_answer(
    app: Flask, cast: Cast, number: str, said: Said
) -> None:
    def tap() -> None:
        with transaction():
            mother = db.session.get_one(Account, cast.mother)
            booking = my_booking(mother, number)
            say(booking, True, by=Actor(mother.id, clocks.now()))

    assert at_once(app, [tap] * 8) == {"None": 8}
    assert said() == [(True, "", False)]


def test_it_can_be_said_for_two_weeks_once_it_is_over(
    mother: Browser,
    cast: Cast,
    a_place: Make,
    booked: Book,
    said: Said,
    clock: Clock,
) -> None:
    ends_at = tomorrow(15, 30)
    number = booked(a_place(), cast.mother, cast.xiaoman)
    address, proof = f"/bookings/{number}/feedback", mother.visit(f"/bookings/{number}")
    sent = {**mother.visit("/family/persons/new").form("/new").fields, "glad": "y"}
    clock.move_to(ends_at - timedelta(seconds=1))
    assert not [form for form in proof.forms if "/feedback" in form.action]
    assert "还没有结束" in mother.post(address, sent, 422).text
    assert not [form for form in mother.visit("/bookings").forms if "/feedback" in form.action]
    clock.move_to(ends_at + timedelta(days=14, seconds=-1))
    mother.post(address, sent)
    clock.shift(timedelta(seconds=1))
    late = mother.post(address, {**sent, "glad": "n"}, 422)
    assert "两个星期以后" in late.text
    assert "两个星期以后" in mother.post(f"{address}/word", {**sent, "word": "x"}, 422).text
    assert said() == [(True, "", False)]


@pytest.mark.parametrize(
    "state", [BookingState.NO_SHOW, BookingState.ON_LEAVE, BookingState.CANCELLED]
)
def test_who_did_not_come_has_nothing_to_say(
    app: Flask, mother: Browser, number: str, said: Said, state: BookingState
) -> None:
    sent = mother.visit(f"/bookings/{number}").form("/feedback").fields
    with app.app_context(), transaction():
        booking = db.session.scalars(select(Booking).where(Booking.number == number)).one()
        booking.state = state
        if state is BookingState.CANCELLED:
            booking.cancelled_at, booking.ending = booking.made_at, Ending.CALLED_OFF
    page = mother.post(f"/bookings/{number}/feedback", {**sent, "glad": "y"}, 422)
    assert "来过的场次" in page.text
    assert said() == []
    assert not [form for form in mother.visit("/bookings").forms if "/feedback" in form.action]


def test_only_the_household_says_it(
    app: Flask, browser: Browser, cast: Cast, number: str, said: Said
) -> None:
    address = f"/bookings/{number}/feedback"
    assert browser.client.get(address).location == f"/sign-in?next={address}"
    for other in (cast.other_mother, cast.clerk, cast.manager):
        browser = Browser(app).sign_in(other)
        browser.visit(address, 404)
        sent = {
            **browser.visit("/family/persons/new").form("/new").fields,
            "glad": "n",
            "word": "x",
        }
        browser.post(address, sent, 404)
        browser.post(f"{address}/word", sent, 404)
    grandmother = Browser(app).sign_in(cast.grandmother)
    grandmother.submit(grandmother.visit(address), form="/feedback", glad="n")
    assert said() == [(False, "", False)]


def test_nothing_chosen_too_long_a_word_or_a_word_first_is_refused_and_stays_typed(
    mother: Browser, number: str, said: Said
) -> None:
    address = f"/bookings/{number}/feedback"
    page = mother.visit(address)
    assert "请选满意" in mother.post(address, page.form("/feedback").fields, 422).text
    sent = {**page.form("/feedback").fields, "word": "很好"}
    assert "请先选满意" in mother.post(f"{address}/word", sent, 422).text
    thanks = mother.submit(page, form="/feedback", glad="y")
    long = mother.submit(thanks, 422, form="/word", word="好" * 201)
    assert "最多 200 个字" in long.text
    assert long.form("/word").fields["word"].strip() == "好" * 201
    assert said() == [(True, "", False)]


def test_it_is_forgotten_after_half_a_year(
    app: Flask, mother: Browser, number: str, said: Said, clock: Clock
) -> None:
    mother.submit(mother.visit(f"/bookings/{number}"), form="/feedback", glad="y")
    clock.shift(timedelta(days=179))
    with app.app_context():
        list(delete_expired())
    assert said() != []
    clock.shift(timedelta(days=2))
    with app.app_context():
        list(delete_expired())
    assert said() == []


def test_many_bookings_that_are_over_cost_one_query_more(
    mother: Browser,
    cast: Cast,
    a_place: Make,
    booked: Book,
    clock: Clock,
    queries: list[str],
) -> None:
    booked(a_place(), cast.mother, cast.xiaoman)
    queries.clear()
    mother.visit("/bookings")
    before = len(queries)
    for hour in (8, 10, 12):
        booked(a_place(starts_at=tomorrow(hour)), cast.mother, cast.xiaoman)
    clock.move_to(tomorrow(20))
    mother.visit("/")  # after a day the session is renewed
    queries.clear()
    mother.visit("/bookings")
    assert len(queries) <= before + 1, queries
