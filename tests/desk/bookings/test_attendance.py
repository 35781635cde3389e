"""Who came and who did not: one tap on the roster, and what follows from it."""

import pytest
from flask import Flask
from sqlalchemy import select

from hub.bookings.models import Booking, Excuse
from hub.db import db
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.desk.day.test_views import at, in_order
from tests.makers import tomorrow


@pytest.fixture
def slot_id(desk: Desk) -> int:
    """It is ten o'clock: at half past, 小宝1 to 小宝3 come; 小宝4 waits, all is full."""
    return desk.fill(at(10, 30), confirmed=3, waiting=1, capacity=3, name="小宝")


def come(browser: Browser, page: Page, number: str, expect: int = 200) -> Page:
    return browser.submit(page, expect, form=f"{number}/arrival")


def test_one_tap_marks_who_is_here_and_one_takes_it_back(
    desk: Desk, browser: Browser, cast: Cast, slot_id: int
) -> None:
    roster = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}")
    assert "到了 0" in roster.text
    number = desk.number_of("小宝2")
    roster = come(browser, roster, number)
    assert roster.url.split("#")[0] == f"/desk/slots/{slot_id}"
    assert in_order(roster.text, "到了 1", "小宝1", "签到", "小宝2", "撤回", "到了 10:00")
    roster = browser.submit(roster, form=f"{number}/arrival/removal")
    assert "到了 0" in roster.text
    assert desk.done() == [("arrive", cast.clerk), ("take_back_arrival", cast.clerk)]


def test_a_double_tap_is_one_arrival(
    desk: Desk, browser: Browser, cast: Cast, slot_id: int
) -> None:
    roster = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}")
    number = desk.number_of("小宝1")
    come(browser, roster, number)
    come(browser, roster, number)  # the same button, pressed on the page of before
    assert desk.done() == [("arrive", cast.clerk)]
    again = browser.visit(f"/desk/slots/{slot_id}")
    browser.submit(again, form=f"{number}/arrival/removal")
    browser.submit(again, form=f"{number}/arrival/removal")
    assert len(desk.done()) == 2


def test_nobody_is_ticked_off_the_day_before(desk: Desk, browser: Browser, cast: Cast) -> None:
    slot_id = desk.fill(tomorrow(14), confirmed=1, name="早宝")
    page = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}")
    assert "开始前两小时起可以签到" in page.text
    assert not [form for form in page.forms if "arrival" in form.action]
    number = desk.number_of("早宝1")
    refused = browser.post(f"/desk/bookings/{number}/arrival", {"csrf_token": browser.token()}, 422)
    assert "还没到时候" in refused.text


def test_the_reason_of_a_refusal_stands_in_the_line(
    desk: Desk, browser: Browser, cast: Cast, slot_id: int
) -> None:
    browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}")
    number = desk.number_of("小宝4")
    refused = browser.post(f"/desk/bookings/{number}/arrival", {"csrf_token": browser.token()}, 422)
    assert in_order(refused.text, "小宝4", "只有约好的才能签到。")
    assert refused.text.count("只有约好的才能签到。") == 1
    # Somebody else has cancelled it meanwhile: the line is gone, the reason is not.
    ask = browser.visit(f"/desk/bookings/{number}/cancellation")
    browser.submit(ask, form="/cancellation")
    refused = browser.post(f"/desk/bookings/{number}/arrival", {"csrf_token": browser.token()}, 422)
    assert "只有约好的才能签到。" in refused.text
    assert "小宝4" not in refused.text


def test_who_did_not_come_is_asked_about_first_and_frees_the_place(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    slot_id = desk.fill(at(9, 45), confirmed=2, capacity=2, name="晚宝")
    roster = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}")
    assert roster.links["没来"].endswith("/absence")
    ask = browser.visit(f"/desk/bookings/{desk.number_of('晚宝1')}/absence")
    assert "记“没来”吗？" in ask.text
    assert desk.done() == [], "a look changes nothing"
    roster = browser.submit(ask, form="/absence")
    assert in_order(roster.text, "没来 1", "花名册", "晚宝2", "没来", "晚宝1")
    assert desk.state_of(desk.number_of("晚宝1")) == "no_show"
    assert desk.counters_of(slot_id) == (1, 0, 0)
    # Late people get their place again, if it is still there.
    roster = come(browser, roster, desk.number_of("晚宝1"))
    assert desk.state_of(desk.number_of("晚宝1")) == "confirmed"
    assert desk.counters_of(slot_id) == (0, 0, 0)


