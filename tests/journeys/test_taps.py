"""How many taps and fields it takes to be booked, counted as a thumb does."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Locator

from hub.catalogue.models import Activity
from hub.db import db
from hub.families.models import Person
from tests.cast import Cast
from tests.chromium import Phone
from tests.makers import a_slot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Phones = Callable[..., Phone]


class Thumb:
    """Counts what it presses, and what it fills in; a field that is filled in needs no tap."""

    def __init__(self, phone: Phone) -> None:
        self.phone, self.taps, self.fields = phone, 0, 0

    def tap(self, target: Locator) -> None:
        self.phone.click(target)
        self.taps += 1

    def press(self, name: str, role: Any = "button") -> None:
        self.tap(self.phone.page.locator("main").get_by_role(role, name=name).first)

    def fill(self, label: str, typed: str) -> None:
        self.phone.page.get_by_label(label).fill(typed)
        self.fields += 1


@pytest.fixture
def slot(app: Flask, cast: Cast) -> int:
    with app.app_context():
        slot = a_slot(db.session.get_one(Activity, cast.activity), capacity=3)
        db.session.add(slot)
        db.session.commit()
        return slot.id


def test_who_was_here_before_is_booked_in_two_taps(phones: Phones, cast: Cast, slot: int) -> None:
    phone = phones(cast.mother)
    phone.visit(f"/slots/{slot}")
    thumb = Thumb(phone)
    thumb.tap(phone.page.get_by_label("小满"))
    thumb.tap(phone.page.locator("#places form .button-primary"))
    assert "约好了" in phone.text
    assert thumb.taps <= 2


def test_with_one_child_one_tap_is_enough(
    phones: Phones, app: Flask, cast: Cast, slot: int
) -> None:
    with app.app_context():
        db.session.delete(db.session.get_one(Person, cast.duoduo))
        db.session.delete(db.session.get_one(Person, cast.lan))
        db.session.commit()
    phone = phones(cast.mother)
    phone.visit(f"/slots/{slot}")
    thumb = Thumb(phone)
    thumb.tap(phone.page.locator("#places form .button-primary"))
    assert "约好了" in phone.text


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_who_is_here_for_the_first_time_needs_eight_taps_and_four_fields_from_the_home_page(
    phones: Phones, slot: int, scripts: bool
) -> None:
    phone = phones(scripts=scripts)
    page = phone.visit("/")
    thumb = Thumb(phone)
    thumb.press("亲子绘本", "link")
    thumb.press("登录后预约", "link")
    thumb.fill("手机号", "138 0000 0099")
    thumb.press("发验证码")
    thumb.fill("验证码", page.locator("#demo-code").inner_text().replace(" ", ""))
    thumb.press("登录")
    thumb.press("先添加家人", "link")
    thumb.fill("姓名", "乐乐")
    thumb.fill("出生日期", "20200501")
    thumb.tap(page.get_by_label("女"))
    thumb.press("加上")
    thumb.tap(page.locator("#places form .button-primary"))
    assert "约好了" in phone.text
    assert thumb.taps <= 8
    assert thumb.fields <= 4
