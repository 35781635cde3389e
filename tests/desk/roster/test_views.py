"""Who is booked in a slot, as the desk sees it."""

from datetime import date

import pytest
from flask import Flask

from hub.bookings.models import Arrival, Booking, BookingState, Ending, Excuse
from hub.db import db
from hub.families.models import Household, Person, Sex
from hub.text import number
from hub.timetable.models import Slot, SlotState
from tests.browser import Browser
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.desk.day.test_views import at
from tests.makers import a_booking, a_child, tomorrow


@pytest.fixture
def slot_id(desk: Desk) -> int:
    """Tomorrow at 14:00: 小宝1 to 小宝3 have places of 5, 小宝4 and 小宝5 wait."""
    return desk.fill(tomorrow(14), confirmed=3, waiting=2, capacity=5, name="小宝")


def add_child_of_the_cast(app: Flask, cast: Cast, slot_id: int, **given: object) -> str:
    with app.app_context():
        slot = db.session.get_one(Slot, slot_id)
        child = a_child(db.session.get_one(Household, cast.household), **given)
        booking = a_booking(slot, child)
        db.session.add(booking)
        db.session.commit()
        return booking.number


def test_a_roster_says_who_comes_and_who_waits_in_which_order(
    browser: Browser, cast: Cast, slot_id: int
) -> None:
    page = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}")
    assert "亲子绘本" in page.text
    assert "2026年11月24日 星期二 14:00–15:30" in page.text
    assert "已约 3 /5" in page.text
    assert "还余 2" in page.text
    assert "候补 2" in page.text
    names = [f"小宝{turn}" for turn in range(1, 6)]
    places = [page.text.index(name) for name in names]
    assert places == sorted(places)
    assert page.text.count("已约上") == 3
    assert page.text.count("候补中") == 2
    assert page.links["打印日程单"] == f"/desk/centres/{cast.centre}/days/2026-11-24/sheet"
    assert page.links["回到这一天"] == f"/desk/centres/{cast.centre}/days/2026-11-24"


def test_a_person_is_shown_with_the_age_on_the_day_and_the_last_four_digits_only(
    browser: Browser, app: Flask, cast: Cast, slot_id: int
) -> None:
    booking_number = add_child_of_the_cast(
        app, cast, slot_id, name="阿朵", birth_date=date(2020, 11, 24), sex=Sex.FEMALE
    )
    page = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}")
    row = page.text[page.text.index("阿朵") :]
    # Six on the day of the slot, though still five today; both guardians' digits, no more of them.
    assert row.startswith(f"阿朵 6岁 女 0001 / 0002 {number(booking_number)} 已约上")
    assert "13800000001" not in page.html
    assert "138 0000 0001" not in page.html
    assert "2020" not in page.html, "no birth date"


def test_somebody_whose_data_was_removed_still_takes_a_place(
    desk: Desk, browser: Browser, app: Flask, cast: Cast, slot_id: int
) -> None:
    with app.app_context():
        booking = db.session.query(Booking).filter_by(slot_id=slot_id).order_by(Booking.id).first()
        assert booking is not None
        assert booking.person is not None
        db.session.delete(booking.person)
        db.session.commit()
    page = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}")
    assert "（资料已删除）" in page.text
    assert "小宝1" not in page.text
    assert desk.reads() == [(cast.clerk, "slot", slot_id, 4)]


def test_a_cancelled_booking_is_not_on_the_roster(
    browser: Browser, app: Flask, cast: Cast, slot_id: int
) -> None:
    with app.app_context():
        person = db.session.query(Person).filter_by(name="小宝2").one()
        booking = db.session.query(Booking).filter_by(person_id=person.id).one()
        booking.state, booking.ending = BookingState.CANCELLED, Ending.FAMILY
        booking.cancelled_at = booking.made_at
        db.session.commit()
    text = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}").text
    assert "小宝2" not in text
    assert "小宝3" in text


def test_a_slot_that_was_called_off_says_whom_to_ring(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    slot_id = desk.fill(
        tomorrow(14), confirmed=1, state=SlotState.CALLED_OFF, called_off_reason="停水"
    )
    text = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}").text
    assert "已停：停水" in text
    assert "请打电话告诉他们" in text


def test_every_look_is_noted_once(
    desk: Desk, browser: Browser, cast: Cast, slot_id: int, queries: list[str]
) -> None:
    browser.sign_in(cast.clerk)
    queries.clear()
    browser.visit(f"/desk/slots/{slot_id}")
    assert sum(query.startswith("INSERT") for query in queries) == 1
    assert desk.reads() == [(cast.clerk, "slot", slot_id, 5)]
    browser.visit(f"/desk/slots/{slot_id}")
    assert len(desk.reads()) == 2


def test_an_empty_roster_shows_nobody_so_nothing_is_noted(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    slot_id = desk.fill(tomorrow(14))
    assert "还没有人预约" in browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}").text
    assert desk.reads() == []


@pytest.mark.parametrize("how_many", [3, 30])
def test_a_roster_with_every_state_costs_no_more_queries(
    desk: Desk, browser: Browser, app: Flask, cast: Cast, queries: list[str], how_many: int
) -> None:
    slot_id = desk.fill(at(9, 45), confirmed=6 * how_many, waiting=how_many, name="小宝")
    with app.app_context():
        bookings = db.session.query(Booking).order_by(Booking.id).all()
        for turn, booking in enumerate(bookings[: 6 * how_many]):
            states = ("confirmed", "offered", "entered", "no_show", "on_leave", "confirmed")
            booking.state = BookingState(states[turn % 6])
            if turn % 6 == 0:
                db.session.add(Arrival(booking_id=booking.id, at=booking.made_at))
            if turn % 6 == 3:
                excuse = Excuse(
                    booking_id=booking.id,
                    centre_id=booking.slot.centre_id,
                    at=booking.made_at,
                    reason="病了",
                )
                db.session.add(excuse)
        db.session.commit()
    browser.sign_in(cast.clerk)
    queries.clear()
    page = browser.visit(f"/desk/slots/{slot_id}")
    assert page.text.count("没来，不算数") == how_many
    assert page.text.count("撤回") == how_many
    assert len(queries) <= 5, queries


@pytest.mark.parametrize("how_many", [3, 30])
def test_a_long_roster_costs_no_more_queries(
    desk: Desk, browser: Browser, cast: Cast, queries: list[str], how_many: int
) -> None:
    slot_id = desk.fill(tomorrow(14), confirmed=how_many, waiting=how_many)
    browser.sign_in(cast.clerk)
    queries.clear()
    browser.visit(f"/desk/slots/{slot_id}")
    assert len(queries) <= 5, queries


def test_a_stranger_is_led_to_the_sign_in_page(browser: Browser, slot_id: int) -> None:
    assert "登录" in browser.visit(f"/desk/slots/{slot_id}").title


def test_a_family_is_refused(desk: Desk, browser: Browser, cast: Cast, slot_id: int) -> None:
    browser.sign_in(cast.mother).visit(f"/desk/slots/{slot_id}", 403)
    assert desk.reads() == []


def test_a_slot_of_another_centre_is_not_found(
    desk: Desk, browser: Browser, cast: Cast, slot_id: int
) -> None:
    browser.sign_in(cast.other_clerk).visit(f"/desk/slots/{slot_id}", 404)
    browser.visit("/desk/slots/999999", 404)
    assert desk.reads() == []


def test_an_administrator_sees_every_roster(browser: Browser, cast: Cast, slot_id: int) -> None:
    browser.sign_in(cast.administrator).visit(f"/desk/slots/{slot_id}")
