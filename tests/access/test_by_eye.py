"""With little sight or room: 关怀版, zoom, wider text, forced colours, no motion."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect

from hub.catalogue.models import Activity
from hub.db import db
from tests.access.conftest import FINGER, MEASURE
from tests.cast import Cast
from tests.chromium import Phone
from tests.makers import a_slot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Phones = Callable[..., Phone]
# Text as somebody may set it who reads with difficulty (WCAG 1.4.12).
WIDER = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important; } p { margin-block-end: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""
# How much of the screen is covered by what does not scroll away.
STUCK = """() => [...document.querySelectorAll("body *")]
  .filter((one) => ["fixed", "sticky"].includes(getComputedStyle(one).position))
  .filter((one) => one.checkVisibility())
  .map((one) => one.getBoundingClientRect())
  .filter((box) => box.width > innerWidth / 2)
  .reduce((all, box) => all + box.height, 0) / innerHeight"""

# What needs an edge, as its ground is no longer its own, and has none.
BARE = """() => [...document.querySelectorAll("main :is(.button, input, select, .option), .bar")]
  .filter((one) => one.checkVisibility() && one.type !== "hidden")
  .filter((one) => parseFloat(getComputedStyle(one).borderTopWidth) < 1)
  .map((one) => one.outerHTML.slice(0, 100))"""


@pytest.fixture
def slot(app: Flask, cast: Cast) -> int:
    with app.app_context():
        activity = db.session.get_one(Activity, cast.activity)
        slot = a_slot(activity, capacity=3)
        others = [a_slot(activity) for _ in range(3)]
        activity.centre.phone, activity.bring = "023-62345678", "一双防滑袜"
        for number, other in enumerate(others):
            other.starts_at = other.starts_at.replace(day=25 + number)
            other.ends_at = other.ends_at.replace(day=25 + number)
        db.session.add_all([slot, *others])
        db.session.commit()
        return slot.id


@pytest.fixture
def zoomed(chromium: Browser, live_site: str, slot: int) -> Iterator[Callable[..., Page]]:
    """A window of 1280 px as it is when all is enlarged so many times."""
    made = []

    def make(times: float, **options: Any) -> Page:
        size: ViewportSize = {"width": int(1280 / times), "height": int(1024 / times)}
        context = chromium.new_context(
            viewport=size,
            device_scale_factor=times,
            locale="zh-CN",
            **{"reduced_motion": "reduce", **options},
        )
        made.append(context)
        return context.new_page()

    yield make
    for context in made:
        context.close()


@pytest.mark.parametrize("times", [2, 4])
@pytest.mark.parametrize("chosen", ["care=0", "care=1", "language=en"])
def test_enlarged_two_or_four_times_nothing_is_lost(
    zoomed: Callable[..., Page], live_site: str, slot: int, times: float, chosen: str
) -> None:
    page = zoomed(times)
    name, value = chosen.split("=")
    page.context.add_cookies([{"name": name, "value": value, "url": live_site}])
    for address in ("/", "/slots", f"/slots/{slot}", "/sign-in"):
        page.goto(live_site + address)
        assert page.evaluate(MEASURE, 36) == [], address
        assert page.evaluate(STUCK) < 0.4, "there is room to read in"
        page.evaluate(WIDER)
        lost = [one for one in page.evaluate(MEASURE, 36) if "px to hit" not in one]
        assert lost == [], f"{address}, wider"


def test_with_forced_colours_every_control_has_an_edge_and_every_choice_a_mark(
    zoomed: Callable[..., Page], live_site: str, slot: int
) -> None:
    page = zoomed(1, forced_colors="active")
    for address in ("/", "/slots", f"/slots/{slot}", "/sign-in"):
        page.goto(live_site + address)
        assert page.evaluate(BARE) == [], address


def test_without_motion_nothing_fades(
    zoomed: Callable[..., Page], live_site: str, slot: int
) -> None:
    page = zoomed(1, reduced_motion="reduce")
    page.goto(f"{live_site}/slots")
    moves = """() => [...document.querySelectorAll("body *")].filter((one) => {
      const { transitionDuration, scrollBehavior } = getComputedStyle(one);
      return transitionDuration !== "0s" || scrollBehavior === "smooth";
    }).map((one) => one.outerHTML.slice(0, 100))"""
    assert page.evaluate(moves) == []
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moves) != [], "else this would show nothing"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_one_press_makes_the_site_large_and_plain_and_one_the_usual_again(
    phones: Phones, cast: Cast, slot: int, scripts: bool
) -> None:
    phone = phones(cast.mother, scripts=scripts, viewport=(360, 740))
    page = phone.page
    phone.visit(f"/slots/{slot}")
    phone.press("关怀版")
    assert page.url.endswith(f"/slots/{slot}")
    call = page.get_by_role("complementary", name="要人帮忙").get_by_role("link")
    expect(call).to_have_attribute("href", "tel:023-62345678")
    page.mouse.wheel(0, 5000)
    page.keyboard.press("End")
    expect(call).to_be_in_viewport(ratio=1)
    button = page.get_by_role("button", name="预约", exact=True)
    size = button.bounding_box()
    assert size
    assert size["height"] >= 60
    if scripts:
        assert page.evaluate("getComputedStyle(document.body).fontSize") == "22px"
        assert page.evaluate(MEASURE, FINGER) == []
    page.get_by_label("小满").check()
    phone.press("预约")
    expect(page.get_by_role("heading", level=1)).to_have_text("约好了")
    expect(call).to_have_attribute("href", "tel:023-62345678")
    phone.visit("/family")
    expect(call).to_have_attribute("href", "/centres")
    phone.visit("/slots")
    strip = page.locator(".days")
    if scripts:
        assert strip.evaluate("one => one.scrollWidth <= one.clientWidth"), "nothing to swipe"
    expect(page.get_by_label("给几岁的人")).to_be_hidden()
    phone.press("普通版")
    expect(call).to_have_count(0)
    phone.visit("/")
    assert page.get_by_role("button", name="关怀版").is_visible()
