"""Signing out: this browser, or every browser."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from hub.audit import AuditEntry
from hub.db import db
from tests.browser import Browser
from tests.cast import Cast


def leave(browser: Browser, everywhere: bool = False) -> str:
    form = "/sign-out/everywhere" if everywhere else "/sign-out"
    page = browser.visit("/me")
    chosen = next(each for each in page.forms if each.action == form)
    return browser.post(form, chosen.fields, referer="/me").text


def is_signed_in(browser: Browser) -> bool:
    return browser.client.get("/me").status_code == 200


def test_signing_out_ends_this_browser_only(
    browser: Browser, another_browser: Callable[[], Browser], cast: Cast
) -> None:
    other = another_browser().sign_in(cast.mother)
    browser.sign_in(cast.mother)
    assert "已退出登录" in leave(browser)
    assert not is_signed_in(browser)
    assert is_signed_in(other)


def test_signing_out_forgets_everything_but_how_pages_look(browser: Browser, cast: Cast) -> None:
    browser.sign_in(cast.mother)
    browser.client.set_cookie("language", "en")
    browser.client.set_cookie("care", "1")
    with browser.client.session_transaction() as session:
        session.update(district_id=3, kept={"token": "t", "path": "/p"})
    token = {"csrf_token": browser.token()}
    assert browser.client.post("/sign-out", data=token).status_code == 303
    with browser.client.session_transaction() as session:
        assert session.keys() == {"_flashes"}
    assert browser.client.get_cookie("language")
    assert browser.client.get_cookie("care")


def test_signing_out_twice_is_no_trouble(browser: Browser, cast: Cast) -> None:
    browser.sign_in(cast.mother)
    leave(browser)
    token = browser.visit("/sign-in").form("/sign-in").fields["csrf_token"]
    assert browser.post("/sign-out", {"csrf_token": token}).url == "/"


def test_signing_out_everywhere_ends_every_browser(
    app: Flask, browser: Browser, another_browser: Callable[[], Browser], cast: Cast
) -> None:
    phone, desk = another_browser().sign_in(cast.mother), another_browser().sign_in(cast.mother)
    grandmother = another_browser().sign_in(cast.grandmother)
    browser.sign_in(cast.mother)
    assert "所有手机和电脑" in leave(browser, everywhere=True)
    assert not any(is_signed_in(each) for each in (browser, phone, desk))
    assert is_signed_in(grandmother)
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry)).one()
        assert (entry.act, entry.account_id) == ("sign_out_everywhere", cast.mother)


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_copied_cookie_is_worthless_after_signing_out(
    browser: Browser, another_browser: Callable[[], Browser], cast: Cast, everywhere: bool
) -> None:
    browser.sign_in(cast.mother)
    cookie = browser.client.get_cookie("hub")
    assert cookie
    leave(browser, everywhere=everywhere)
    thief = another_browser()
    thief.client.set_cookie("hub", cookie.value)
    assert not is_signed_in(thief)


def test_one_can_sign_in_again_after_signing_out_everywhere(
    browser: Browser, cast: Cast, sign_in: Callable[..., object]
) -> None:
    browser.sign_in(cast.mother)
    leave(browser, everywhere=True)
    sign_in(browser, "13800000001")
    assert is_signed_in(browser)


def test_signing_out_everywhere_asks_a_stranger_to_sign_in(browser: Browser) -> None:
    token = browser.visit("/sign-in").form("/sign-in").fields["csrf_token"]
    page = browser.post("/sign-out/everywhere", {"csrf_token": token}, referer="/me")
    assert page.url == "/sign-in?next=/me"
    assert "保留" not in page.text


def test_signing_out_is_never_a_link(browser: Browser, cast: Cast) -> None:
    browser.sign_in(cast.mother)
    for url in ("/sign-out", "/sign-out/everywhere"):
        assert browser.client.get(url).status_code == 405
    assert is_signed_in(browser)
