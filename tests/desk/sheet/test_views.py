"""The day sheet: what it says, whom it is for, what it never says."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from hub.bookings.models import Booking, BookingState
from hub.catalogue.models import Audience
from hub.db import db
from hub.timetable.models import Slot, SlotState
from tests.aliases import Clock
from tests.browser import Browser
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.desk.day.test_views import at, day_of, in_order

MONDAY = date(2026, 11, 23)


def sheet_of(cast: Cast, day: object = MONDAY) -> str:
    return f"{day_of(cast, day)}/sheet"


def test_the_sheet_is_one_press_away_from_the_day(browser: Browser, cast: Cast) -> None:
    page = browser.sign_in(cast.clerk).visit("/desk")
    assert browser.visit(page.links["打印日程单"]).url == sheet_of(cast)


def test_the_sheet_holds_the_day_and_every_roster(
    desk: Desk, browser: Browser, cast: Cast, clock: Clock
) -> None:
    desk.fill(at(14), confirmed=2, waiting=2, capacity=9, name="小宝", room="绘本室", fee_fen=1990)
    clock.shift(timedelta(minutes=5))
    page = browser.sign_in(cast.clerk).visit(sheet_of(cast))
    assert "2026年11月23日 星期一 榕树社区渝好空间 · 日程单" in page.text
    assert "印于 2026-11-23 10:05" in page.text
    overview, roster = page.text.split("用完请收好。")
    assert in_order(overview, "14:00–15:30", "亲子绘本", "好梦童年", "绘本室", "待定", "2/9", "2")
    assert "小宝" not in overview, "the page that may hang on the wall names nobody"
    assert in_order(roster, "14:00–15:30", "绘本室", "带领人：待定", "已约 2/9", "候补 2")
    assert in_order(roster, "1 小宝1 6岁", "2 小宝2 6岁", "临时到场", "候补，按顺序", "1. 小宝3")
    assert "19.9" not in page.text, "what is owed is nobody else's business"
    assert page.html.count('class="person blank"') == 6


def test_the_sheet_says_how_to_print_without_a_script(browser: Browser, cast: Cast) -> None:
    page = browser.sign_in(cast.clerk).visit(sheet_of(cast))
    assert "Ctrl+P" in page.text
    assert page.links["回到这一天"] == day_of(cast)


def test_only_a_child_who_comes_alone_is_handed_over_again(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    desk.fill(at(14), confirmed=1, audience=Audience.CHILD_WITH_ADULT)
    browser.sign_in(cast.clerk)
    assert "接走" not in browser.visit(sheet_of(cast)).text
    desk.fill(at(16), confirmed=1, audience=Audience.CHILD)
    assert browser.visit(sheet_of(cast)).text.count("接走") == 1


def test_a_called_off_slot_is_struck_and_keeps_its_reason_and_its_people(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    off: dict[str, Any] = {"state": SlotState.CALLED_OFF, "called_off_reason": "老师生病，改到周四"}
    desk.fill(at(14), confirmed=1, name="小宝", **off)
    page = browser.sign_in(cast.clerk).visit(sheet_of(cast))
    assert page.text.count("已停：老师生病，改到周四") == 2
    assert "struck" in page.html
    assert "小宝1" in page.text
    assert "临时到场" not in page.text, "nobody walks in to what does not take place"


def test_conflicts_are_on_the_sheet(desk: Desk, browser: Browser, cast: Cast) -> None:
    desk.fill(at(14), confirmed=3, room="绘本室", room_holds=2)
    page = browser.sign_in(cast.clerk).visit(sheet_of(cast))
    assert page.text.count("注意：已约 3 人，绘本室 只能容纳 2 人") == 2
    assert "要注意 1 场" in page.text


def test_the_sheet_shows_no_phone_and_no_birth_date(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    desk.fill(at(14), confirmed=2)
    html = browser.sign_in(cast.clerk).visit(sheet_of(cast)).html
    assert "+86" not in html
    assert "2020" not in html


def test_an_empty_day_is_a_sheet_too(desk: Desk, browser: Browser, cast: Cast) -> None:
    assert "这天没有场次。" in browser.sign_in(cast.clerk).visit(sheet_of(cast)).text
    assert desk.reads() == []


def test_printing_is_noted_once_with_how_many_persons(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    desk.fill(at(10), confirmed=2, waiting=1)
    desk.fill(at(14), confirmed=3)
    desk.fill(at(9) + timedelta(days=1), confirmed=5)
    browser.sign_in(cast.clerk).visit(sheet_of(cast))
    assert desk.reads() == [(cast.clerk, "centre_day", cast.centre, 6)]


def test_slots_without_people_are_printed_without_a_note(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    desk.fill(at(14))
    assert "14:00–15:30" in browser.sign_in(cast.clerk).visit(sheet_of(cast)).text
    assert desk.reads() == []


@pytest.mark.parametrize("how_many", [3, 30])
def test_a_long_sheet_costs_no_more_queries(
    desk: Desk, browser: Browser, cast: Cast, queries: list[str], how_many: int
) -> None:
    for turn in range(how_many):
        desk.fill(at(9) + timedelta(minutes=5 * turn), confirmed=2, waiting=1)
    browser.sign_in(cast.clerk)
    queries.clear()
    page = browser.visit(sheet_of(cast))
    assert f"{how_many} 场" in page.text
    assert len(queries) <= 8, queries


def test_a_stranger_is_led_to_the_sign_in_page(browser: Browser, cast: Cast) -> None:
    assert "登录" in browser.visit(sheet_of(cast)).title


def test_a_family_is_refused(desk: Desk, browser: Browser, cast: Cast) -> None:
    desk.fill(at(14), confirmed=1)
    browser.sign_in(cast.mother).visit(sheet_of(cast), 403)
    assert desk.reads() == []


def test_the_sheet_of_another_centre_is_not_found(desk: Desk, browser: Browser, cast: Cast) -> None:
    desk.fill(at(14), confirmed=1)
    browser.sign_in(cast.other_clerk).visit(sheet_of(cast), 404)
    assert desk.reads() == []


def test_people_of_other_centres_are_not_on_the_sheet(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    desk.fill(at(14), confirmed=1, name="小宝")
    page = browser.sign_in(cast.other_clerk).visit(
        f"/desk/centres/{cast.other_centre}/days/{MONDAY}/sheet"
    )
    assert "小宝" not in page.text


def test_what_is_printed_adds_up(desk: Desk, browser: Browser, app: Flask, cast: Cast) -> None:
    """Given, held and kept for the desk, and what is left: together as many as there are."""
    slot_id = desk.fill(at(10, 30), confirmed=3, waiting=2, capacity=5, desk_places=2, name="小宝")
    browser.sign_in(cast.clerk)
    roster = browser.visit(f"/desk/slots/{slot_id}")
    browser.submit(roster, form=f"{desk.number_of('小宝1')}/arrival")
    ask = browser.visit(f"/desk/bookings/{desk.number_of('小宝3')}/cancellation")
    browser.submit(ask, form="/cancellation")  # and so 小宝4 is offered the place
    with app.app_context():
        leave = db.session.query(Booking).filter_by(number=desk.number_of("小宝5")).one()
        leave.state = BookingState.ON_LEAVE
        db.session.get_one(Slot, slot_id).waiting = 0
        db.session.commit()
    page = browser.visit(sheet_of(cast))
    assert "1 场 · 已约 3/5 · 前台留 2 个" in page.text
    overview, printed = page.text.split("用完请收好。")
    assert in_order(overview, "3/5", "前台留 2")
    assert in_order(printed, "已约 3/5", "前台留 2", "小宝1", "小宝2", "小宝4", "留位")
    assert in_order(printed, "临时到场", "请假：", "小宝5")
    assert "小宝3" not in printed
    assert page.html.count('aria-label="到了"') == 1, "a tick for who has come, and for nobody else"
    assert page.html.count('class="person"') == 3
    day = browser.visit(day_of(cast))
    assert in_order(day.text, "已约 3/5 · 前台留 2 个", "3/5", "前台留 2")


def test_two_places_for_a_child_and_its_adult_are_said(
    desk: Desk, browser: Browser, app: Flask, cast: Cast
) -> None:
    slot_id = desk.fill(at(14), confirmed=1, capacity=4, name="小宝")
    with app.app_context():
        db.session.query(Booking).filter_by(number=desk.number_of("小宝1")).one().places = 2
        db.session.get_one(Slot, slot_id).places_left = 2
        db.session.commit()
    browser.sign_in(cast.clerk)
    printed = browser.visit(sheet_of(cast)).text
    assert in_order(printed, "已约 2/4", "小宝1", "占 2 个")
    assert in_order(browser.visit(f"/desk/slots/{slot_id}").text, "已约 2 /4", "小宝1", "占 2 个")
