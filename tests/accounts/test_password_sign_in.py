"""Signing in the staff with phone and password."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from hub.accounts import rules
from hub.accounts.models import Account
from hub.accounts.passwords import hash_password
from hub.audit import AuditEntry
from hub.db import db
from tests.aliases import Clock
from tests.browser import Browser, Page
from tests.cast import Cast

PASSWORD = "一条很长的 pass phrase"


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> int:
    """The clerk, with a password."""
    kept = hash_password(PASSWORD)
    with app.app_context():
        db.session.get_one(Account, cast.clerk).password_hash = kept
        db.session.commit()
    return cast.clerk


def try_password(
    browser: Browser,
    password: str = PASSWORD,
    phone: str = "13800000011",
    expect: int = 200,
    at: str = "/sign-in/password",
) -> Page:
    return browser.submit(browser.visit(at), expect, phone=phone, password=password)


def test_phone_and_password_lead_to_the_desk(browser: Browser, clerk: int) -> None:
    assert try_password(browser).url.startswith("/desk")
    assert browser.visit("/me").url == "/me"


def test_the_sign_in_is_written_down(app: Flask, browser: Browser, clerk: int) -> None:
    try_password(browser, "wrong", expect=422)
    try_password(browser)
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry)).one()
        assert (entry.act, entry.account_id) == ("sign_in_by_password", clerk)
        assert (entry.subject, entry.subject_id) == ("account", clerk)


def test_one_comes_back_to_where_one_was(browser: Browser, clerk: int) -> None:
    page = browser.visit("/me")
    at = page.links["工作人员用密码登录"]
    assert try_password(browser, at=at).url == "/me"


def test_a_way_back_to_elsewhere_leads_to_the_desk(browser: Browser, clerk: int) -> None:
    page = browser.visit("/sign-in/password?next=//evil.example")
    fields = {**page.form("password").fields, "phone": "13800000011", "password": PASSWORD}
    answer = browser.client.post("/sign-in/password", data=fields)
    assert (answer.status_code, answer.location) == (303, "/desk")


def test_every_reason_why_not_has_one_answer(
    browser: Browser, cast: Cast, clerk: int, queries: list[str]
) -> None:
    answers = []
    for phone, password in (
        ("13800000011", "wrong"),  # a wrong password
        ("13800000012", PASSWORD),  # staff without a password
        ("13800000001", PASSWORD),  # a family
        ("13899999999", PASSWORD),  # a stranger
        ("13800000012", ""),  # nothing kept, nothing typed: still refused
    ):
        page = browser.visit("/sign-in/password")
        queries.clear()
        page = browser.submit(page, 422, phone=phone, password=password)
        assert "password_hash" not in page.html
        answers.append((page.text, len(queries)))
    assert "手机号或密码不对" in answers[0][0]
    assert answers[0] == answers[1] == answers[2] == answers[3]
    assert "请填密码" in answers[4][0]


def test_what_was_typed_stays_except_the_password(browser: Browser, clerk: int) -> None:
    page = try_password(browser, "wrong", "138 0000 0011", expect=422)
    assert page.form("password").fields["phone"] == "138 0000 0011"
    assert page.form("password").fields["password"] == ""


def test_ten_tries_of_a_phone_are_enough_for_a_quarter_of_an_hour(
    browser: Browser, clerk: int, clock: Clock
) -> None:
    for _ in range(10):
        try_password(browser, "wrong", expect=422)
    page = try_password(browser, expect=429)
    assert "15 分钟" in page.text
    clock.shift(timedelta(minutes=15))
    assert try_password(browser).url.startswith("/desk")


def test_an_unknown_phone_is_limited_like_a_known_one(browser: Browser, clerk: int) -> None:
    said = []
    for phone in ("13800000011", "13899999999"):
        for _ in range(10):
            try_password(browser, "wrong", phone, expect=422)
        said.append(try_password(browser, "wrong", phone, expect=429).text)
    assert said[0] == said[1]


def test_an_address_cannot_go_through_phones(
    browser: Browser, clerk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "PASSWORDS_PER_ADDRESS_AND_QUARTER", 3)
    for number in range(3):
        try_password(browser, "wrong", f"1380013800{number}", expect=422)
    try_password(browser, expect=429)
    browser.client.environ_base["REMOTE_ADDR"] = "10.0.0.9"
    assert try_password(browser).url.startswith("/desk")


def test_no_transaction_is_open_while_the_password_is_hashed(
    app: Flask, browser: Browser, clerk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hub.accounts import views

    fits = vars(views)["password_fits"]

    def look(kept: str, password: str) -> bool:
        with app.app_context(), db.engine.begin() as connection:  # a writer is not kept waiting
            connection.exec_driver_sql("UPDATE account SET name = name")
        return fits(kept, password)

    monkeypatch.setattr(views, "password_fits", look)
    assert try_password(browser).url.startswith("/desk")


def test_a_password_too_long_is_refused(browser: Browser, clerk: int) -> None:
    try_password(browser, "x" * 201, expect=422)


def test_the_password_is_in_no_log(
    browser: Browser, clerk: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    try_password(browser)
    assert PASSWORD not in caplog.text


def test_a_family_may_also_have_both_ways(
    browser: Browser, clerk: int, sign_in: Callable[..., Page]
) -> None:
    assert sign_in(browser, "13800000011").url.startswith("/desk")
