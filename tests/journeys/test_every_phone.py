"""The same few steps on every kind of phone and screen: slot, booked, its proof, given up again."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from hub.catalogue.models import Activity
from hub.db import db
from tests.cast import Cast
from tests.chromium import BUSY, Phone
from tests.makers import a_slot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# Two bars of signal: half a second there and back, as much as a 2G telephone carries.
TWO_BARS = {
    "offline": False,
    "latency": 500,
    "downloadThroughput": 30_000,
    "uploadThroughput": 8_000,
}


def in_the_dark(page: Page) -> None:
    page.emulate_media(color_scheme="dark")


def in_large_type(page: Page) -> None:
    page.get_by_role("button", name="关怀版").click()
    page.wait_for_load_state("networkidle")


def on_two_bars(page: Page) -> None:
    browser = page.context.new_cdp_session(page)
    browser.send("Network.enable")
    browser.send("Network.emulateNetworkConditions", TWO_BARS)


@pytest.mark.parametrize(
    ("viewport", "scripts", "dress"),
    [
        pytest.param(None, True, None, id="Pixel 7"),
        pytest.param((375, 667), True, None, id="iPhone SE"),
        pytest.param((320, 568), True, None, id="320 px"),
        pytest.param((1280, 800), True, None, id="desktop"),
        pytest.param(None, True, in_the_dark, id="dark"),
        pytest.param((375, 667), True, in_large_type, id="large type"),
        pytest.param(None, False, None, id="without scripts"),
        pytest.param(None, True, on_two_bars, id="two bars of signal"),
    ],
)
def test_a_mother_books_and_gives_up_again(
    phones: Callable[..., Phone],
    app: Flask,
    cast: Cast,
    viewport: tuple[int, int] | None,
    scripts: bool,
    dress: Any,
) -> None:
    with app.app_context():
        slot = a_slot(db.session.get_one(Activity, cast.activity), capacity=3)
        db.session.add(slot)
        db.session.commit()
        address = f"/slots/{slot.id}"
    phone = phones(cast.mother, viewport=viewport, scripts=scripts)
    page = phone.page
    page.goto(phone.site + "/")
    if dress:
        dress(page)
    page.goto(phone.site + address)
    page.get_by_label("小满").check()
    press(phone, page.locator("#places form .button-primary"))
    assert "约好了" in phone.text
    page.get_by_role("link", name="我的预约").first.click()
    press(phone, page.locator("main").get_by_role("link", name="亲子绘本"))
    expect(page.locator(".qr svg")).to_be_visible()
    press(phone, page.get_by_role("link", name="取消预约"))
    press(phone, page.get_by_role("button", name="确定取消"))
    assert "已取消" in phone.text


def press(phone: Phone, target: Any) -> None:
    """Press what can be reached, and wait for what comes; no page is wider than the phone."""
    target.first.click()
    phone.page.wait_for_load_state("networkidle")
    if phone.scripts:
        expect(phone.page.locator(BUSY)).to_have_count(0)
    assert not phone.troubles
    too_wide = "document.scrollingElement.scrollWidth > document.documentElement.clientWidth"
    assert not phone.page.evaluate(too_wide)
