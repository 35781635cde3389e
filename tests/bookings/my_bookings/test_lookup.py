"""我约上了吗? By phone and booking number, without signing in."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from hub.bookings.my_bookings import lookup
from hub.db import db
from hub.limits import RateCount
from tests.aliases import Book, Make
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.makers import a_number, tomorrow

PHONE = "13800000001"  # the mother's


def ask(browser: Browser, number: str, phone: str = PHONE, expect: int = 200) -> Page:
    return browser.submit(
        browser.visit("/booked"), expect, form="/booked", phone=phone, number=number
    )


def test_the_answer_says_what_when_and_where_and_names_nobody(
    browser: Browser, cast: Cast, a_place: Make, booked: Book
) -> None:
    number = booked(a_place(), cast.mother, cast.xiaoman)
    page = ask(browser, number)
    for words in ("约好了", "亲子绘本", "14:00–15:30", "榕树社区渝好空间"):
        assert words in page.text
    assert "小满" not in page.html
    assert page.url == "/booked"


def test_both_guardians_phones_are_right_and_numbers_are_understood_as_people_type_them(
    browser: Browser, cast: Cast, a_place: Make, booked: Book
) -> None:
    number = booked(a_place(), cast.mother, cast.xiaoman)
    spaced = f" {number[:3]} {number[3:6]}-{number[6:]} "
    wide = number.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    for typed in (spaced, wide):
        assert "约好了" in ask(browser, typed, phone="+86 138 0000 0002").text


def test_who_waits_reads_its_position(
    browser: Browser, cast: Cast, a_place: Make, booked: Book
) -> None:
    slot = a_place(capacity=1, taken=1, waiting=2)
    assert "候补第 3 位" in ask(browser, booked(slot, cast.mother, cast.xiaoman)).text


def test_a_wrong_phone_and_an_unknown_number_answer_the_same(
    browser: Browser, cast: Cast, a_place: Make, booked: Book
) -> None:
    number = booked(a_place(), cast.mother, cast.xiaoman)
    known, unknown = "13800000003", "13900000000"
    nobodys = a_number()
    pages = [
        ask(browser, number, phone=known, expect=422),
        ask(browser, number, phone=unknown, expect=422),
        ask(browser, nobodys, phone=known, expect=422),
        ask(browser, nobodys, phone=PHONE, expect=422),
    ]
    assert {page.text for page in pages} == {pages[0].text}
    assert "没有查到" in pages[0].text


@pytest.mark.parametrize(
    ("phone", "number", "says"),
    [
        ("", "", "请填手机号"),
        ("123", "4821937756", "手机号"),
        (PHONE, "4821937755", "10 位数字"),
        (PHONE, "1", "10 位数字"),
        (PHONE, "x" * 500, "10 位数字"),
        (PHONE, "\0", "10 位数字"),
    ],
)
def test_what_cannot_be_read_is_asked_for_again(
    browser: Browser, cast: Cast, phone: str, number: str, says: str
) -> None:
    page = ask(browser, number, phone=phone, expect=422)
    assert says in page.text
    assert page.form("/booked").fields["phone"] == phone


def test_one_phone_is_asked_about_so_often_and_no_more(
    browser: Browser,
    cast: Cast,
    a_place: Make,
    booked: Book,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookup, "QUESTIONS_PER_PHONE_AND_HOUR", 2)
    number = booked(a_place(), cast.mother, cast.xiaoman)
    for _ in range(2):
        ask(browser, a_number(), expect=422)
    assert "次数太多" in ask(browser, number, expect=429).text
    assert "约好了" in ask(browser, number, phone="13800000002").text


def test_one_address_asks_so_often_and_then_uses_up_no_phones_count(
    app: Flask, browser: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "QUESTIONS_PER_ADDRESS_AND_HOUR", 2)
    for number in range(5):
        ask(browser, a_number(), phone=f"1390000000{number}", expect=422 if number < 2 else 429)
    with app.app_context():
        phones = select(func.count()).where(RateCount.purpose == "booked_phone")
        assert db.session.scalar(phones) == 2


def test_without_the_token_of_the_form_nothing_is_answered(browser: Browser) -> None:
    browser.post("/booked", {"phone": PHONE, "number": a_number()}, 400)


def test_it_is_found_from_every_page_and_from_the_sign_in_page(browser: Browser) -> None:
    assert browser.visit("/").links["我约上了吗？"] == "/booked"
    assert "/booked" in browser.visit("/sign-in").hrefs


def test_the_page_reads_nothing_and_an_answer_takes_few_queries(
    browser: Browser,
    queries: list[str],
    cast: Cast,
    a_place: Make,
    booked: Book,
) -> None:
    numbers = [
        booked(a_place(starts_at=tomorrow(hour)), cast.mother, cast.xiaoman) for hour in (9, 12)
    ]
    asked = browser.visit("/booked")
    queries.clear()
    browser.visit("/booked")
    assert queries == []
    for number in numbers:
        queries.clear()
        browser.submit(asked, form="/booked", phone=PHONE, number=number)
        assert len(queries) <= 4  # two counts, the old ones cleared away, the booking
