"""What the manager reads: who was moved up, excused, called off, by whom and why."""

from datetime import timedelta

import pytest
from flask import Flask

from hub.accounts.models import Account
from hub.db import db
from tests.aliases import Clock
from tests.browser import Browser
from tests.cast import Cast
from tests.desk.conftest import Desk, NumberOf
from tests.desk.day.test_views import at, in_order
from tests.makers import tomorrow


def reasons_of(cast: Cast) -> str:
    return f"/desk/centres/{cast.centre}/reasons"


@pytest.fixture
def slot_ids(desk: Desk) -> tuple[int, int]:
    """小宝3 waits tomorrow; 晚宝1 should be here since a quarter of an hour."""
    return (
        desk.fill(tomorrow(14), confirmed=1, waiting=2, capacity=1, name="小宝"),
        desk.fill(at(9, 45), confirmed=1, name="晚宝"),
    )


def give_reasons(browser: Browser, slot_ids: tuple[int, int], number_of: NumberOf) -> None:
    turn = browser.visit(f"/desk/bookings/{number_of('小宝3')}/turn")
    browser.submit(turn, form="/turn", reason="答应过优先")
    absence = browser.visit(f"/desk/bookings/{number_of('晚宝1')}/absence")
    browser.submit(absence, form="/absence")
    excuse = browser.visit(f"/desk/bookings/{number_of('晚宝1')}/excuse")
    browser.submit(excuse, form="/excuse", reason="孩子发烧")
    off = browser.visit(f"/desk/slots/{slot_ids[0]}/calling-off")
    browser.submit(off, form="/calling-off", reason="停水")


def test_every_reason_is_read_with_who_gave_it(
    desk: Desk, browser: Browser, app: Flask, cast: Cast, slot_ids: tuple[int, int]
) -> None:
    with app.app_context():
        db.session.get_one(Account, cast.manager).name = "周主任"
        db.session.commit()
    give_reasons(browser.sign_in(cast.manager), slot_ids, desk.number_of)
    before = len(desk.reads())
    page = browser.visit(browser.visit("/desk").links["往前排、不算没来和停办的原因"])
    assert page.url == reasons_of(cast)
    assert in_order(page.text, "小宝3", "答应过优先", "周主任", "晚宝1", "孩子发烧", "周主任")
    assert in_order(page.text, "停办的场次", "亲子绘本", "停水", "周主任")
    assert desk.reads()[before:] == [(cast.manager, "centre_reasons", cast.centre, 2)]


def test_a_quiet_centre_has_nothing_to_read(desk: Desk, browser: Browser, cast: Cast) -> None:
    page = browser.sign_in(cast.manager).visit(reasons_of(cast))
    assert in_order(page.text, "没有人被往前排", "还没有过", "没有停办过")
    assert desk.reads() == []


def test_what_is_long_ago_and_what_is_elsewhere_is_left_out(
    desk: Desk,
    browser: Browser,
    cast: Cast,
    slot_ids: tuple[int, int],
    clock: Clock,
) -> None:
    give_reasons(browser.sign_in(cast.administrator), slot_ids, desk.number_of)
    elsewhere = browser.visit(f"/desk/centres/{cast.other_centre}/reasons").text
    assert "答应过优先" not in elsewhere
    assert "停水" not in elsewhere
    assert "答应过优先" in browser.visit(reasons_of(cast)).text
    clock.shift(timedelta(days=61))
    later = browser.sign_in(cast.administrator).visit(reasons_of(cast)).text
    assert in_order(later, "没有人被往前排", "还没有过", "没有停办过")


@pytest.mark.parametrize("how_many", [2, 12])
def test_many_reasons_cost_no_more_queries(
    desk: Desk, browser: Browser, cast: Cast, queries: list[str], how_many: int
) -> None:
    desk.fill(
        tomorrow(14), confirmed=1, waiting=how_many, capacity=1, waiting_limit=99, name="小宝"
    )
    browser.sign_in(cast.manager)
    for turn in range(how_many):
        ask = browser.visit(f"/desk/bookings/{desk.number_of(f'小宝{turn + 2}')}/turn")
        browser.submit(ask, form="/turn", reason=f"第{turn}个原因")
    queries.clear()
    page = browser.visit(reasons_of(cast))
    assert f"第{how_many - 1}个原因" in page.text
    assert len(queries) <= 9, queries
