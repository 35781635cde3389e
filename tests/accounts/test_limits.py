"""How often one may ask and try: rows, so that every process agrees."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from hub.accounts import rules
from hub.db import db
from hub.limits import RateCount
from tests.accounts.conftest import Messages
from tests.aliases import Clock
from tests.browser import Browser, Page
from tests.cast import Cast


def ask(browser: Browser, phone: str = "13800138000", expect: int = 200) -> Page:
    return browser.submit(browser.visit("/sign-in"), expect, phone=phone)


def test_a_phone_gets_five_codes_an_hour(
    browser: Browser, messages: Messages, clock: Clock
) -> None:
    for _ in range(5):
        ask(browser)
        clock.shift(timedelta(seconds=61))
    page = ask(browser, expect=429)
    assert "太多了" in page.text
    assert "打电话给中心、到前台登记" in page.text
    assert len(messages.sent) == 5
    ask(browser, "13800138001")
    clock.shift(timedelta(hours=1))
    ask(browser)
    assert len(messages.sent) == 7


def test_a_phone_gets_ten_codes_a_day(browser: Browser, messages: Messages, clock: Clock) -> None:
    clock.move_to("2026-11-23T00:00:30Z", tick=False)
    for _ in range(10):
        ask(browser)
        clock.shift(timedelta(minutes=30))
    ask(browser, expect=429)
    assert len(messages.sent) == 10


def test_an_unknown_phone_is_limited_like_a_known_one(
    browser: Browser, cast: Cast, clock: Clock
) -> None:
    said = []
    for phone in ("13800000001", "13899999999"):
        for _ in range(5):
            ask(browser, phone)
            clock.shift(timedelta(seconds=61))
        said.append(ask(browser, phone, expect=429).text)
    assert said[0] == said[1]


def test_an_address_gets_so_many_codes_an_hour(
    browser: Browser, messages: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rules.CODES_PER_ADDRESS_AND_HOUR == 60
    monkeypatch.setattr(rules, "CODES_PER_ADDRESS_AND_HOUR", 4)
    for number in range(4):
        ask(browser, f"1380013800{number}")
    ask(browser, "13900139000", expect=429)
    assert len(messages.sent) == 4
    browser.client.environ_base["REMOTE_ADDR"] = "10.0.0.9"
    ask(browser, "13900139000")
    assert len(messages.sent) == 5


def test_pressing_too_soon_is_not_counted(browser: Browser, messages: Messages) -> None:
    for _ in range(20):
        ask(browser)
    with browser.app.app_context():
        assert set(db.session.scalars(select(RateCount.hits))) == {1}
    assert len(messages.sent) == 1


def test_another_process_counts_on_from_the_same_rows(
    browser: Browser,
    another_process: Callable[..., Flask],
    messages: Messages,
    clock: Clock,
) -> None:
    other = Browser(another_process())
    for number in range(5):
        ask(browser if number % 2 else other)
        clock.shift(timedelta(seconds=61))
    ask(other, expect=429)
    ask(browser, expect=429)
    assert len(messages.sent) == 5


def test_the_counts_hold_no_phone_and_no_address(browser: Browser) -> None:
    ask(browser)
    with browser.app.app_context():
        keys = db.session.scalars(select(RateCount.key)).all()
    assert len(keys) == 3
    assert not any("138001" in key or "127.0.0.1" in key for key in keys)
