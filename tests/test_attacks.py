"""What somebody might send who means harm, or whose browser does: refused, and nobody the wiser."""

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from hub import clock as clocks
from hub import create_app
from hub.accounts import rules
from hub.accounts.codes import read_code
from hub.accounts.models import Account
from hub.actor import Actor
from hub.bookings.models import Booking, BookingState
from hub.bookings.single_slot.actions import book, cancel
from hub.db import db, transaction
from hub.families import actions
from hub.families.models import Person
from hub.families.queries import my_person
from hub.families.rules import tidy_name
from hub.limits import RateCount, count_use
from hub.notices.models import Notice
from hub.refusals import Refused
from hub.timetable.models import Slot
from tests.aliases import Clock, Save
from tests.browser import WITHOUT_TOKEN, Browser
from tests.cast import Cast
from tests.conftest import settings
from tests.makers import a_booking, a_slot, an_activity

NEW = "/family/persons/new"
CODE, PASSWORD = "/sign-in", "/sign-in/password"
# Marks above and below in turn: putting them in order takes the square of their number.
MARKS = "\u0301\u0316" * 100_000


def send(browser: Browser, address: str, fields: dict[str, str], **headers: str) -> TestResponse:
    """A form as a hand-made request sends it, with the token of a page."""
    sent = {"csrf_token": browser.token(), **fields}
    return browser.client.post(address, data=sent, headers=headers)


def ask(browser: Browser, forwarded_for: str, number: int) -> int:
    """Ask for the code of one of many phones from a claimed address."""
    sent = {"phone": f"1380013800{number}"}
    return send(browser, CODE, sent, **{"X-Forwarded-For": forwarded_for}).status_code


@pytest.fixture
def slot(app: Flask, cast: Cast, saved: Save) -> Any:
    """Make a slot of the cast's activity and say its id."""

    def make(**given: Any) -> int:
        with app.app_context():
            made = a_slot(db.session.get_one(type(an_activity()), cast.activity), **given)
            db.session.add(made)
            db.session.commit()
            return made.id

    return make


@pytest.mark.parametrize("name", ["Origin", "Referer"])
def test_an_address_that_is_none_does_not_bring_the_site_down(browser: Browser, name: str) -> None:
    broken = {name: "http://["}
    assert browser.client.post(NEW, data={"name": "x"}, headers=broken).status_code == 400
    with_token = send(browser, NEW, {"name": "小满"}, **broken)
    assert with_token.status_code == 303
    assert with_token.location == f"/sign-in?next={NEW}"


@pytest.mark.usefixtures("spoken")
def test_a_name_or_a_code_of_endless_marks_takes_no_time() -> None:
    began = time.process_time()
    with pytest.raises(Refused, match="最多写 20 个字"):
        tidy_name("a" + MARKS)
    assert read_code("1" + MARKS) == ""
    assert time.process_time() - began < 1


@pytest.mark.usefixtures("spoken")
@pytest.mark.parametrize("typed", ["\u3164", "\u115f\u1160", "\ufe0f", "\U000e0100", "\u034f"])
def test_a_name_of_which_nothing_is_seen_is_no_name(typed: str) -> None:
    with pytest.raises(Refused, match="请写上姓名"):
        tidy_name(typed)
    assert tidy_name(f"小{typed}满") == "小满"


@pytest.mark.usefixtures("spoken")
def test_a_mark_without_a_letter_to_stand_on_is_no_name() -> None:
    with pytest.raises(Refused, match="汉字或字母"):
        tidy_name("\u0316\u0301")


@pytest.mark.parametrize("next_", ["javascript:alert(1)", "//evil.example", "https://evil.example"])
def test_the_way_back_of_a_refused_person_stays_on_this_site(
    browser: Browser, cast: Cast, next_: str
) -> None:
    browser.sign_in(cast.mother)
    answer = send(browser, NEW, {"name": "", "next": next_})
    assert answer.status_code == 422
    assert next_ not in answer.text


def test_a_key_used_for_one_booking_is_not_taken_for_another(
    app: Flask, browser: Browser, cast: Cast, slot: Callable[..., int]
) -> None:
    browser.sign_in(cast.mother)
    first, second = slot(), slot(starts_at=clocks.now() + timedelta(days=3))
    sent = {"person": str(cast.xiaoman), "request_key": "once"}
    numbers = [
        send(browser, f"/slots/{slot_id}/bookings", sent).location
        for slot_id in (first, first, second)
    ]
    assert numbers[0] == numbers[1] != numbers[2]
    with app.app_context():
        assert set(db.session.scalars(select(Booking.slot_id))) == {first, second}


