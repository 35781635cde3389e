"""Signing in the staff with phone and password."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, Response
from sqlalchemy import func, select

from hub.accounts.known_browsers import COOKIE, keep_key, know_browser
from hub.accounts.models import Account, KnownBrowser
from hub.accounts.passwords import hash_password
from hub.audit import AuditEntry
from hub.db import db, transaction
from hub.ops.retention import delete_expired
from tests.accounts.conftest import Messages
from tests.aliases import Clock
from tests.browser import Browser, Page
from tests.cast import Cast

PASSWORD = "一条很长的 pass phrase"
SignIn = Callable[..., Page]


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> int:
    """The clerk, with a password."""
    kept = hash_password(PASSWORD)
    with app.app_context():
        db.session.get_one(Account, cast.clerk).password_hash = kept
        db.session.commit()
    return cast.clerk


@pytest.fixture
def known(browser: Browser, clerk: int) -> Browser:
    """A browser in which the clerk has signed in before."""
    with browser.app.test_request_context(), transaction():
        key = know_browser(db.session.get_one(Account, clerk))
        answer = Response()
        keep_key(answer, key)
    cookie = answer.headers["Set-Cookie"].partition(";")[0].partition("=")
    browser.client.set_cookie(cookie[0], cookie[2])
    return browser


def try_password(
    browser: Browser,
    password: str = PASSWORD,
    phone: str = "13800000011",
    expect: int = 200,
    at: str = "/sign-in/password",
) -> Page:
    return browser.submit(browser.visit(at), expect, phone=phone, password=password)


def is_signed_in(browser: Browser) -> bool:
    return browser.client.get("/me").status_code == 200


def sign_out(browser: Browser, form: str = "/sign-out") -> None:
    page = browser.visit("/me")
    chosen = next(each for each in page.forms if each.action == form)
    browser.post(form, chosen.fields, referer="/me")


class TestInANewBrowser:
    @pytest.mark.parametrize("phone", ["13800000011", "13800000012", "13800000014"])
    def test_a_code_alone_signs_in_nobody_who_has_a_role(
        self, browser: Browser, clerk: int, sign_in: SignIn, phone: str
    ) -> None:
        page = sign_in(browser, phone)
        assert page.url == "/sign-in/password"
        assert "请再填密码" in page.text
        assert not is_signed_in(browser)

    def test_code_and_password_lead_to_the_desk(
        self, browser: Browser, clerk: int, sign_in: SignIn
    ) -> None:
        page = sign_in(browser, "13800000011")
        assert page.form("password").fields["phone"] == "138 0000 0011"
        assert browser.submit(page, password=PASSWORD).url.startswith("/desk")
        assert is_signed_in(browser)

    def test_the_password_is_not_looked_at_before_the_code(
        self, another_browser: Callable[[], Browser], clerk: int
    ) -> None:
        """So nobody can guess at one, or use its tries up, without the phone."""
        for password in (PASSWORD, "wrong"):
            browser = another_browser()
            page = try_password(browser, password)
            assert page.url == "/sign-in/code"
            assert "先填短信验证码，再填密码" in page.text
            assert not is_signed_in(browser)

    def test_asked_for_the_password_first_one_gives_the_code_and_then_both(
        self, browser: Browser, clerk: int, messages: Messages
    ) -> None:
        page = try_password(browser, at="/sign-in/password?next=/me")
        page = browser.submit(page, form="/sign-in/code", code=messages.code)
        assert page.url.startswith("/sign-in/password")
        assert browser.submit(page, password=PASSWORD).url == "/me"

    def test_the_code_is_good_for_ten_minutes(
        self, browser: Browser, clerk: int, sign_in: SignIn, clock: Clock
    ) -> None:
        page = sign_in(browser, "13800000011")
        clock.shift(timedelta(minutes=10))
        assert browser.submit(page, password=PASSWORD).url == "/sign-in/code"
        assert not is_signed_in(browser)

    def test_the_code_of_one_phone_does_not_prove_another(
        self, browser: Browser, clerk: int, sign_in: SignIn
    ) -> None:
        sign_in(browser, "13800000012")
        assert try_password(browser).url == "/sign-in/code"
        assert not is_signed_in(browser)

    def test_a_family_needs_the_code_only(self, browser: Browser, sign_in: SignIn) -> None:
        sign_in(browser, "13800000001")
        assert is_signed_in(browser)

    def test_a_cookie_that_somebody_made_up_makes_it_no_other(
        self, browser: Browser, known: Browser, another_browser: Callable[[], Browser]
    ) -> None:
        signed = known.client.get_cookie(COOKIE)
        assert signed
        key = signed.value.rpartition(".")[0]
        for made_up in (key, f"{key}.", f"{key}.AAAA", "", "é"):
            thief = another_browser()
            thief.client.set_cookie(COOKIE, made_up)
            assert try_password(thief).url == "/sign-in/code"


class TestInABrowserWhereTheAccountHasSignedIn:
    def test_the_password_alone_leads_to_the_desk(
        self, browser: Browser, clerk: int, sign_in: SignIn
    ) -> None:
        browser.submit(sign_in(browser, "13800000011"), password=PASSWORD)
        sign_out(browser)
        assert not is_signed_in(browser)
        assert try_password(browser).url.startswith("/desk")

    def test_a_code_alone_is_still_not_enough(self, known: Browser, sign_in: SignIn) -> None:
        assert sign_in(known, "13800000011").url == "/sign-in/password"
        assert not is_signed_in(known)

    def test_another_account_is_new(self, app: Flask, known: Browser, cast: Cast) -> None:
        with app.app_context(), transaction():
            db.session.get_one(Account, cast.manager).password_hash = hash_password(PASSWORD)
        assert try_password(known, phone="13800000012").url == "/sign-in/code"

    def test_a_second_account_leaves_the_first_one_known(
        self, known: Browser, sign_in: SignIn
    ) -> None:
        """Two of the staff share the PC of the desk; one of them comes as a mother."""
        sign_in(known, "13800000001")
        sign_out(known)
        assert try_password(known).url.startswith("/desk")

    def test_signing_out_everywhere_makes_every_browser_new_to_this_account_alone(
        self, known: Browser, sign_in: SignIn, app: Flask, cast: Cast
    ) -> None:
        sign_in(known, "13800000001")
        sign_out(known, "/sign-out/everywhere")
        try_password(known)
        assert is_signed_in(known), "the mother's leaving does not concern the clerk"
        sign_out(known, "/sign-out/everywhere")
        assert try_password(known).url == "/sign-in/code"

    def test_it_is_new_again_after_four_hundred_days(
        self, app: Flask, known: Browser, clock: Clock
    ) -> None:
        clock.shift(timedelta(days=399))
        try_password(known)
        assert is_signed_in(known)
        sign_out(known)
        cookie = known.client.get_cookie(COOKIE)
        clock.shift(timedelta(days=401))
        assert cookie
        known.client.set_cookie(COOKIE, cookie.value)  # kept longer than it was told
        assert try_password(known).url == "/sign-in/code"
        with app.app_context():
            assert db.session.scalar(select(func.count(KnownBrowser.id))) == 1
            assert sum(delete_expired()) >= 1
            assert db.session.scalar(select(func.count(KnownBrowser.id))) == 0

    def test_the_database_does_not_know_what_the_cookie_holds(
        self, app: Flask, known: Browser
    ) -> None:
        cookie = known.client.get_cookie(COOKIE)
        with app.app_context():
            row = db.session.scalars(select(KnownBrowser)).one()
        assert cookie
        assert not any(part in row.key_hash for part in cookie.value.split("."))


def test_the_sign_in_is_written_down(app: Flask, known: Browser, clerk: int) -> None:
    try_password(known, "wrong", expect=422)
    try_password(known)
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry)).one()
        assert (entry.act, entry.account_id) == ("sign_in_by_password", clerk)
        assert (entry.subject, entry.subject_id) == ("account", clerk)


def test_one_comes_back_to_where_one_was(known: Browser) -> None:
    page = known.visit("/me")
    at = page.links["工作人员用密码登录"]
    assert try_password(known, at=at).url == "/me"


def test_a_way_back_to_elsewhere_leads_to_the_desk(known: Browser) -> None:
    page = known.visit("/sign-in/password?next=//evil.example")
    fields = {**page.form("password").fields, "phone": "13800000011", "password": PASSWORD}
    answer = known.client.post("/sign-in/password", data=fields)
    assert (answer.status_code, answer.location) == (303, "/desk")


def test_every_reason_why_not_has_one_answer(
    another_browser: Callable[[], Browser], clerk: int, sign_in: SignIn, known: Browser
) -> None:
    answers = []
    for phone, password in (
        ("13800000011", "wrong"),  # a wrong password
        ("13800000012", PASSWORD),  # staff without a password
        ("13800000012", "wrong"),
    ):
        browser = another_browser()
        page = browser.submit(sign_in(browser, phone), 422, password=password)
        assert "password_hash" not in page.html
        answers.append(page.text)
    assert "手机号或密码不对" in answers[0]
    assert len(set(answers)) == 1
    page = known.submit(known.visit("/sign-in/password"), 422, phone="13800000011", password="")
    assert "请填密码" in page.text


def test_known_and_unknown_phones_are_answered_alike(
    another_browser: Callable[[], Browser], clerk: int, queries: list[str]
) -> None:
    answers = []
    for phone in ("13800000011", "13800000012", "13800000001", "13899999999"):
        browser = another_browser()
        fields = browser.visit("/sign-in/password").form("password").fields
        queries.clear()
        sent = {**fields, "phone": phone, "password": PASSWORD}
        answer = browser.client.post("/sign-in/password", data=sent)
        answers.append((answer.status_code, answer.location, list(queries)))
    assert answers[0] == answers[1] == answers[2] == answers[3]


def test_what_was_typed_stays_except_the_password(known: Browser) -> None:
    page = try_password(known, "wrong", "138 0000 0011", expect=422)
    assert page.form("password").fields["phone"] == "138 0000 0011"
    assert page.form("password").fields["password"] == ""


def test_ten_tries_in_a_browser_are_enough_for_a_quarter_of_an_hour(
    known: Browser, clock: Clock
) -> None:
    for _ in range(10):
        try_password(known, "wrong", expect=422)
    page = try_password(known, expect=429)
    assert "15 分钟" in page.text
    clock.shift(timedelta(minutes=15))
    assert try_password(known).url.startswith("/desk")


def test_tries_in_another_browser_do_not_shut_the_owner_out(
    known: Browser, another_browser: Callable[[], Browser], sign_in: SignIn
) -> None:
    """Somebody has the phone, or its SIM card, and tries passwords; or tries them without it."""
    thief, stranger = another_browser(), another_browser()
    page = sign_in(thief, "13800000011")
    for _ in range(10):
        page = thief.submit(page, 422, password="wrong")
    thief.submit(page, 429, password=PASSWORD)
    for _ in range(30):
        fields = stranger.visit("/sign-in/password").form("password").fields
        sent = {**fields, "phone": "13800000011", "password": "wrong"}
        stranger.client.post("/sign-in/password", data=sent)
    assert try_password(known).url.startswith("/desk")


def test_no_transaction_is_open_while_the_password_is_hashed(
    app: Flask, known: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hub.accounts import views

    fits = vars(views)["password_fits"]

    def look(kept: str, password: str) -> bool:
        with app.app_context(), db.engine.begin() as connection:  # a writer is not kept waiting
            connection.exec_driver_sql("UPDATE account SET name = name")
        return fits(kept, password)

    monkeypatch.setattr(views, "password_fits", look)
    assert try_password(known).url.startswith("/desk")


def test_a_password_too_long_is_refused(browser: Browser, clerk: int) -> None:
    try_password(browser, "x" * 201, expect=422)


def test_the_password_is_in_no_log(known: Browser, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    try_password(known)
    assert PASSWORD not in caplog.text
