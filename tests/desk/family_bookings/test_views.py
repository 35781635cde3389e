"""代约: the desk books for who rings or walks in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from hub.accounts.models import Account
from hub.actor import Channel
from hub.bookings.models import Booking
from hub.catalogue.models import Admission
from hub.db import db
from hub.desk.family_bookings.actions import LOOKUPS
from hub.families.models import Person
from hub.text import number
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.desk.day.test_views import at, in_order
from tests.makers import tomorrow

NEWCOMER: dict[str, Any] = {"name": "果果", "born": "20200504", "sex": "female"}
Persons = Callable[..., Page]


@pytest.fixture
def slot_id(desk: Desk) -> int:
    """Tomorrow at 14:00: four places, two of them for the desk, one given."""
    return desk.fill(tomorrow(14), confirmed=1, capacity=4, desk_places=2)


@pytest.fixture
def persons_of(browser: Browser, cast: Cast, slot_id: int) -> Persons:
    """The desk's second page: who of the family with this phone is it for?"""

    def ask(phone: str, channel: str = "desk", of_slot: int = 0) -> Page:
        page = browser.sign_in(cast.clerk).visit(f"/desk/slots/{of_slot or slot_id}/bookings")
        return browser.submit(page, form="/household", phone=phone, channel=channel)

    return ask


def count(app: Flask, table: type) -> int:
    with app.app_context():
        return db.session.scalars(select(func.count()).select_from(table)).one()


def test_a_known_child_is_booked_with_two_presses(
    desk: Desk, browser: Browser, app: Flask, cast: Cast, slot_id: int, persons_of: Persons
) -> None:
    page = persons_of("138 0000 0001", "phone")
    assert "138 0000 0001" in page.text
    # The mother is too old for it, and says so; the children can be chosen.
    assert in_order(page.text, "陈岚", "请选择孩子", "小满", "朵朵")
    assert page.form("/bookings").choices["persons"] == [str(cast.xiaoman), str(cast.duoduo)]
    shown = browser.submit(page, form="/bookings", persons=str(cast.xiaoman))
    booked = desk.number_of("小满")
    assert shown.url == f"/desk/bookings/{booked}"
    assert in_order(shown.text, "办好了", "小满", "约上了", number(booked))
    assert desk.counters_of(slot_id) == (1, 1, 0), "what is kept for the desk goes first"
    assert ("book", cast.clerk) in desk.done()
    assert len([text for text in desk.told() if number(booked) in text]) == 2, "both guardians"
    with app.app_context():
        booking = db.session.scalars(select(Booking).where(Booking.number == booked)).one()
        assert (booking.channel, booking.made_by_id) == (Channel.PHONE, cast.clerk)
        assert booking.household_id == cast.household


def test_two_children_are_booked_together(
    desk: Desk, browser: Browser, app: Flask, cast: Cast, persons_of: Persons
) -> None:
    page = persons_of("13800000001")
    both = [str(cast.xiaoman), str(cast.duoduo)]
    shown = browser.submit(page, form="/bookings", persons=both)
    assert "一起约的" in shown.text
    with app.app_context():
        parties = db.session.scalars(
            select(Booking.party).where(Booking.household_id == cast.household)
        )
        assert set(parties) == {desk.number_of("小满")}


def test_a_neighbour_who_was_never_here_is_entered_and_booked_at_once(
    desk: Desk, browser: Browser, app: Flask, cast: Cast, persons_of: Persons
) -> None:
    accounts = count(app, Account)
    page = persons_of("+86 139-1234-5678")
    assert "给谁预约" in page.text
    shown = browser.submit(page, form="/bookings", **NEWCOMER)
    assert in_order(shown.text, "果果", "约上了")
    assert count(app, Account) == accounts + 1
    assert len([text for text in desk.told() if "前台替您约好了：果果" in text]) == 1
    with app.app_context():
        account = db.session.query(Account).filter_by(phone="+8613912345678").one()
        account_id = account.id
    # Signing in with that phone shows it all.
    assert "果果" in browser.sign_in(account_id).visit("/family").text
    assert browser.visit(f"/bookings/{desk.number_of('果果')}")


def test_the_same_form_twice_is_one_family_one_child_and_one_booking(
    desk: Desk, browser: Browser, app: Flask, persons_of: Persons, slot_id: int
) -> None:
    page = persons_of("13912345678")
    first = browser.submit(page, form="/bookings", **NEWCOMER)
    persons, bookings = count(app, Person), count(app, Booking)
    messages = len(desk.told())
    again = browser.submit(page, form="/bookings", **NEWCOMER)
    assert again.url == first.url
    assert (count(app, Person), count(app, Booking)) == (persons, bookings)
    assert len(desk.told()) == messages