def test_a_key_that_two_accounts_send_books_for_both(
    app: Flask, browser: Browser, cast: Cast, slot: Callable[..., int]
) -> None:
    address = f"/slots/{slot()}/bookings"
    for account, person in ((cast.mother, cast.xiaoman), (cast.other_mother, cast.amu)):
        sent = {"person": str(person), "request_key": "the same"}
        assert send(Browser(app).sign_in(account), address, sent).status_code == 303
    with app.app_context():
        assert len(db.session.scalars(select(Booking.id)).all()) == 2


def test_a_form_sent_again_after_cancelling_books_again(
    browser: Browser, cast: Cast, slot: Callable[..., int]
) -> None:
    browser.sign_in(cast.mother)
    address, sent = f"/slots/{slot()}/bookings", {"person": str(cast.xiaoman), "request_key": "k"}
    first = send(browser, address, sent).location
    send(browser, f"{first}/cancellation", {})
    again = send(browser, address, sent).location
    assert again != first
    assert "约好了" in browser.visit(again or "").text


@pytest.mark.parametrize("address", ["/bookings/%00/cancellation", "/bookings/%00"])
def test_a_null_character_in_an_address_is_no_fault_of_ours(
    browser: Browser, cast: Cast, address: str
) -> None:
    browser.sign_in(cast.clerk)
    assert browser.client.get(address).status_code in {400, 404}


def test_a_null_character_in_a_form_is_no_fault_of_ours(
    app: Flask, browser: Browser, cast: Cast, slot: Callable[..., int]
) -> None:
    referer = {"Referer": "http://localhost/bookings/%00"}
    assert send(browser, NEW, {"name": "x"}, **referer).status_code in {303, 400}
    browser.sign_in(cast.mother)
    sent = {"person": str(cast.xiaoman), "request_key": "\0"}
    assert send(browser, f"/slots/{slot()}/bookings", sent).status_code in {303, 400}


def test_a_null_character_in_a_search_is_left_out(browser: Browser, cast: Cast) -> None:
    browser.sign_in(cast.administrator)
    assert "榕树社区渝好空间" in browser.visit("/desk?q=%00榕树").text
    assert "榕树社区渝好空间" in browser.visit("/centres?q=%00榕树").text


def test_an_address_that_tried_too_much_locks_out_no_further_phone(
    app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "CODES_PER_ADDRESS_AND_HOUR", 3)
    for number in range(8):
        sent = {"phone": f"1380013800{number}", "password": "a guess"}
        address = PASSWORD if number % 2 else CODE
        assert send(browser, address, sent).status_code == (303 if number < 3 else 429)
    with app.app_context():
        phones = select(func.count()).where(RateCount.purpose == "code_phone_hour")
        assert db.session.scalar(phones) == 3


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        (PASSWORD, {"phone": "13800138000", "password": "a guess"}),
        ("/sign-in", {"phone": "13800138000"}),
        (NEW, {"name": "小满"}),
    ],
)
def test_counts_whose_window_has_passed_are_cleared_away(
    app: Flask, browser: Browser, clock: Clock, address: str, fields: dict[str, str]
) -> None:
    with app.app_context(), transaction():
        for number in range(5):
            count_use("test", str(number), most=1, window=timedelta(minutes=1))
    clock.shift(timedelta(minutes=5))
    send(browser, address, fields)
    with app.app_context():
        assert "test" not in db.session.scalars(select(RateCount.purpose)).all()


def test_a_made_up_forwarded_address_counts_for_nothing(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "CODES_PER_ADDRESS_AND_HOUR", 2)
    statuses = [ask(browser, f"10.0.0.{number}", number) for number in range(4)]
    assert statuses == [303, 303, 429, 429]


def test_behind_a_proxy_only_what_the_proxy_added_counts(
    app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "CODES_PER_ADDRESS_AND_HOUR", 2)
    behind = create_app(settings(database_url, HUB_PROXIES="1"))
    browser = Browser(behind)
    made_up = [ask(browser, f"10.0.0.{number}, 192.0.2.1", number) for number in range(4)]
    assert made_up == [303, 303, 429, 429]
    assert ask(browser, "10.0.0.1, 192.0.2.2", 4) == 303
    with behind.app_context():
        db.engine.dispose()


