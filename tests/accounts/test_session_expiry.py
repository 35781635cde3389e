"""A form sent when the sign-in has expired: kept, and given back after signing in again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, request
from sqlalchemy import delete, select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from hub.accounts import saved_forms
from hub.accounts.models import AccountSession, SavedForm
from hub.accounts.saved_forms import saved_form
from hub.db import db
from hub.families.models import Person
from hub.web.security import Admits, open_to
from tests.aliases import Clock
from tests.browser import Browser, Page
from tests.cast import Cast

SignIn = Callable[..., Page]
TYPED: dict[str, Any] = {"name": "小雨", "born": "20200229"}
NEW = "/family/persons/new"
HERE = {"Sec-Fetch-Site": "same-origin", "Referer": f"http://localhost{NEW}"}


def send(browser: Browser, fields: dict[str, Any], **headers: str) -> TestResponse:
    return browser.client.post(NEW, data=fields, headers={**HERE, **headers})


def expire(app: Flask, account_id: int) -> None:
    with app.app_context():
        db.session.execute(delete(AccountSession).where(AccountSession.account_id == account_id))
        db.session.commit()


def rows(app: Flask) -> list[SavedForm]:
    with app.app_context():
        return list(db.session.scalars(select(SavedForm)))


def persons(app: Flask) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(select(Person.name)))


def test_a_form_survives_a_sign_in_that_has_expired(
    app: Flask, browser: Browser, cast: Cast, sign_in: SignIn
) -> None:
    page = browser.sign_in(cast.mother).visit(NEW)
    expire(app, cast.mother)
    page = browser.submit(page, form=NEW, **TYPED)
    assert page.url == f"/sign-in?next={NEW}"
    assert "刚才填的内容已为您保留" in page.text
    assert "小雨" not in persons(app)
    page = sign_in(browser, "13800000001", at=page.url)
    assert page.url == NEW
    assert "已为您保留刚才填的内容，请再按一次提交" in page.text
    fields = page.form(NEW).fields
    assert {name: fields[name] for name in TYPED} == TYPED
    assert rows(app) == []
    browser.submit(page, form=NEW, sex="female")
    assert "小雨" in persons(app)


def test_a_form_survives_a_cookie_that_was_lost(
    app: Flask, browser: Browser, cast: Cast, sign_in: SignIn
) -> None:
    page = browser.sign_in(cast.mother).visit(NEW)
    browser.client.delete_cookie("hub")
    page = browser.submit(page, form=NEW, **TYPED)
    assert page.url == f"/sign-in?next={NEW}"
    assert "小雨" not in persons(app)
    page = sign_in(browser, "13800000001", at=page.url)
    assert page.form(NEW).fields["name"] == "小雨"


def test_it_is_given_back_once_and_without_a_query_when_nothing_waits(
    app: Flask, browser: Browser, cast: Cast, sign_in: SignIn, queries: list[str]
) -> None:
    browser.sign_in(cast.mother)
    expire(app, cast.mother)
    send(browser, {**TYPED, "csrf_token": browser.token()})
    page = sign_in(browser, "13800000001", at=f"/sign-in?next={NEW}")
    assert page.form(NEW).fields["name"] == "小雨"
    queries.clear()
    page = browser.visit(NEW)
    assert page.form(NEW).fields["name"] == ""
    assert not any("saved_form" in statement for statement in queries)


def test_another_page_does_not_use_it_up(
    app: Flask, browser: Browser, cast: Cast, sign_in: SignIn, queries: list[str]
) -> None:
    browser.sign_in(cast.mother)
    expire(app, cast.mother)
    send(browser, {**TYPED, "csrf_token": browser.token()})
    sign_in(browser, "13800000001", at="/sign-in?next=/me")
    queries.clear()
    page = browser.visit(f"/family/persons/{cast.xiaoman}")
    assert page.form(f"/{cast.xiaoman}").fields["name"] == "小满"
    assert not any("saved_form" in statement for statement in queries)
    assert browser.visit(NEW).form(NEW).fields["name"] == "小雨"


def test_another_browser_does_not_see_it(
    app: Flask,
    browser: Browser,
    another_browser: Callable[[], Browser],
    cast: Cast,
) -> None:
    browser.sign_in(cast.mother)
    expire(app, cast.mother)
    send(browser, {**TYPED, "csrf_token": browser.token()})
    other = another_browser().sign_in(cast.mother)
    assert other.visit(NEW).form(NEW).fields["name"] == ""
    assert len(rows(app)) == 1


def test_it_is_kept_half_an_hour(
    app: Flask, browser: Browser, cast: Cast, sign_in: SignIn, clock: Clock
) -> None:
    token = browser.token()
    send(browser, {**TYPED, "csrf_token": token})
    clock.shift(timedelta(minutes=30))
    page = sign_in(browser, "13800000001", at=f"/sign-in?next={NEW}")
    assert page.form(NEW).fields["name"] == ""
    assert "保留" not in page.text


def test_old_ones_are_cleared_away(app: Flask, browser: Browser, clock: Clock) -> None:
    token = browser.token()
    send(browser, {"name": "旧", "csrf_token": token})
    clock.shift(timedelta(minutes=31))
    send(browser, {"name": "新", "csrf_token": token})
    (row,) = rows(app)
    assert "新" in row.fields


def test_the_row_holds_no_token_and_the_session_nothing_of_what_was_typed(
    app: Flask, browser: Browser
) -> None:
    csrf_token = browser.token()
    send(browser, {**TYPED, "csrf_token": csrf_token})
    (row,) = rows(app)
    with browser.client.session_transaction() as session:
        token = session["kept"]["token"]
        assert "小雨" not in str(dict(session))
    assert token not in row.token_hash
    assert "csrf_token" not in row.fields
    assert row.path == NEW


def test_all_values_of_a_field_come_back(app: Flask, browser: Browser) -> None:
    send(browser, {"days": ["1", "3"], "note": "a\x00b 🙂", "csrf_token": browser.token()})
    with browser.client.session_transaction() as session:
        waiting = dict(session)
    with app.test_request_context(NEW):
        from flask import session as fresh

        fresh.update(waiting)
        assert saved_form(NEW) == MultiDict([("days", "1"), ("days", "3"), ("note", "a\x00b 🙂")])


@pytest.mark.parametrize("fields", [{}, {"note": "长" * 3000}])
def test_nothing_and_too_much_are_not_kept_but_one_still_signs_in(
    app: Flask, browser: Browser, fields: dict[str, str]
) -> None:
    answer = send(browser, {**fields, "csrf_token": browser.token()})
    assert (answer.status_code, answer.location) == (303, f"/sign-in?next={NEW}")
    assert rows(app) == []


def test_an_address_cannot_fill_the_disk(
    app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_forms, "FORMS_PER_ADDRESS_AND_HOUR", 3)
    token = browser.token()
    for _ in range(6):
        assert send(browser, {**TYPED, "csrf_token": token}).status_code == 303
    assert len(rows(app)) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://other.localhost"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": "", "Referer": "https://evil.example/family/persons/new"},
        {"Sec-Fetch-Site": "", "Referer": ""},
    ],
)
def test_a_form_of_another_site_is_refused_and_not_kept(
    app: Flask, browser: Browser, headers: dict[str, str]
) -> None:
    assert send(browser, TYPED, **headers).status_code == 400
    assert rows(app) == []


def test_a_browser_without_the_fetch_header_is_known_by_its_origin(
    app: Flask, browser: Browser
) -> None:
    answer = send(browser, TYPED, **{"Sec-Fetch-Site": "", "Origin": "http://localhost"})
    assert answer.status_code == 303
    assert len(rows(app)) == 1


def test_a_missing_token_of_somebody_signed_in_is_refused(
    app: Flask, browser: Browser, cast: Cast
) -> None:
    browser.sign_in(cast.mother)
    before = persons(app)
    assert send(browser, {**TYPED, "sex": "female"}).status_code == 400
    assert persons(app) == before
    assert rows(app) == []


def test_in_a_part_of_a_page_the_whole_page_goes_to_the_sign_in(
    app: Flask, browser: Browser
) -> None:
    answer = send(browser, TYPED, **{"HX-Request": "true", "HX-Target": "form"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == f"/sign-in?next={NEW}"
    assert answer.data == b""
    answer = browser.client.get("/family?a=1", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert _next(answer.headers["HX-Redirect"]) == "/family?a=1"


def test_the_way_back_is_the_page_that_showed_the_form(app: Flask, browser: Browser) -> None:
    referer = f"http://localhost{NEW}?next=/slots/3"
    answer = send(browser, TYPED, Referer=referer)
    assert _next(answer.location) == f"{NEW}?next=/slots/3"
    assert rows(app)[0].path == NEW


@pytest.mark.parametrize(
    "referer", ["", "https://evil.example/family", "http://localhost/slots/3/bookings"]
)
def test_without_that_page_the_nearest_one_above_is_the_way_back(
    app: Flask, browser: Browser, referer: str
) -> None:
    token = browser.token()
    answer = browser.client.post(
        "/slots/3/bookings",
        data={"person": "5", "csrf_token": token},
        headers={"Referer": referer},
    )
    assert _next(answer.location) == "/slots/3"
    assert rows(app)[0].path == "/slots/3"


def test_a_choice_is_given_back_too(own_app: Flask) -> None:
    seen = []
    browser = Browser(own_app)

    @own_app.route("/echo", methods=["GET", "POST"])
    @open_to(Admits.EVERYONE)
    def echo() -> str:
        seen.append(saved_form(request.path))
        return ""

    with browser.client.session_transaction() as session:
        session["kept"] = {"token": "made up", "path": "/echo"}
    browser.client.get("/echo")
    with browser.client.session_transaction() as session:
        assert "kept" not in session
    assert seen == [None]


def _next(location: str | None) -> str:
    return parse_qs(urlsplit(location or "").query)["next"][0]