def test_nobody_is_missed_before_the_start_nor_who_is_here(
    desk: Desk, browser: Browser, cast: Cast, slot_id: int
) -> None:
    browser.sign_in(cast.clerk)
    ask = browser.visit(f"/desk/bookings/{desk.number_of('小宝1')}/absence")
    assert "开始以后才能记没来" in browser.submit(ask, 422, form="/absence").text
    begun = desk.fill(at(9, 45), confirmed=1, name="晚宝")
    come(browser, browser.visit(f"/desk/slots/{begun}"), desk.number_of("晚宝1"))
    ask = browser.visit(f"/desk/bookings/{desk.number_of('晚宝1')}/absence")
    assert "已经签到了" in browser.submit(ask, 422, form="/absence").text


def test_an_absence_is_excused_with_a_reason_only(desk: Desk, browser: Browser, cast: Cast) -> None:
    slot_id = desk.fill(at(9, 45), confirmed=1, name="晚宝")
    browser.sign_in(cast.clerk)
    number = desk.number_of("晚宝1")
    browser.submit(browser.visit(f"/desk/bookings/{number}/absence"), form="/absence")
    ask = browser.visit(browser.visit(f"/desk/bookings/{number}").links["不算这次没来"])
    for nothing in ("", "   "):
        refused = browser.submit(ask, 422, form="/excuse", reason=nothing)
        assert "请写一句原因。" in refused.text
    refused = browser.submit(ask, 422, form="/excuse", reason="病" * 201)
    assert "原因请写短一点。" in refused.text
    assert "病" * 201 in refused.html, "nothing typed is lost"
    roster = browser.submit(ask, form="/excuse", reason="孩子发烧，早上打过电话")
    assert "没来，不算数" in roster.text
    assert desk.done()[-1] == ("excuse", cast.clerk)
    assert "孩子发烧" in browser.visit(f"/desk/bookings/{number}").text
    assert "孩子发烧" not in browser.visit(f"/desk/slots/{slot_id}").text


