"""By a screen reader: names, landmarks, what is told and what is not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import expect

from hub import clock
from hub.catalogue.models import Activity
from hub.db import db
from tests.aliases import Make
from tests.cast import Cast
from tests.chromium import Phone
from tests.makers import a_booking, a_child, a_slot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Phones = Callable[..., Phone]
LANDMARKS: tuple[Literal["banner", "main", "contentinfo"], ...] = ("banner", "main", "contentinfo")
# How often the words of a live region changed, from now on.
LISTEN = """live => {
  window.heard = [];
  new MutationObserver(() => window.heard.push(live.textContent)).observe(
    live, {childList: true, characterData: true, subtree: true});
}"""


@pytest.fixture
def a_place(app: Flask, cast: Cast) -> Callable[..., int]:
    """A slot of the cast's centre; of five places two are taken."""

    def make(**given: object) -> int:
        with app.app_context():
            activity = db.session.get_one(Activity, cast.activity)
            activity.centre.is_demo = True
            slot = a_slot(activity, **{"capacity": 5, "places_left": 3} | given)
            db.session.add_all([slot, *(a_booking(slot, a_child()) for _ in range(2))])
            db.session.commit()
            return slot.id

    return make


def test_a_slot_is_booked_by_what_is_heard(phones: Phones, cast: Cast, a_place: Make) -> None:
    phone = phones(cast.mother)
    page = phone.page
    page.goto(f"{phone.site}/slots/{a_place()}")
    for landmark in LANDMARKS:
        expect(page.get_by_role(landmark)).to_have_count(1)
    expect(page.get_by_role("navigation", name="主要页面")).to_have_count(1)
    places = page.get_by_role("region", name="名额和预约")
    expect(places).to_match_aria_snapshot("""
      - region "名额和预约":
        - paragraph: 余 3 个，共 5 个
        - group "给谁预约":
          - checkbox "小满 6岁"
          - checkbox "朵朵 2岁"
        - paragraph:
          - button "预约"
    """)
    assert "img" not in places.aria_snapshot(), "pictures and the bar only repeat the words"
    places.get_by_role("checkbox", name="小满").check()
    places.get_by_role("button", name="预约", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("约好了")
    expect(page.locator("main :focus")).to_contain_text("约好了")
    assert page.title().startswith("预约 ")
    number = page.locator(".ticket .number").inner_text()
    expect(page.get_by_role("img", name=f"预约号 {number} 的二维码")).to_have_count(1)
    assert number in page.get_by_role("main").aria_snapshot()


def test_a_countdown_is_heard_a_few_times_and_not_every_second(
    phones: Phones, cast: Cast, a_place: Make
) -> None:
    phone = phones(cast.mother)
    page = phone.page
    page.clock.install()
    page.goto(f"{phone.site}/slots/{a_place(opens_at=clock.now() + timedelta(minutes=12))}")
    box = page.locator(".countdown")
    assert "秒" not in box.aria_snapshot(), "what runs is for the eye only"
    box.get_by_role("status").evaluate(LISTEN)
    page.clock.run_for(12 * 60_000 + 1000)
    heard = page.evaluate("heard")
    assert heard == ["还有 10 分", "还有 5 分", "还有 1 分", "现在可以约了！"]


def test_every_button_of_a_roster_says_whose_it_is(
    phones: Phones, cast: Cast, a_place: Make
) -> None:
    phone = phones(cast.clerk)
    page = phone.page
    page.goto(f"{phone.site}/desk/slots/{a_place(starts_at=clock.now() + timedelta(minutes=5))}")
    buttons = page.get_by_role("button", name="签到")
    names = [button.inner_text() for button in buttons.all()]
    assert len(names) == len(set(names)) == 2
    buttons.first.click()
    expect(page.locator(":focus")).to_have_accessible_name(names[0].replace("签到", "撤回"))


def test_a_lost_network_is_told_at_once_and_nothing_else_is(
    phones: Phones, cast: Cast, a_place: Make
) -> None:
    phone = phones(cast.mother)
    page = phone.page
    page.goto(f"{phone.site}/slots/{a_place()}")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("checkbox", name="小满").check()
    phone.context.set_offline(True)
    page.get_by_role("button", name="预约", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("网络断了")
    expect(page.get_by_role("button", name="预约", exact=True)).to_be_focused()
    phone.context.set_offline(False)
