"""Waiting for the opening minute, an offer, a turn, a called-off slot: in a real phone browser."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect

from hub import clock as clocks
from hub.actor import Actor
from hub.bookings.slot_changes import actions as slot_changes
from hub.db import db, transaction
from hub.timetable.models import Slot
from tests.aliases import Book, Clock, Make
from tests.cast import Cast
from tests.chromium import Phone

# What is drawn does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SMALL = (360, 740)
Phones = Callable[..., Phone]


def test_the_button_wakes_at_the_opening_minute_without_asking_the_server(
    phones: Phones,
    cast: Cast,
    a_place: Make,
    clock: Clock,
) -> None:
    opens_at = clocks.now() + timedelta(minutes=2)
    slot = a_place(youngest_months=36, opens_at=opens_at)
    phone = phones(cast.mother, viewport=SMALL)
    phone.page.clock.install()
    phone.visit(f"/slots/{slot}")
    button = phone.page.get_by_role("button", name="预约", exact=True)
    expect(button).to_be_disabled()
    left, told = (
        phone.page.locator(".countdown-left"),
        phone.page.locator(".countdown [role=status]"),
    )
    expect(left).to_contain_text("还有")
    expect(phone.page.get_by_role("link", name="刷新")).to_be_hidden()
    asked: list[str] = []
    phone.page.on("request", lambda request: asked.append(request.url))
    phone.page.clock.run_for(100_000)
    expect(told).to_have_text("还有 1 分")
    expect(button).to_be_disabled()
    phone.page.clock.run_for(21_000)
    expect(button).to_be_enabled()
    expect(left).to_have_text("现在可以约了！")
    expect(told).to_have_text("现在可以约了！")
    assert asked == []
    phone.look()
    clock.move_to(opens_at, tick=False)
    phone.press("预约")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("约好了")


def test_pressed_too_early_by_a_fast_clock_the_countdown_goes_on(
    phones: Phones, cast: Cast, a_place: Make, clock: Clock
) -> None:
    """Somebody's clock jumps ahead: the server says no, and the page counts what is really left."""
    opens_at = clocks.now() + timedelta(seconds=30)
    slot = a_place(youngest_months=36, opens_at=opens_at)
    phone = phones(cast.mother)
    phone.page.clock.install()
    phone.visit(f"/slots/{slot}")
    phone.page.clock.run_for(40_000)
    phone.page.get_by_role("button", name="预约", exact=True).click()
    expect(phone.page.get_by_role("alert").first).to_contain_text("还没到预约时间")
    button = phone.page.get_by_role("button", name="预约", exact=True)
    expect(button).to_be_disabled()
    phone.page.clock.run_for(31_000)
    expect(button).to_be_enabled()
    clock.move_to(opens_at, tick=False)
    button.click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("约好了")


def test_with_less_motion_the_seconds_do_not_run(phones: Phones, cast: Cast, a_place: Make) -> None:
    slot = a_place(youngest_months=36, opens_at=clocks.now() + timedelta(minutes=9))
    phone = phones(cast.mother)
    phone.page.emulate_media(reduced_motion="reduce")
    phone.visit(f"/slots/{slot}")
    expect(phone.page.locator(".countdown-left")).to_have_text("还有 9 分")


def test_without_scripts_the_page_says_when_and_offers_to_load_it_again(
    phones: Phones, cast: Cast, a_place: Make, clock: Clock
) -> None:
    opens_at = clocks.now() + timedelta(minutes=2)
    phone = phones(cast.mother, scripts=False)
    phone.visit(f"/slots/{a_place(youngest_months=36, opens_at=opens_at)}")
    assert "10:02 开始预约" in phone.text
    clock.move_to(opens_at, tick=False)
    phone.press("刷新", role="link")
    phone.press("预约")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("约好了")


def test_a_party_waits_is_offered_places_and_takes_them(
    phones: Phones,
    cast: Cast,
    a_place: Make,
    fill_up: Callable[..., None],
    give_up: Callable[..., None],
) -> None:
    slot = a_place(capacity=2)
    fill_up(slot)
    phone = phones(cast.mother, viewport=SMALL)
    phone.visit(f"/slots/{slot}")
    phone.page.get_by_label("小满").check()
    phone.page.get_by_label("朵朵").check()
    phone.press("排候补")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("候补第 1 位")
    assert "一起约的" in phone.text
    give_up(slot, cast.other_mother, places=2)
    phone.visit("/bookings")
    assert "有名额等您确认" in phone.text
    phone.press("要，确认")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("确认好了")
    phone.press("看我的预约", role="link")
    phone.page.get_by_role("link", name="亲子绘本").first.click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("约好了")
    phone.press("取消预约", role="link")
    phone.page.get_by_label("都取消").check()
    phone.press("确定取消")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("已取消")


def test_an_offer_is_answered_by_its_link_without_signing_in(
    phones: Phones,
    cast: Cast,
    a_place: Make,
    fill_up: Callable[..., None],
    booked: Book,
    give_up: Callable[..., None],
    offer_of: Callable[[str], str],
) -> None:
    slot = a_place(capacity=1)
    fill_up(slot)
    number = booked(slot, cast.mother, cast.xiaoman)
    give_up(slot, cast.other_mother)
    phone = phones(viewport=SMALL)
    phone.visit(f"/offers/{offer_of(number)}")
    assert "小满" not in phone.text
    phone.press("不要了，让给别人")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("已经让给别人")
    phone.press("查一查我的预约", role="link")
    phone.page.get_by_label("手机号").fill("138 0000 0001")
    phone.page.get_by_label("预约号").fill(number)
    phone.press("查一下")
    assert "已取消" in phone.text


def test_a_slot_that_is_called_off_says_why_and_shows_others(
    app: Flask,
    phones: Phones,
    cast: Cast,
    a_place: Make,
    booked: Book,
) -> None:
    slot = a_place()
    number = booked(slot, cast.mother, cast.xiaoman)
    a_place(starts_at=clocks.now() + timedelta(days=3))
    with app.app_context(), transaction():
        row = db.session.get_one(Slot, slot)
        slot_changes.call_off(row, "停水", by=Actor(cast.manager, clocks.now()))
    phone = phones(cast.mother, viewport=SMALL)
    for address in (f"/bookings/{number}", f"/slots/{slot}"):
        phone.visit(address)
        assert "停水" in phone.text
        assert "还有名额的场次" in phone.text


def test_a_booking_is_moved_by_one_press(
    phones: Phones,
    cast: Cast,
    a_place: Make,
    booked: Book,
) -> None:
    number = booked(a_place(), cast.mother, cast.xiaoman)
    a_place(starts_at=clocks.now() + timedelta(days=3))
    phone = phones(cast.mother, viewport=SMALL)
    phone.visit(f"/bookings/{number}")
    phone.press("改到别的场次", role="link")
    phone.page.get_by_role("radio").first.check()
    phone.press("改到这一场")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("约好了")
    assert "11月26日" in phone.text
