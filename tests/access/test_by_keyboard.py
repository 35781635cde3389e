"""Without a mouse or a finger: a whole booking, the focus always seen and never lost."""

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

Phones = Callable[..., Phone]
# Whether what has the focus can be seen: a ring around it (or its card or label), nothing over it.
IS_SEEN = """() => {
  const here = document.activeElement;
  const rings = [[here], [here, "::after"], [here.closest("label") ?? here]];
  const ring = rings.some(([one, part]) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one, part);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  });
  if (!ring) return "no ring";
  const { left, top, width, height } = here.getBoundingClientRect();
  const over = document.elementFromPoint(left + width / 2, top + height / 2);
  const mine = [here, here.closest("label, article, li")];
  return over && mine.some((one) => one?.contains(over)) ? "" : "covered";
}"""


@pytest.fixture
def slot(app: Flask, cast: Cast) -> int:
    with app.app_context():
        slot = a_slot(db.session.get_one(Activity, cast.activity), capacity=3)
        db.session.add(slot)
        db.session.commit()
        return slot.id


def words_here(page: Page) -> str:
    """What is said of whatever has the focus."""
    said: str = page.evaluate(
        "(e => (e.labels?.[0] ?? e).textContent + (e.ariaLabel ?? ''))(document.activeElement)"
    )
    return " ".join(said.split())


def tab_to(page: Page, words: str, most: int = 40) -> None:
    """Go on with the tab key until these words have the focus; on the way it is always seen."""
    on_the_way = []
    for _ in range(most):
        page.keyboard.press("Tab")
        on_the_way.append(words_here(page))
        unseen = page.evaluate(IS_SEEN)
        assert not unseen, f"{unseen}: {page.evaluate('document.activeElement.outerHTML')[:200]}"
        if words in on_the_way[-1]:
            return
    raise AssertionError(f"{words!r} is not met in {on_the_way}")


def press(phone: Phone, key: str) -> None:
    phone.page.keyboard.press(key)
    phone.page.wait_for_load_state("networkidle")
    expect(phone.page.locator(BUSY)).to_have_count(0)


@pytest.mark.parametrize("care", [False, True], ids=["usual", "large"])
@pytest.mark.parametrize("viewport", [(390, 844), (1280, 900)])
def test_a_booking_is_made_and_cancelled(
    phones: Phones, cast: Cast, slot: int, viewport: tuple[int, int], care: bool
) -> None:
    phone = phones(cast.mother, viewport=viewport)
    page = phone.page
    if care:
        phone.context.add_cookies([{"name": "care", "value": "1", "url": phone.site}])
    page.goto(phone.site + "/slots")
    page.keyboard.press("Tab")
    assert words_here(page) == "跳到正文", "the first stop skips the header"
    press(phone, "Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    tab_to(page, "亲子绘本")
    press(phone, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("亲子绘本")
    tab_to(page, "小满")
    press(phone, "Space")
    tab_to(page, "预约")
    press(phone, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("约好了")
    assert words_here(page).startswith("约好了"), "what came is read first"
    tab_to(page, "取消预约")
    press(phone, "Enter")
    tab_to(page, "确定取消")
    press(phone, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("已取消")


def test_a_refusal_leads_to_what_is_to_be_put_right(phones: Phones, cast: Cast, slot: int) -> None:
    phone = phones(cast.mother)
    page = phone.page
    page.goto(f"{phone.site}/slots/{slot}")
    tab_to(page, "小满")
    tab_to(page, "预约")
    press(phone, "Enter")
    assert "小满" in words_here(page)
    expect(page.get_by_role("group", name="给谁预约")).to_have_accessible_description(
        "选几个人就一起约：要么都约上，要么都不约。 请选择给谁预约。"
    )


def test_a_list_that_is_filtered_keeps_the_focus_and_says_what_it_found(
    phones: Phones, cast: Cast, slot: int
) -> None:
    phone = phones()
    page = phone.page
    page.goto(f"{phone.site}/slots")
    told = page.locator("#flashes")
    tab_to(page, "按区县、服务、年龄找")
    press(phone, "Enter")
    tab_to(page, "区县")
    press(phone, "ArrowDown")  # the first district has the centre
    expect(told).to_have_text("这一页有 1 场")
    assert page.evaluate("document.activeElement.name") == "district", "one can go on choosing"
    press(phone, "ArrowDown")
    expect(told).to_have_text("没有找到合适的场次")
    page.goto(f"{phone.site}/slots?day=2026-11-24")
    tab_to(page, "全部")
    press(phone, "Enter")
    expect(told).to_have_text("这一页有 1 场")
    assert page.evaluate("document.activeElement.id") == "day-all"


def test_who_signs_in_by_keyboard_is_led_through(phones: Phones, cast: Cast, slot: int) -> None:
    phone = phones(viewport=(1280, 900))
    page = phone.page
    page.goto(f"{phone.site}/sign-in?next=/slots/{slot}")
    tab_to(page, "手机号")
    page.keyboard.type("1380000")
    press(phone, "Enter")
    number: Any = page.get_by_label("手机号")
    expect(number).to_be_focused()
    expect(number).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Control+A")
    page.keyboard.type("13800000001")
    press(phone, "Enter")
    code = page.locator("#demo-code").inner_text().replace(" ", "")
    tab_to(page, "验证码")
    page.keyboard.type(code)
    press(phone, "Enter")
    assert page.url.endswith(f"/slots/{slot}")
