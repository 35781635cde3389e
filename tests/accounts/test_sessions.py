"""Sessions are rows: what a cookie opens, for how long, and what can never bring one back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from hub.accounts import sessions
from hub.accounts.models import Account, AccountSession
from hub.accounts.sessions import begin_session, load_account
from hub.db import db, transaction
from hub.ops.retention import delete_expired
from tests.aliases import Clock
from tests.browser import Browser
from tests.cast import Cast

BEGIN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # where the clock stands
FETCHED = {"Sec-Fetch-Mode": "cors"}  # by a page or by the worker of the browser, not by a person
OPENED = {"Sec-Fetch-Mode": "navigate"}


def is_signed_in(browser: Browser, **headers: str) -> bool:
    return browser.client.get("/me", headers=headers).status_code == 200


def cookies_set(browser: Browser, address: str, **headers: str) -> list[str]:
    return browser.client.get(address, headers=headers).headers.getlist("Set-Cookie")


def test_no_cookie_is_somebody_but_one_whose_session_is_there(
    app: Flask, cast: Cast, queries: list[str]
) -> None:
    with app.app_context():
        for key in ("", "1", ":", "x:1", f"{cast.mother}:1", "\x00", "é" * 4000):
            assert load_account(key) is None
        clerk = db.session.get_one(Account, cast.clerk)
        with transaction():
            begin_session(clerk)
        queries.clear()
        account = load_account(clerk.session_key)
        assert account is not None
        assert account.id == cast.clerk
        assert account.is_staff
        assert len(queries) <= 1


def test_a_cookie_opens_nothing_in_a_database_that_never_gave_it_out(
    app: Flask, browser: Browser, cast: Cast
) -> None:
    browser.sign_in(cast.mother)
    with app.app_context(), transaction():  # as after a restore, or in a new database
        db.session.execute(text("DELETE FROM account_session"))
        begin_session(db.session.get_one(Account, cast.clerk))
    assert not is_signed_in(browser)


def test_the_database_does_not_know_what_the_cookie_holds(app: Flask, cast: Cast) -> None:
    with app.app_context():
        mother = db.session.get_one(Account, cast.mother)
        with transaction():
            begin_session(mother)
        row = db.session.scalars(select(AccountSession)).one()
        assert len(mother.session_key) >= 40
        assert mother.session_key not in {str(value) for value in vars(row).values()}


def test_a_late_answer_does_not_set_the_cookie_again(browser: Browser, cast: Cast) -> None:
    browser.sign_in(cast.mother)
    browser.token()  # the first form of a browser sets it, and no page after that
    for address in ("/", "/me", "/bookings"):
        assert cookies_set(browser, address) == []


def test_an_answer_that_comes_after_signing_out_brings_nothing_back(
    browser: Browser, cast: Cast, clock: Clock
) -> None:
    browser.sign_in(cast.mother)
    clock.move_to(BEGIN + timedelta(days=2))
    late = cookies_set(browser, "/bookings", **OPENED)  # asked before; on its way for a while
    assert late
    browser.client.post("/sign-out", data={"csrf_token": browser.token()})
    browser.client.set_cookie("hub", late[0].partition("=")[2].partition(";")[0])
    assert not is_signed_in(browser)


class TestTheEnd:
    def test_a_family_that_comes_back_within_ninety_days_stays_signed_in(
        self, browser: Browser, cast: Cast, clock: Clock
    ) -> None:
        browser.sign_in(cast.mother)
        for days in (80, 160):
            clock.move_to(BEGIN + timedelta(days=days))
            assert is_signed_in(browser, **OPENED)
        clock.move_to(BEGIN + timedelta(days=251))
        assert not is_signed_in(browser, **OPENED)

    def test_staff_are_signed_out_after_four_hours_without_use(
        self, browser: Browser, cast: Cast, clock: Clock
    ) -> None:
        browser.sign_in(cast.clerk)
        for hours in (3.9, 7.7):
            clock.move_to(BEGIN + timedelta(hours=hours))
            assert is_signed_in(browser, **OPENED)
        clock.move_to(BEGIN + timedelta(hours=11.8))
        assert not is_signed_in(browser, **OPENED)

    @pytest.mark.parametrize("headers", [FETCHED, {"HX-Request": "true"}])
    def test_is_not_put_off_by_what_a_page_fetches_by_itself(
        self, browser: Browser, cast: Cast, clock: Clock, headers: dict[str, str]
    ) -> None:
        browser.sign_in(cast.clerk)
        clock.move_to(BEGIN + timedelta(hours=3))
        assert is_signed_in(browser, **headers)
        clock.move_to(BEGIN + timedelta(hours=4))
        assert not is_signed_in(browser, **headers)

    def test_is_put_off_by_a_form_that_htmx_sends(
        self, browser: Browser, cast: Cast, clock: Clock
    ) -> None:
        """A clerk who only presses 签到 all morning opens no page."""
        token = {"csrf_token": browser.sign_in(cast.clerk).token()}
        clock.move_to(BEGIN + timedelta(hours=3))
        sent = {"HX-Request": "true", **FETCHED}
        browser.client.post("/care", data={**token, "care": "1"}, headers=sent)
        clock.move_to(BEGIN + timedelta(hours=6))
        assert is_signed_in(browser, **FETCHED)

    def test_is_written_once_in_a_while_only(
        self, browser: Browser, cast: Cast, clock: Clock, queries: list[str]
    ) -> None:
        browser.sign_in(cast.clerk)
        written = []
        for minutes in (9, 10, 11, 19, 20):
            clock.move_to(BEGIN + timedelta(minutes=minutes))
            queries.clear()
            browser.client.get("/me")
            written += [minutes for one in queries if one.startswith("UPDATE account_session")]
        assert written == [10, 20]

    def test_its_row_is_deleted_when_it_is_over(
        self, app: Flask, browser: Browser, cast: Cast, clock: Clock
    ) -> None:
        browser.sign_in(cast.clerk)
        browser.sign_in(cast.mother)
        clock.move_to(BEGIN + timedelta(hours=5))
        with app.app_context():
            assert sum(delete_expired()) == 1
            assert db.session.scalar(select(func.count(AccountSession.id))) == 1


def test_the_page_goes_out_where_the_session_cannot_be_renewed(
    browser: Browser, cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held() -> Any:
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    browser.sign_in(cast.clerk)
    clock.move_to(BEGIN + timedelta(hours=1))
    monkeypatch.setattr(sessions, "transaction", held)
    assert is_signed_in(browser, **OPENED)
