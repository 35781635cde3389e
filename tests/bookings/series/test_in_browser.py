"""A whole 期 in a real phone browser: the opening minute, all dates at one press, one left."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from hub import clock as clocks
from hub.catalogue.models import Activity
from hub.db import db
from tests.aliases import Clock
from tests.bookings.series.whole import DATES, a_family, enrol_family, places, whole_of
from tests.cast import Cast
from tests.chromium import Phone

# What is drawn does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Phones = Callable[..., Phone]


def a_series(app: Flask, cast: Cast, **policy: Any) -> int:
    with app.test_request_context():
        activity = db.session.get_one(Activity, cast.activity)
        for name, value in ({"fee_fen": 2000, "youngest_months": 36} | policy).items():
            setattr(activity, name, value)
        return whole_of(activity, "第1期", attendance_percent=70)


def test_the_button_wakes_at_the_opening_minute_and_books_every_date(
    app: Flask, phones: Phones, cast: Cast, clock: Clock
) -> None:
    opens_at = clocks.now() + timedelta(minutes=2)
    series = a_series(app, cast, opens_at=opens_at)
    phone = phones(cast.mother)
    phone.page.clock.install()
    phone.visit(f"/series/{series}")
    button = phone.page.get_by_role("button", name="整期预约")
    expect(button).to_be_disabled()
    phone.page.clock.run_for(121_000)
    expect(button).to_be_enabled()
    phone.look()
    clock.move_to(opens_at, tick=False)
    phone.press("整期预约")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("约好了")
    assert f"整期 {DATES} 次" in phone.text
    assert places(app, series) == [(1, 0)] * DATES
    phone.visit("/bookings")
    expect(phone.page.locator(".booking-card")).to_have_count(1)


def test_one_date_is_left_taken_back_and_the_whole_given_up(
    app: Flask, phones: Phones, cast: Cast
) -> None:
    series = a_series(app, cast)
    number = enrol_family(app, series, (cast.mother, [cast.xiaoman]))
    phone = phones(cast.mother)
    phone.visit(f"/bookings/{number}")
    phone.click(phone.page.locator(".dates").get_by_role("link", name="请假").nth(2))
    phone.press("确定请假")
    assert places(app, series)[2] == (2, 0)
    phone.click(phone.page.locator(".dates").get_by_role("link", name="又能来了"))
    phone.press("不请假了，照常来")
    assert places(app, series) == [(1, 0)] * DATES
    phone.press("取消整期", role="link")
    phone.press("确定取消")
    assert "已取消" in phone.text
    assert places(app, series) == [(2, 0)] * DATES


def test_without_scripts_a_full_one_is_waited_for_as_a_whole(
    app: Flask, phones: Phones, cast: Cast
) -> None:
    series = a_series(app, cast)
    for _ in range(2):
        enrol_family(app, series, a_family(app))
    phone = phones(cast.mother, scripts=False)
    phone.visit(f"/series/{series}")
    assert "名额满了，可以候补，您排第 1 位" in phone.text
    phone.page.get_by_label("小满").check()
    phone.press("排候补")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("候补第 1 位")
    assert places(app, series) == [(0, 1)] * DATES
