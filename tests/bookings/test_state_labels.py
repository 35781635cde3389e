"""What became of a booking, said on its page: called off, missed, excused, expired, not drawn."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as clocks
from hub.actor import Actor
from hub.bookings.attendance import actions as attendance
from hub.bookings.models import Booking, BookingState, Ending
from hub.bookings.slot_changes import actions as slot_changes
from hub.bookings.waiting_list import actions as waiting_list
from hub.bookings.waiting_list.models import Offer
from hub.db import db, transaction
from hub.timetable.models import Slot
from tests.aliases import Book, Clock, Make
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import tomorrow


@pytest.fixture
def number(cast: Cast, a_place: Make, booked: Book) -> str:
    """小满's place of tomorrow at 14:00."""
    made: str = booked(a_place(), cast.mother, cast.xiaoman)
    return made


def of(number: str) -> Booking:
    return db.session.scalars(select(Booking).where(Booking.number == number)).one()


def test_called_off_says_why_and_leads_to_others(
    app: Flask, mother: Browser, cast: Cast, number: str, a_place: Make
) -> None:
    other = a_place(starts_at=tomorrow(18))
    with app.app_context(), transaction():
        slot = db.session.get_one(Slot, of(number).slot_id)
        slot_changes.call_off(slot, "停水", by=Actor(cast.manager, clocks.now()))
    page = mother.visit(f"/bookings/{number}")
    assert "这一场停办了" in page.text
    assert "停水" in page.text
    assert f"/slots/{other}" in page.hrefs
    assert "这一场停办了" in mother.visit("/bookings").text


def test_missed_says_how_to_be_excused_and_then_that_one_is(
    app: Flask, mother: Browser, cast: Cast, number: str, clock: Clock
) -> None:
    clock.move_to(tomorrow(15), tick=False)
    with app.app_context(), transaction():
        attendance.mark_no_show(of(number), by=Actor(cast.clerk, clocks.now()))
    assert "跟中心说一声" in mother.visit(f"/bookings/{number}").text
    with app.app_context(), transaction():
        attendance.excuse(of(number), "孩子发烧", by=Actor(cast.clerk, clocks.now()))
    page = mother.visit(f"/bookings/{number}")
    assert "不算这次没来" in page.text
    assert "孩子发烧" not in page.text


def test_an_offer_that_nobody_answered_says_so_and_leads_to_others(
    app: Flask,
    mother: Browser,
    cast: Cast,
    a_place: Make,
    fill_up: Callable[..., None],
    booked: Book,
    give_up: Callable[..., None],
) -> None:
    slot = a_place(capacity=1)
    fill_up(slot)
    turn = booked(slot, cast.mother, cast.xiaoman)
    give_up(slot, cast.other_mother)
    with app.app_context(), transaction():
        offer = db.session.scalars(select(Offer)).one()
        waiting_list.expire(offer, now=clocks.now() + timedelta(hours=3))
    page = mother.visit(f"/bookings/{turn}")
    assert "过时没有确认" in page.text
    assert "可以重新约" in page.text


@pytest.mark.parametrize(
    ("ending", "says"),
    [
        (Ending.FAMILY, "已取消"),
        (Ending.STAFF, "是工作人员取消的"),
        (Ending.DECLINED, "让给下一位"),
        (Ending.NOT_DRAWN, "没摇中"),
    ],
)
def test_cancelled_says_how_it_came(
    app: Flask, mother: Browser, number: str, ending: Ending, says: str
) -> None:
    with app.app_context(), transaction():
        booking = of(number)
        booking.state, booking.ending = BookingState.CANCELLED, ending
        booking.cancelled_at = clocks.now()
    page = mother.visit(f"/bookings/{number}")
    assert says in page.text
    assert "取消预约" not in page.links
    assert "看看别的场次" in page.links


def test_a_turn_says_that_smaller_parties_may_go_first_only_to_who_is_more_than_one(
    mother: Browser,
    cast: Cast,
    a_place: Make,
    fill_up: Callable[..., None],
    booked: Book,
) -> None:
    slot, other = a_place(capacity=1), a_place(capacity=1, starts_at=tomorrow(18))
    fill_up(slot)
    fill_up(other)
    alone = booked(slot, cast.mother, cast.xiaoman)
    both = booked(other, cast.mother, cast.xiaoman, cast.duoduo)
    assert "后面要得少的可以先补上" not in mother.visit(f"/bookings/{alone}").text
    assert "后面要得少的可以先补上" in mother.visit(f"/bookings/{both}").text
