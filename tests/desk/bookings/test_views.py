"""Giving up, moving to another slot, moving up in the line: what the desk does for a family."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub.bookings.models import Booking
from hub.bookings.waiting_list.models import Reordering
from hub.db import db
from tests.browser import Browser
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.desk.day.test_views import in_order
from tests.makers import tomorrow

Together = Callable[[str, str], None]


@pytest.fixture
def together(app: Flask) -> Together:
    """Make one party, of one household, of the bookings with these numbers."""

    def join(first: str, second: str) -> None:
        with app.app_context():
            of = {
                booking.number: booking
                for booking in db.session.scalars(
                    select(Booking).where(Booking.number.in_([first, second]))
                )
            }
            of[second].party = first
            of[second].household_id = of[first].household_id
            db.session.commit()

    return join


def test_the_desk_cancels_for_a_family_and_the_next_is_asked(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    slot_id = desk.fill(tomorrow(14), confirmed=2, waiting=1, capacity=2, name="小宝")
    number = desk.number_of("小宝1")
    page = browser.sign_in(cast.clerk).visit(f"/desk/bookings/{number}")
    ask = browser.visit(page.links["代为取消"])
    assert desk.done() == []
    roster = browser.submit(ask, form="/cancellation")
    assert "取消了，已经通知这一家。" in roster.text
    assert [desk.state_of(desk.number_of(f"小宝{turn}")) for turn in (1, 2, 3)] == [
        "cancelled", "confirmed", "offered",
    ]  # fmt: skip
    assert desk.counters_of(slot_id) == (0, 0, 0)
    assert ("cancel", cast.clerk) in desk.done()
    assert "候补到名额了" in desk.told()[0]
    assert "前台取消了小宝1" in desk.told()[1]
    # Twice is as good as once, nobody is told twice, and the clerk reads so.
    again = browser.submit(ask, form="/cancellation")
    assert "之前就不在了，这次什么也没改，也没有通知" in again.text
    assert "已经通知这一家" not in again.text
    assert len(desk.told()) == 2


@pytest.mark.parametrize("all_of_them", [True, False])
def test_a_party_is_cancelled_whole_or_one_by_one(
    desk: Desk, browser: Browser, cast: Cast, together: Together, all_of_them: bool
) -> None:
    desk.fill(tomorrow(14), confirmed=3, name="小宝")
    one, other = desk.number_of("小宝1"), desk.number_of("小宝2")
    together(one, other)
    browser.sign_in(cast.clerk)
    assert "一起约的" in browser.visit(f"/desk/bookings/{one}").text
    ask = browser.visit(f"/desk/bookings/{one}/cancellation")
    answers: dict[str, Any] = {"together": "y"} if all_of_them else {}
    browser.submit(ask, form="/cancellation", **answers)
    assert desk.state_of(one) == "cancelled"
    assert desk.state_of(other) == ("cancelled" if all_of_them else "confirmed")
    assert desk.state_of(desk.number_of("小宝3")) == "confirmed"


def test_a_place_is_exchanged_in_one_step(desk: Desk, browser: Browser, cast: Cast) -> None:
    old = desk.fill(tomorrow(14), confirmed=1, waiting=1, capacity=1, name="小宝")
    new = desk.fill(tomorrow(16), capacity=3, desk_places=1)
    full = desk.fill(tomorrow(18), confirmed=1, capacity=1)
    number = desk.number_of("小宝1")
    page = browser.sign_in(cast.clerk).visit(f"/desk/bookings/{number}")
    ask = browser.visit(page.links["改期"])
    assert in_order(ask.text, "16:00–17:30", "余 3 个", "18:00–19:30", "已满")
    assert str(full) not in ask.form("/move").choices["slot"]
    shown = browser.submit(ask, form="/move", slot=str(new))
    moved = desk.number_of("小宝1")
    assert moved != number
    assert shown.url == f"/desk/bookings/{moved}"
    assert in_order(shown.text, "改好了", "约上了", "16:00–17:30")
    assert (desk.state_of(number), desk.state_of(moved)) == ("cancelled", "confirmed")
    assert desk.counters_of(old) == (0, 0, 0), "the first who waits has the old place"
    assert desk.counters_of(new) == (2, 0, 0), "what is kept for the desk goes first"
    assert "前台替您改期了：小宝1" in desk.told()[-1]
    assert "恢复" not in browser.visit(f"/desk/bookings/{number}").text


def test_a_move_that_is_refused_leaves_all_as_it_was(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    old = desk.fill(tomorrow(14), confirmed=1, name="小宝")
    full = desk.fill(tomorrow(16), confirmed=1, capacity=1)
    other_activity = desk.fill(tomorrow(18), title="太极")
    browser.sign_in(cast.clerk)
    number = desk.number_of("小宝1")
    ask = browser.visit(f"/desk/bookings/{number}/move")
    sent = {"csrf_token": ask.form("/move").fields["csrf_token"]}
    address = f"/desk/bookings/{number}/move"
    assert "请选一场。" in browser.post(address, sent, 422).text
    for wrong in (full, other_activity, old, 999999, "x"):
        browser.post(address, sent | {"slot": str(wrong)}, 422)
    assert desk.state_of(number) == "confirmed"
    assert (desk.counters_of(old)[0], desk.counters_of(full)[0]) == (2, 0)


def test_somebody_is_moved_up_with_a_reason_that_is_kept(
    desk: Desk, browser: Browser, app: Flask, cast: Cast
) -> None:
    slot_id = desk.fill(tomorrow(14), confirmed=1, waiting=3, capacity=1, name="小宝")
    number = desk.number_of("小宝4")
    browser.sign_in(cast.clerk)
    ask = browser.visit(f"/desk/bookings/{number}/turn")
    assert "现在排第 3 位" in ask.text
    refused = browser.submit(ask, 422, form="/turn", reason=" ")
    assert "请写一句原因。" in refused.text
    assert in_order(browser.visit(f"/desk/slots/{slot_id}").text, "小宝2", "小宝3", "小宝4")
    assert desk.done() == []
    roster = browser.submit(ask, form="/turn", reason="上一场停办，  答应过优先")
    assert in_order(roster.text, "排到最前面了", "候补", "小宝4", "小宝2", "小宝3")
    assert desk.done() == [("move_up", cast.clerk)]
    with app.app_context():
        kept = db.session.scalars(select(Reordering)).one()
        assert (kept.reason, kept.account_id) == ("上一场停办， 答应过优先", cast.clerk)


def test_who_does_not_wait_is_not_moved_up(desk: Desk, browser: Browser, cast: Cast) -> None:
    desk.fill(tomorrow(14), confirmed=1, name="小宝")
    browser.sign_in(cast.clerk)
    ask = browser.visit(f"/desk/bookings/{desk.number_of('小宝1')}/turn")
    assert "不在候补里" in browser.submit(ask, 422, form="/turn", reason="请快").text