def test_a_full_slot_means_the_waiting_list_and_then_nothing(
    desk: Desk, browser: Browser, cast: Cast, persons_of: Persons
) -> None:
    full = desk.fill(tomorrow(16), confirmed=1, capacity=1, waiting_limit=1)
    page = persons_of("13800000001", of_slot=full)
    assert "排候补" in page.html
    shown = browser.submit(page, form="/bookings", persons=str(cast.xiaoman))
    assert "候补中" in shown.text
    page = persons_of("13800000003", of_slot=full)
    refused = browser.submit(page, 422, form="/bookings", persons=str(cast.amu))
    assert "候补也排满了" in refused.text
    assert refused.form("/bookings").fields["persons"] == str(cast.amu), "who was chosen stays"


def test_a_draw_takes_an_entry(
    desk: Desk, browser: Browser, cast: Cast, persons_of: Persons
) -> None:
    entries_until = tomorrow(14) + timedelta(days=5)
    starts_at = tomorrow(14) + timedelta(days=7)
    drawn = desk.fill(starts_at, admission=Admission.DRAW, entries_until=entries_until)
    page = persons_of("13800000001", of_slot=drawn)
    shown = browser.submit(page, form="/bookings", persons=str(cast.xiaoman))
    assert "报了名，等摇号" in shown.text
    assert "等摇号 1" in browser.visit(f"/desk/slots/{drawn}").text


def test_what_is_wrong_stands_beside_the_field_and_nothing_is_lost(
    browser: Browser, app: Flask, cast: Cast, slot_id: int, persons_of: Persons
) -> None:
    page = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}/bookings")
    for wrong in ("", "123", "023-67890123"):
        refused = browser.submit(page, 422, form="/household", phone=wrong, channel="phone")
        assert "phone-error" in refused.html
        assert refused.form("/household").fields["channel"] == "phone"
    accounts = count(app, Account)
    page = persons_of("13800000001")
    assert "请选给谁约" in browser.submit(page, 422, form="/bookings").text
    page = persons_of("13912345678")
    refused = browser.submit(page, 422, form="/bookings", name="果果", born="2020")
    assert "没看懂这个日期" in refused.text
    assert refused.form("/bookings").fields["name"] == "果果"
    assert refused.form("/bookings").fields["born"] == "2020"
    assert count(app, Account) == accounts, "no account for a form that was not finished"


def test_nobody_of_another_family_is_reached_by_a_number(
    browser: Browser, app: Flask, cast: Cast, slot_id: int, persons_of: Persons
) -> None:
    page = persons_of("13800000001")
    sent = page.form("/bookings").fields | {"persons": str(cast.amu)}
    before = count(app, Booking)
    refused = browser.post(f"/desk/slots/{slot_id}/bookings", sent, 422)
    assert "阿木" not in refused.text
    without_phone = sent | {"phone": "x", "persons": str(cast.xiaoman)}
    refused = browser.post(f"/desk/slots/{slot_id}/bookings", without_phone, 422)
    assert "小满" not in refused.text
    assert count(app, Booking) == before


def test_every_look_at_a_family_is_noted_and_there_is_an_end_to_looking(
    desk: Desk, browser: Browser, app: Flask, cast: Cast, slot_id: int, persons_of: Persons
) -> None:
    page = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}/bookings")
    assert "小满" not in page.text
    assert desk.reads() == []
    persons_of("13800000001")
    assert desk.reads() == [(cast.clerk, "household", cast.household, 3)]
    persons_of("13912345678")
    assert len(desk.reads()) == 1, "there was nobody to see"
    for _ in range(LOOKUPS - 2):
        browser.submit(page, form="/household", phone="13912345678")
    refused = browser.submit(page, 422, form="/household", phone="13800000001")
    assert "查的家庭太多了" in refused.text
    assert "小满" not in refused.text
    sent = page.form("/household").fields | {"phone": "13800000001"}
    assert "小满" not in browser.post(f"/desk/slots/{slot_id}/bookings", sent, 422).text


def test_the_desk_books_until_the_end_and_not_after_it(
    desk: Desk, browser: Browser, cast: Cast, persons_of: Persons
) -> None:
    running = desk.fill(at(9, 45))
    page = persons_of("13800000001", of_slot=running)
    browser.submit(page, form="/bookings", persons=str(cast.xiaoman))
    assert desk.state_of(desk.number_of("小满")) == "confirmed"
    over = desk.fill(at(8), ends_at=at(9))
    assert "已经开始了" in browser.visit(f"/desk/slots/{over}/bookings").text
    page = persons_of("13800000003", of_slot=over)
    refused = browser.submit(page, 422, form="/bookings", persons=str(cast.amu))
    assert "不能再约" in refused.text
    assert "代约" not in browser.visit(f"/desk/slots/{over}").links
