"""Signing in with a phone and a code, as pages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from hub.accounts.models import Account, SignInCode
from hub.accounts.rules import CODE_TRIES
from hub.audit import AuditEntry
from hub.db import db
from hub.families.models import Household
from tests.accounts.conftest import Messages
from tests.aliases import Clock, Save
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.makers import an_account

SignIn = Callable[..., Page]


def ask(browser: Browser, phone: str = "13800138000", expect: int = 200) -> Page:
    return browser.submit(browser.visit("/sign-in"), expect, phone=phone)


def enter(browser: Browser, page: Page, code: str, expect: int = 200) -> Page:
    return browser.submit(page, expect, form="/sign-in/code", code=code)


def resend(browser: Browser, page: Page, expect: int = 200) -> Page:
    form = next(form for form in page.forms if form.action == "/sign-in")
    return browser.post("/sign-in", form.fields, expect, referer=page.url)


def is_signed_in(browser: Browser) -> bool:
    return browser.client.get("/me").status_code == 200


def test_a_phone_and_its_code_sign_in(browser: Browser, messages: Messages) -> None:
    page = ask(browser, "138 0013 8000")
    assert page.url == "/sign-in/code"
    assert "138 0013 8000" in page.text
    assert [phone for phone, _ in messages.sent] == ["+8613800138000"]
    page = enter(browser, page, messages.code)
    assert page.url == "/"
    assert is_signed_in(browser)


def test_the_message_names_the_site_how_long_and_to_tell_nobody(
    browser: Browser, messages: Messages
) -> None:
    ask(browser)
    _, text = messages.sent[0]
    assert text.startswith("【渝好空间】")
    assert "5 分钟" in text
    assert "不要告诉别人" in text


def test_a_code_typed_with_blanks_and_full_width_digits_signs_in(
    browser: Browser, messages: Messages
) -> None:
    page = ask(browser)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in messages.code)
    enter(browser, page, f" {wide[:3]} {wide[3:]}")
    assert is_signed_in(browser)


def test_the_first_sign_in_makes_an_account_and_nothing_else(
    app: Flask, browser: Browser, sign_in: SignIn
) -> None:
    sign_in(browser)
    with app.app_context():
        account = db.session.scalars(select(Account)).unique().one()
        assert account.phone == "+8613800138000"
        assert (account.name, account.password_hash, account.roles) == ("", "", [])
        for other in (Household, AuditEntry):
            assert db.session.scalars(select(other)).all() == []


def test_the_next_sign_in_finds_the_same_account(
    app: Flask, browser: Browser, sign_in: SignIn, clock: Clock
) -> None:
    sign_in(browser)
    browser.post("/sign-out", _token(browser))
    clock.shift(timedelta(minutes=2))
    sign_in(browser)
    with app.app_context():
        assert len(db.session.scalars(select(Account)).unique().all()) == 1


@pytest.mark.parametrize("typed", ["", "12345", "023 6312 3456", "不知道"])
def test_a_number_no_message_can_reach_is_refused_beside_the_field(
    browser: Browser, messages: Messages, typed: str
) -> None:
    page = ask(browser, typed, expect=422)
    assert "phone-error" in page.ids
    assert "手机号" in page.text
    assert page.form("/sign-in").fields["phone"] == typed
    assert messages.sent == []


def test_known_and_unknown_phones_are_answered_alike(
    app: Flask, cast: Cast, another_browser: Callable[[], Browser], queries: list[str]
) -> None:
    answers = []
    for phone in ("13800000001", "13899999999", "13800000011"):
        browser = another_browser()
        token = browser.visit("/sign-in").form("/sign-in").fields["csrf_token"]
        queries.clear()
        fields = {"csrf_token": token, "phone": phone, "next": ""}
        sent = browser.client.post("/sign-in", data=fields)
        asked = list(queries)
        page = browser.visit("/sign-in/code")
        said = page.text.replace(f"{phone[:3]} {phone[3:7]} {phone[7:]}", "PHONE")
        demo_code = next(word for word in said.split() if word.isdigit() and len(word) == 6)
        answers.append((sent.status_code, sent.location, asked, said.replace(demo_code, "CODE")))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][:2] == (303, "/sign-in/code")


def test_the_code_is_not_kept_in_the_clear(
    app: Flask, browser: Browser, messages: Messages
) -> None:
    ask(browser)
    with app.app_context():
        row = db.session.scalars(select(SignInCode)).one()
        assert messages.code not in row.code_hash
        assert len(row.code_hash) == 64
        assert row.expires_at - row.sent_at == timedelta(minutes=5)


def test_a_wrong_code_says_how_often_one_may_still_try(
    browser: Browser, messages: Messages
) -> None:
    page = enter(browser, ask(browser), messages.wrong_code, expect=422)
    assert "验证码不对，还可以试 4 次" in page.text
    assert "code-error" in page.ids
    page = enter(browser, page, messages.wrong_code, expect=422)
    assert "还可以试 3 次" in page.text
    enter(browser, page, messages.code)
    assert is_signed_in(browser)


def test_guessing_ends_after_five_tries_even_with_the_right_code(
    browser: Browser, messages: Messages
) -> None:
    page = ask(browser)
    for _ in range(5):
        page = enter(browser, page, messages.wrong_code, expect=422)
    assert "试错太多次" in page.text
    page = enter(browser, page, messages.code, expect=422)
    assert "试错太多次" in page.text
    assert "重新发一个" in page.text
    assert not is_signed_in(browser)


def test_what_is_no_code_costs_no_try(browser: Browser, messages: Messages) -> None:
    page = ask(browser)
    for typed in ("", "123", "abcdef", "12345x"):
        page = enter(browser, page, typed, expect=422)
        assert "6 位数字" in page.text
    page = enter(browser, page, messages.wrong_code, expect=422)
    assert "还可以试 4 次" in page.text


def test_a_code_lives_five_minutes(browser: Browser, messages: Messages, clock: Clock) -> None:
    page = ask(browser)
    clock.shift(timedelta(minutes=5))
    page = enter(browser, page, messages.code, expect=422)
    assert "已经过期" in page.text
    assert "重新发一个" in page.text
    assert not is_signed_in(browser)


def test_a_code_is_good_a_moment_before_it_expires(
    browser: Browser, messages: Messages, clock: Clock
) -> None:
    page = ask(browser)
    clock.shift(timedelta(minutes=5, microseconds=-1))
    enter(browser, page, messages.code)
    assert is_signed_in(browser)


def test_a_code_opens_once(browser: Browser, messages: Messages) -> None:
    page = ask(browser)
    token = browser.token()
    with browser.client.session_transaction() as session:
        waiting, mine = session["signing_in"], session["browser"]
    enter(browser, page, messages.code)
    browser.post("/sign-out", {"csrf_token": token})
    with browser.client.session_transaction() as session:
        session.update({"signing_in": waiting, "browser": mine})
    page = enter(browser, browser.visit("/sign-in/code"), messages.code, expect=422)
    assert "已经用过" in page.text
    assert not is_signed_in(browser)


def test_a_code_opens_only_in_the_browser_that_asked_for_it(
    browser: Browser, another_browser: Callable[[], Browser], messages: Messages
) -> None:
    other = another_browser()
    page = ask(browser)
    code = messages.code
    strangers_page = ask(other)
    if code != messages.code:
        enter(other, strangers_page, code, expect=422)
        assert not is_signed_in(other)
    enter(browser, page, code)
    assert is_signed_in(browser)


def test_a_stranger_who_types_its_number_neither_voids_its_code_nor_uses_up_its_tries(
    browser: Browser, another_browser: Callable[[], Browser], messages: Messages
) -> None:
    page = ask(browser)
    code = messages.code
    stranger = another_browser()
    strangers_page = ask(stranger)
    for _ in range(CODE_TRIES):
        enter(stranger, strangers_page, messages.wrong_code, expect=422)
    enter(browser, page, code)
    assert is_signed_in(browser)


def test_a_code_opens_only_the_phone_it_was_sent_to(
    browser: Browser, another_browser: Callable[[], Browser], messages: Messages
) -> None:
    ask(browser, "13800138000")
    first = messages.code
    other = another_browser()
    page = ask(other, "13800138001")
    if first != messages.code:
        enter(other, page, first, expect=422)
        assert not is_signed_in(other)


def test_asking_again_within_a_minute_says_how_long_and_sends_nothing(
    browser: Browser, messages: Messages, clock: Clock
) -> None:
    page = ask(browser)
    clock.shift(timedelta(seconds=18))
    page = resend(browser, page)
    assert page.url == "/sign-in/code"
    assert "再等 42 秒" in page.text
    assert len(messages.sent) == 1
    enter(browser, page, messages.code)
    assert is_signed_in(browser)


def test_a_new_code_after_a_minute_replaces_the_old_one(
    browser: Browser, messages: Messages, clock: Clock
) -> None:
    page, old = ask(browser), messages.code
    clock.shift(timedelta(seconds=60))
    page = resend(browser, page)
    assert len(messages.sent) == 2
    if old != messages.code:
        page = enter(browser, page, old, expect=422)
        assert "还可以试 4 次" in page.text
    enter(browser, page, messages.code)
    assert is_signed_in(browser)


def test_a_message_that_cannot_be_sent_is_told_and_may_be_asked_for_again_at_once(
    app: Flask, browser: Browser, messages: Messages
) -> None:
    messages.is_broken = True
    page = ask(browser, expect=503)
    assert "短信没有发出去" in page.text
    with app.app_context():
        assert db.session.scalars(select(SignInCode)).all() == []
    messages.is_broken = False
    page = browser.submit(page, form="/sign-in")
    enter(browser, page, messages.code)
    assert is_signed_in(browser)


def test_the_message_goes_out_after_the_commit(
    app: Flask, browser: Browser, messages: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(_phone: str, _text: str) -> None:
        with app.app_context():
            seen.append(db.session.scalars(select(SignInCode.tries_left)).all())

    monkeypatch.setattr(messages, "send", look)
    ask(browser)
    assert seen == [[5]]


def test_old_codes_of_otcode_are_cleared_away(app: Flask, browser: Browser, clock: Clock) -> None:
    for number in range(3):
        ask(browser, f"1380013800{number}")
    clock.shift(timedelta(minutes=6))
    ask(browser, "13800138009")
    with app.app_context():
        kept = db.session.scalars(select(SignInCode.phone)).all()
    assert kept == ["+8613800138009"]


def test_the_demo_shows_the_code_under_a_clear_notice(browser: Browser, messages: Messages) -> None:
    page = ask(browser)
    assert "演示" in page.text
    assert messages.code in page.text


def test_without_the_demo_the_code_is_nowhere_on_the_page_or_in_the_session(
    another_process: Callable[..., Flask], messages: Messages
) -> None:
    browser = Browser(another_process(HUB_DEMO_SIGN_IN="0"))
    page = ask(browser)
    assert messages.code not in page.html
    with browser.client.session_transaction() as session:
        assert messages.code not in str(dict(session))
    enter(browser, page, messages.code)
    assert is_signed_in(browser)


def test_the_code_page_without_a_phone_leads_to_the_sign_in_page(browser: Browser) -> None:
    assert browser.visit("/sign-in/code").url == "/sign-in"
    token = browser.visit("/sign-in").form("/sign-in").fields["csrf_token"]
    page = browser.post("/sign-in/code", {"csrf_token": token, "code": "123456"})
    assert page.url == "/sign-in"


def test_the_phone_is_in_no_address_and_no_log(
    browser: Browser, messages: Messages, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    page = ask(browser)
    page = enter(browser, page, messages.wrong_code, expect=422)
    page = enter(browser, page, messages.code)
    messages.is_broken = True
    for each in (page, browser.visit("/me")):
        assert not any("138001" in href for href in each.hrefs)
        assert "138001" not in each.url
    assert "138001" not in caplog.text
    assert messages.code not in caplog.text


def test_the_fields_help_a_phone_to_fill_them(browser: Browser) -> None:
    page = browser.visit("/sign-in")
    assert 'type="tel"' in page.html
    assert 'autocomplete="tel"' in page.html
    page = ask(browser)
    for wanted in ('inputmode="numeric"', 'autocomplete="one-time-code"', "pattern=", "maxlength="):
        assert wanted in page.html


def test_who_cannot_receive_a_code_is_told_where_to_go(browser: Browser) -> None:
    for page in (browser.visit("/sign-in"), ask(browser)):
        assert "收不到验证码？打电话给中心，或到前台登记。" in page.text


def test_the_sign_in_lasts_ninety_days(browser: Browser, sign_in: SignIn, clock: Clock) -> None:
    sign_in(browser)
    with browser.client.session_transaction() as session:
        assert session.permanent
    clock.shift(timedelta(days=89))
    assert is_signed_in(browser)
    clock.shift(timedelta(days=91))
    assert not is_signed_in(browser)


def test_signing_in_keeps_what_the_visitor_had_chosen(browser: Browser, sign_in: SignIn) -> None:
    page = browser.visit("/sign-in")
    with browser.client.session_transaction() as session:
        session["district_id"] = 7
    token = page.form("/sign-in").fields["csrf_token"]
    sign_in(browser)
    with browser.client.session_transaction() as session:
        assert session["district_id"] == 7
        assert "signing_in" not in session
    browser.post("/sign-out", {"csrf_token": token})
    assert not is_signed_in(browser)


@pytest.mark.parametrize("way_back", ["/family", "/me?from=here"])
def test_one_comes_back_to_where_one_was(browser: Browser, sign_in: SignIn, way_back: str) -> None:
    page = browser.visit(way_back)
    assert page.url.startswith("/sign-in?next=")
    assert "登录后会回到刚才的页面" in page.text
    assert sign_in(browser, at=page.url).url == way_back


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n//evil.example",
        "evil.example",
        "/" + "a" * 5000,
    ],
)
def test_a_way_back_to_elsewhere_leads_home(
    browser: Browser,
    messages: Messages,
    evil: str,
) -> None:
    page = browser.visit("/sign-in", query_string={"next": evil})
    sent = {**page.form("/sign-in").fields, "phone": "13800138000"}
    browser.client.post("/sign-in", data=sent)
    page = browser.visit("/sign-in/code")
    fields = {**page.form("/sign-in/code").fields, "code": messages.code}
    answer = browser.client.post("/sign-in/code", data=fields)
    assert (answer.status_code, answer.location) == (303, "/")
    answer = browser.client.get("/sign-in", query_string={"next": evil})
    assert (answer.status_code, answer.location) == (303, "/")


def test_who_is_signed_in_has_no_business_on_the_sign_in_pages(
    browser: Browser, cast: Cast
) -> None:
    browser.sign_in(cast.mother)
    for url in ("/sign-in", "/sign-in/code", "/sign-in/password"):
        assert browser.visit(url).url == "/"


@pytest.mark.parametrize("url", ["/sign-in", "/sign-in/code", "/sign-in/password"])
def test_signing_in_needs_the_token_of_the_page(
    browser: Browser, messages: Messages, url: str
) -> None:
    answer = browser.client.post(url, data={"phone": "13800138000", "password": "x"})
    assert answer.status_code == 400
    assert messages.sent == []
    assert not is_signed_in(browser)


def test_the_pages_cost_few_queries(
    app: Flask,
    browser: Browser,
    messages: Messages,
    queries: list[str],
    saved: Save,
) -> None:
    saved(*[an_account() for _ in range(30)])
    queries.clear()
    page = browser.visit("/sign-in")
    browser.visit("/sign-in/password")
    assert queries == []
    page = browser.submit(page, phone="13800138000")
    assert len(queries) <= 8, queries  # three counts, the last code, three clearings, the new code
    queries.clear()
    browser.client.post(
        "/sign-in/code", data={**page.form("/sign-in/code").fields, "code": messages.code}
    )
    # the claim, no account, a new one, which is read, its session, its browser
    assert len(queries) <= 6, queries


def _token(browser: Browser) -> dict[str, str]:
    return {"csrf_token": browser.visit("/me").form("/sign-out/everywhere").fields["csrf_token"]}