def test_a_cancellation_is_taken_back_where_there_is_a_place(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    slot_id = desk.fill(tomorrow(14), confirmed=2, capacity=2, name="小宝")
    browser.sign_in(cast.clerk)
    number = desk.number_of("小宝1")
    ask = browser.visit(f"/desk/bookings/{number}/cancellation")
    assert desk.counters_of(slot_id) == (0, 0, 0)
    roster = browser.submit(ask, form="/cancellation")
    assert "小宝1" not in roster.text
    assert "前台取消了小宝1" in desk.told()[-1]
    cancelled = browser.visit(roster.links["取消了的"])
    assert in_order(cancelled.text, "小宝1", "前台取消")
    page = browser.visit(cancelled.links["小宝1"])
    assert "可以办的" in page.text
    roster = browser.submit(page, form="/restoration")
    assert "小宝1" in roster.text
    assert desk.state_of(number) == "confirmed"
    assert desk.counters_of(slot_id) == (0, 0, 0)
    assert "预约恢复了" in desk.told()[-1]


def test_a_cancellation_is_not_taken_back_over_the_head_of_others(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    desk.fill(tomorrow(14), confirmed=1, waiting=1, capacity=1, name="小宝")
    browser.sign_in(cast.clerk)
    number = desk.number_of("小宝1")
    browser.submit(browser.visit(f"/desk/bookings/{number}/cancellation"), form="/cancellation")
    page = browser.visit(f"/desk/bookings/{number}")
    refused = browser.submit(page, 422, form="/restoration")
    assert "名额已经给了别人" in refused.text


def test_a_family_that_says_yes_on_the_phone_has_its_place(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    slot_id = desk.fill(tomorrow(14), confirmed=1, waiting=1, capacity=1, name="小宝")
    browser.sign_in(cast.clerk)
    gone, next_one = desk.number_of("小宝1"), desk.number_of("小宝2")
    browser.submit(browser.visit(f"/desk/bookings/{gone}/cancellation"), form="/cancellation")
    roster = browser.visit(f"/desk/slots/{slot_id}")
    assert in_order(roster.text, "留位 1", "留位，等答复", "小宝2", "留到 今天 12:00")
    page = browser.visit(f"/desk/bookings/{next_one}")
    roster = browser.submit(page, form="/acceptance")
    assert "替这家确认了名额" in roster.text
    assert desk.state_of(next_one) == "confirmed"
    assert desk.counters_of(slot_id) == (0, 0, 0)
    assert desk.done()[-1] == ("accept", cast.clerk)
    again = browser.post(
        f"/desk/bookings/{next_one}/acceptance", {"csrf_token": browser.token()}, 422
    )
    assert "已经答复过了" in again.text


def test_the_page_of_a_booking_shows_the_phone_to_ring_and_is_noted(
    desk: Desk, browser: Browser, app: Flask, cast: Cast, slot_id: int
) -> None:
    number = desk.number_of("小宝1")
    with app.app_context():
        booking_id = db.session.query(Booking).filter_by(number=number).one().id
    page = browser.sign_in(cast.clerk).visit(f"/desk/bookings/{number}")
    assert [link for link in page.hrefs if link.startswith("tel:+86138")]
    assert desk.reads() == [(cast.clerk, "booking", booking_id, 1)]
    browser.visit(f"/desk/bookings/{number}/cancellation")
    assert len(desk.reads()) == 2


def test_after_the_end_the_list_is_history(desk: Desk, browser: Browser, cast: Cast) -> None:
    desk.fill(at(8), ends_at=at(9), confirmed=1, name="小宝")
    browser.sign_in(cast.clerk)
    number = desk.number_of("小宝1")
    ask = browser.visit(f"/desk/bookings/{number}/cancellation")
    assert "已经结束了" in browser.submit(ask, 422, form="/cancellation").text
    page = browser.visit(f"/desk/bookings/{number}")
    assert "代为取消" not in page.links
    assert "记没来" in page.links, "what the paper says is entered afterwards"


def test_who_is_in_the_room_is_neither_cancelled_nor_moved(
    desk: Desk, browser: Browser, cast: Cast, slot_id: int
) -> None:
    other = desk.fill(tomorrow(14))
    number = desk.number_of("小宝1")
    browser.sign_in(cast.clerk)
    ask = browser.visit(f"/desk/bookings/{number}/cancellation")
    where = browser.visit(f"/desk/bookings/{number}/move")
    come(browser, browser.visit(f"/desk/slots/{slot_id}"), number)
    assert "先撤回签到" in browser.submit(ask, 422, form="/cancellation").text
    assert "先撤回签到" in browser.submit(where, 422, form="/move", slot=str(other)).text


def test_an_excuse_ends_when_the_person_is_here_after_all(
    desk: Desk, browser: Browser, app: Flask, cast: Cast
) -> None:
    slot_id = desk.fill(at(9, 45), confirmed=1, name="晚宝")
    number = desk.number_of("晚宝1")
    browser.sign_in(cast.clerk)
    browser.submit(browser.visit(f"/desk/bookings/{number}/absence"), form="/absence")
    ask = browser.visit(f"/desk/bookings/{number}/excuse")
    browser.submit(ask, form="/excuse", reason="孩子发烧")
    browser.post(f"/desk/bookings/{number}/arrival", {"csrf_token": browser.token()})
    with app.app_context():
        assert db.session.scalars(select(Excuse)).all() == []
    # Marked as missed once more, it counts.
    browser.submit(browser.visit(f"/desk/slots/{slot_id}"), form=f"{number}/arrival/removal")
    browser.submit(browser.visit(f"/desk/bookings/{number}/absence"), form="/absence")
    assert "不算这次没来" in browser.visit(f"/desk/bookings/{number}").links
    with app.app_context():
        assert db.session.scalars(select(Excuse)).all() == []