def test_who_moves_up_is_told_in_the_language_of_the_site_and_not_of_who_cancelled(
    app: Flask, cast: Cast, slot: Callable[..., int]
) -> None:
    slot_id = slot(capacity=1)
    with app.test_request_context(headers={"Cookie": "language=en"}):
        families = (("木", cast.amu, cast.other_mother), ("满", cast.xiaoman, cast.mother))
        for last, person_id, account in families:
            with transaction():
                person = db.session.get_one(Person, person_id)
                person.name = "好" * 19 + last
                row = db.session.get_one(Slot, slot_id)
                row.activity.title = "课" * 60
                book(row, person, by=Actor(account, clocks.now()))
        with transaction():
            first = db.session.scalars(select(Booking).order_by(Booking.id).limit(1)).one()
            cancel(first, by=Actor(cast.other_mother, clocks.now()))
        told = db.session.scalars(select(Notice.text)).all()
    assert told
    assert all(text.startswith("候补到名额了") and len(text) <= 200 for text in told)


def test_nothing_of_another_family_is_found_by_its_number_or_id(
    app: Flask, browser: Browser, cast: Cast, slot: Callable[..., int]
) -> None:
    slot_id = slot(places_left=9)
    with app.app_context():
        person = db.session.get_one(Person, cast.amu)
        db.session.add(a_booking(db.session.get_one(Slot, slot_id), person, number="4821937756"))
        db.session.commit()
    browser.sign_in(cast.mother)
    mine = f"/family/persons/{cast.amu}"
    for address in (mine, f"{mine}/removal", "/bookings/4821937756/cancellation"):
        assert browser.client.get(address).status_code == 404
        assert send(browser, address, {"name": "小偷"}).status_code == 404
    assert browser.client.get("/bookings/4821937756").status_code == 404
    sent = {"person": str(cast.amu), "request_key": "k"}
    assert send(browser, f"/slots/{slot_id}/bookings", sent).status_code == 422
    with app.app_context():
        assert db.session.scalars(select(Booking.state)).all() == [BookingState.CONFIRMED]


def test_a_person_who_is_removed_while_the_family_is_corrected_is_no_fault_of_ours(
    app: Flask, browser: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove() -> None:
        with app.test_request_context():
            account = db.session.get_one(Account, cast.grandmother)
            with transaction():
                actions.remove_person(account, my_person(account, cast.duoduo, lock=True))

    other_tab = threading.Thread(target=remove)
    change = actions.change_person

    def change_a_moment_later(*given: Any, **facts: Any) -> None:
        other_tab.start()
        other_tab.join(timeout=0.5)
        change(*given, **facts)

    monkeypatch.setattr(actions, "change_person", change_a_moment_later)
    browser.sign_in(cast.mother)
    facts = {"name": "朵儿", "born": "20240501", "sex": "female"}
    answer = send(browser, f"/family/persons/{cast.duoduo}", facts)
    other_tab.join(timeout=20)
    assert answer.status_code == 303
    assert browser.client.get(f"/family/persons/{cast.duoduo}").status_code == 404


def test_no_form_does_anything_without_its_token(app: Flask, browser: Browser, cast: Cast) -> None:
    browser.sign_in(cast.mother)
    adapter = app.url_map.bind("localhost")
    known = {"person_id": cast.xiaoman, "number": "4821937756"}
    writing = [
        rule
        for rule in app.url_map.iter_rules()
        # Forms on pages for everybody have none: see tests/test_choices.py.
        if "POST" in (rule.methods or ()) and rule.rule not in WITHOUT_TOKEN
    ]
    assert len(writing) >= 12
    for rule in writing:
        values = {name: known.get(name, 1) for name in rule.arguments}
        address = adapter.build(rule.endpoint, values, method="POST")
        for headers in ({}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "none"}):
            answer = browser.client.post(address, data={"name": "x"}, headers=headers)
            assert answer.status_code == 400, address


@pytest.mark.parametrize(
    "body",
    [
        b"name=%ff%fe%ed%a0%80",
        b"&".join(b"f%d=1" % number for number in range(10_000)),
        b"name=" + b"a" * 400_000,
        json.dumps({"name": "x"}).encode(),
    ],
)
def test_an_odd_or_huge_form_is_refused(browser: Browser, cast: Cast, body: bytes) -> None:
    browser.sign_in(cast.mother)
    answer = browser.client.post(
        NEW,
        data=body,
        content_type="application/x-www-form-urlencoded",
        headers={"X-CSRFToken": browser.token()},
    )
    assert answer.status_code in {413, 422}
