"""A parent finds a centre, signs in, enters a child, books, sees the proof, and cancels."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from hub.catalogue.models import Activity, Centre
from hub.db import db
from tests.cast import Cast
from tests.chromium import Phone
from tests.makers import a_booking, a_child, a_slot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Phones = Callable[..., Phone]


@pytest.fixture
def slot(app: Flask, cast: Cast) -> int:
    """Tomorrow at 14:00 at the cast's centre, two of three places taken."""
    with app.app_context():
        slot = a_slot(db.session.get_one(Activity, cast.activity), capacity=3, places_left=1)
        db.session.add_all([slot, *(a_booking(slot, a_child()) for _ in range(2))])
        db.session.commit()
        return slot.id


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_home_page_to_the_proof_and_back(
    phones: Phones, cast: Cast, slot: int, scripts: bool
) -> None:
    phone = phones(scripts=scripts)
    phone.visit("/")
    phone.visit("/centres?q=rssq")  # 榕树社区 by its initials
    phone.press("榕树社区渝好空间", "link")
    phone.press("亲子绘本", "link")
    assert "余 1 个" in phone.text

    phone.press("登录后预约", "link")
    page = phone.page
    page.get_by_label("手机号").fill("138 0000 0099")
    phone.click(page.locator("main form button").first)
    code = page.locator("#demo-code").inner_text().replace(" ", "")
    page.get_by_label("验证码").fill(code)
    phone.press("登录")
    assert page.url.endswith(f"/slots/{slot}")

    phone.press("先添加家人", "link")
    page.get_by_label("姓名").fill("乐乐")
    page.get_by_label("出生日期").fill("20200501")
    page.get_by_label("女").check()
    phone.press("加上")
    assert page.url.endswith(f"/slots/{slot}")
    assert page.get_by_label("乐乐").is_checked()

    phone.click(page.locator("#places form button"))
    assert "约好了" in phone.text
    assert "乐乐" in phone.text
    assert page.locator(".qr svg").is_visible()
    number = page.locator(".ticket .number").inner_text()

    phone.visit("/bookings")
    phone.press("亲子绘本", "link")
    assert number in phone.text
    phone.press("取消预约", "link")
    phone.press("确定取消")
    assert "已取消" in phone.text
    phone.visit(f"/slots/{slot}")
    assert "余 1 个" in phone.text


def test_the_back_button_shows_a_whole_page(phones: Phones, cast: Cast, slot: int) -> None:
    phone = phones(cast.mother)
    phone.visit(f"/slots/{slot}")
    page = phone.page
    page.get_by_label("小满").check()
    phone.click(page.locator("#places form button"))
    with page.expect_response(lambda answer: answer.url.endswith(f"/slots/{slot}")):
        page.go_back()  # no page is kept in the browser, so it is asked for again
    page.locator("#places").wait_for()
    page.wait_for_load_state("networkidle")
    phone.look()
    assert page.locator("header").count() == 1
    assert page.locator("h1").count() == 1


def test_a_refusal_is_read_beside_the_button_without_leaving_the_page(
    phones: Phones, cast: Cast, slot: int
) -> None:
    phone = phones(cast.mother)
    phone.visit(f"/slots/{slot}")
    page = phone.page
    phone.click(page.locator("#places form button"))
    assert "请选择给谁预约" in phone.text
    assert page.locator("h1").count() == 1


def test_a_sign_in_that_expired_meanwhile_leads_to_the_sign_in_page_not_into_a_part(
    phones: Phones, cast: Cast, slot: int
) -> None:
    phone = phones(cast.mother)
    phone.visit(f"/slots/{slot}")
    page = phone.page
    page.get_by_label("小满").check()
    phone.context.clear_cookies()
    page.locator("#places form button").click()
    page.wait_for_url("**/sign-in**")
    phone.look()
    assert page.locator("header").count() == 1
    page.get_by_label("手机号").fill("13800000001")
    phone.click(page.locator("main form button").first)
    page.get_by_label("验证码").fill(page.locator("#demo-code").inner_text().replace(" ", ""))
    phone.press("登录")
    assert page.url.endswith(f"/slots/{slot}")
    assert page.get_by_label("小满").is_checked(), "what was chosen is still chosen"


def test_no_page_has_anything_for_axe_or_scrolls_sideways_on_a_wide_screen(
    phones: Phones, app: Flask, cast: Cast, slot: int
) -> None:
    """On narrow ones tests.access looks at every page in every state."""
    with app.app_context():
        db.session.get_one(Centre, cast.centre).is_demo = True
        db.session.commit()
    public = ["/", "/slots", f"/slots/{slot}", "/centres", f"/centres/{cast.centre}", "/sign-in"]
    mine = ["/bookings", "/family", "/family/persons/new", f"/family/persons/{cast.xiaoman}"]
    mine += [f"/family/persons/{cast.xiaoman}/removal", "/me", f"/slots/{slot}"]
    desk = ["/desk", f"/desk/centres/{cast.centre}/days/2026-11-24", f"/desk/slots/{slot}"]
    desk += [f"/desk/centres/{cast.centre}/days/2026-11-24/sheet"]
    people: list[tuple[Any, list[str]]] = [
        (None, [*public, "/sign-in/password"]),
        (cast.mother, mine),
        (cast.clerk, desk),
        (cast.administrator, ["/desk"]),
    ]
    for account, addresses in people:
        phone = phones(account, viewport=(1280, 844))
        for address in addresses:
            phone.visit(address)
