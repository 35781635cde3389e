"""Every page in every state: for axe, for a finger, at 320 px, in the dark, in 关怀版."""

from collections.abc import Callable

import pytest
from flask import Flask, request
from playwright.sync_api import expect

from tests.access.places import Places
from tests.cast import Cast
from tests.chromium import BUSY, Phone

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Phones = Callable[..., Phone]
Inspect = Callable[..., None]


# Between them they show every component; its colours are the same on every page.
IN_THE_DARK = {
    "design",
    "slots",
    "slot, full",
    "draw, drawn",
    "booking, confirmed",
    "roster, begun",
}


# Files, and what machines ask for.
NO_PAGES = {
    "calendar.show_event",
    "calendar.show_feed",
    "draws.show_list",
    "health.show_health",
    "health.show_readiness",
    "offline.show_manifest",
    "offline.show_worker",
    "sitemap.show_pages",
    "sitemap.show_robots",
    "sitemap.show_sitemap",
    "sitemap.show_slots",
}
AFTER_A_FORM = {"accounts.show_code", "desk.group_list.show_booked"}
Tried = tuple[str | None, str, dict[str, str], str, str]
TRIED: tuple[
    Tried, ...
] = (  # whose, where, what is typed, what is pressed there, and what is said then
    (None, "sign in", {"手机号": "1380"}, "发验证码", "能收短信的手机号"),
    (None, "sign in", {"手机号": "13800000077"}, "发验证码", "填验证码"),
    (None, "", {"6 位验证码": "000000"}, "登录", "验证码"),
    (None, "sign in by password", {"手机号": "1", "密码": "x"}, "登录", "手机号"),
    (None, "booked?", {"手机号": "13800000001", "预约号": "1234567890"}, "查一下", "再看一下"),
    ("mother", "new person", {}, "加上", "请写上姓名"),
    ("mother", "move", {}, "改到这一场", "请"),
    ("mother", "slot", {}, "预约", "请选择给谁预约"),
    ("mother", "feedback", {}, "不满意", "谢谢"),
    ("mother", "calendar", {}, "开通", "网址"),
    ("clerk", "counter", {"手机号": "1"}, "下一步", "手机号"),
    ("clerk", "counter", {"手机号": "13800000001"}, "下一步", "给谁预约"),
    (
        "clerk",
        "group list",
        {"群里的接龙": "1. 张妈妈 5岁 13800000055\n2. 李妈妈"},
        "看一看",
        "一位一位看一遍",
    ),
    ("clerk", "draw number", {}, "写下数字，摇号", "请"),
    ("clerk", "turn", {}, "排到最前面", "原因"),
    ("manager", "capacity", {"一共几个名额": "1"}, "改名额", "谁转到候补"),
)


def test_nothing_is_wrong_with_any_page_in_any_state(
    app: Flask, phones: Phones, cast: Cast, places: dict[str, Places], inspect: Inspect
) -> None:
    met: set[str | None] = set()
    app.before_request_funcs[None].append(lambda: met.add(request.endpoint))
    for who, there in places.items():
        phone = phones(getattr(cast, who, None))
        for name, address in there.items():
            answer = phone.page.goto(phone.site + address)
            assert answer
            if answer.status >= 500:
                phone.troubles.clear()  # which the browser tells of, as it should
            inspect(phone, f"{name} {answer.status}", dark=name in IN_THE_DARK)
    pages = {
        rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())
    } - NO_PAGES
    assert pages <= met | AFTER_A_FORM, "a page that nobody has looked at"


def test_nothing_is_wrong_with_what_is_said_to_a_form(
    phones: Phones, cast: Cast, places: dict[str, Places], inspect: Inspect
) -> None:
    at_work: dict[str | None, Phone] = {}
    for who, name, typed, button, said in TRIED:
        phone = at_work.setdefault(who, phones(getattr(cast, who) if who else None))
        if name:
            phone.page.goto(phone.site + places[who or "nobody"][name])
        phone.page.evaluate("for (const form of document.forms) form.noValidate = true")
        main = phone.page.locator("main")
        for label, words in typed.items():
            field = main.get_by_label(label).and_(main.locator("input, textarea"))
            field.first.fill(words)
        main.get_by_role("button", name=button).first.click()
        phone.page.wait_for_load_state("networkidle")
        expect(phone.page.locator(BUSY)).to_have_count(0)
        assert said in phone.text, f"{name}: {phone.text}"
        inspect(phone, f"{name}, {button}")
