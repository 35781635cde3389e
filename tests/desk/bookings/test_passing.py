"""The desk passes a family that waits only with a reason, which the manager and it can read."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from hub import clock
from hub.actor import Actor, Channel
from hub.bookings.models import BookingState, Ending
from hub.bookings.single_slot.actions import book_party
from hub.db import db, transaction
from hub.families.models import Person
from hub.timetable.models import Slot
from tests.browser import Browser
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.makers import a_booking, a_child, tomorrow


@pytest.fixture
def waited_for(app: Flask, cast: Cast, desk: Desk) -> Callable[..., int]:
    """A slot with one free place for which the cast's two children, who need two, wait."""

    def make(**given: Any) -> int:
        slot_id = desk.fill(tomorrow(16), capacity=1, smaller_first=False, **given)
        with app.app_context():
            slot = db.session.get_one(Slot, slot_id)
            children = [db.session.get_one(Person, n) for n in (cast.xiaoman, cast.duoduo)]
            turns = [a_booking(slot, child, state=BookingState.WAITING) for child in children]
            turns[1].party = turns[0].party
            db.session.add_all(turns)
            db.session.commit()
        return slot_id

    return make


def booked_at_desk(app: Flask, cast: Cast, slot_id: int) -> BookingState:
    with app.test_request_context(), transaction():
        slot, person = (
            db.session.get_one(Slot, slot_id),
            db.session.get_one(Person, cast.amu),
        )
        by = Actor(cast.clerk, clock.now(), channel=Channel.DESK)
        return book_party(slot, [person], by)[0].state


class TestABookingOfTheDesk:
    def test_queues_behind_the_family_that_waits(
        self, app: Flask, cast: Cast, waited_for: Callable[..., int]
    ) -> None:
        assert booked_at_desk(app, cast, waited_for()) is BookingState.WAITING

    def test_has_what_is_kept_for_the_desk_for_which_nobody_waits(
        self, app: Flask, cast: Cast, waited_for: Callable[..., int]
    ) -> None:
        assert booked_at_desk(app, cast, waited_for(desk_places=1)) is BookingState.CONFIRMED


class TestAMove:
    def test_passes_the_family_that_waits_only_with_a_reason(
        self,
        app: Flask,
        browser: Browser,
        cast: Cast,
        desk: Desk,
        waited_for: Callable[..., int],
    ) -> None:
        desk.fill(tomorrow(14), confirmed=1, name="小宝")
        slot_id, number = waited_for(), desk.number_of("小宝1")
        page = browser.sign_in(cast.manager).visit(f"/desk/bookings/{number}/move")
        assert "候补 2 人" in page.text
        refused = browser.submit(page, 422, form="/move", slot=str(slot_id))
        assert "要先给这一家，请写一句原因" in refused.text
        assert desk.state_of(number) == "confirmed"
        browser.submit(refused, form="/move", slot=str(slot_id), reason="中心换了时间")
        assert desk.state_of(desk.number_of("小宝1")) == "confirmed"
        assert desk.counters_of(slot_id)[0] == 0
        # The manager reads it, and so does the family on the page of its turn; without a name.
        assert "中心换了时间" in browser.visit(f"/desk/centres/{cast.centre}/reasons").text
        mine = Browser(app).sign_in(cast.mother).visit(f"/bookings/{desk.number_of('小满')}")
        assert "中心让另一家排到了前面：中心换了时间" in mine.text
        assert "小宝" not in mine.text

    def test_asks_for_no_reason_where_nobody_waits(
        self, browser: Browser, cast: Cast, desk: Desk
    ) -> None:
        desk.fill(tomorrow(14), confirmed=1, name="小宝")
        desk.fill(tomorrow(16), capacity=1)
        page = browser.sign_in(cast.clerk).visit(f"/desk/bookings/{desk.number_of('小宝1')}/move")
        assert "写一句原因" not in page.text


class TestARestore:
    @pytest.mark.parametrize("had_place", [True, False])
    def test_of_who_only_waited_waits_again_and_of_who_had_a_place_is_seated(
        self,
        app: Flask,
        browser: Browser,
        cast: Cast,
        desk: Desk,
        waited_for: Callable[..., int],
        had_place: bool,
    ) -> None:
        slot_id = waited_for()
        with app.app_context():
            slot = db.session.get_one(Slot, slot_id)
            gone = a_booking(slot, a_child(name="小宝"), state=BookingState.CANCELLED)
            gone.ending = Ending.STAFF
            gone.confirmed_at = gone.made_at if had_place else None
            db.session.add(gone)
            db.session.commit()
        number = desk.number_of("小宝")
        page = browser.sign_in(cast.clerk).visit(f"/desk/bookings/{number}")
        shown = browser.submit(page, form="/restoration")
        if had_place:
            assert "名额又是这家的" in shown.text
            assert desk.state_of(number) == "confirmed"
        else:
            assert "又排在候补里" in shown.text
            assert desk.state_of(number) == "waiting"
            assert desk.counters_of(slot_id)[0] == 1, "the place is still the first family's"


def test_who_moves_up_is_read_by_those_it_passed_and_not_on_its_own_page(
    app: Flask, browser: Browser, cast: Cast, desk: Desk, waited_for: Callable[..., int]
) -> None:
    slot_id = waited_for()
    assert booked_at_desk(app, cast, slot_id) is BookingState.WAITING
    number = desk.number_of("阿木")
    turn = browser.sign_in(cast.clerk).visit(f"/desk/bookings/{number}/turn")
    browser.submit(turn, form="/turn", reason="上一场停办")
    passed = Browser(app).sign_in(cast.mother).visit(f"/bookings/{desk.number_of('小满')}")
    assert "上一场停办" in passed.text
    own = Browser(app).sign_in(cast.other_mother).visit(f"/bookings/{number}")
    assert "上一场停办" not in own.text


def test_whose_place_is_taken_back_passes_the_line_with_the_reason_of_the_cut(
    app: Flask, browser: Browser, cast: Cast, desk: Desk
) -> None:
    slot_id = desk.fill(tomorrow(16), confirmed=1, capacity=1, name="小宝", smaller_first=False)
    with app.app_context():
        slot = db.session.get_one(Slot, slot_id)
        child = db.session.get_one(Person, cast.xiaoman)
        db.session.add(a_booking(slot, child, state=BookingState.WAITING))
        db.session.commit()
    browser.sign_in(cast.manager)
    page = browser.visit(f"/desk/slots/{slot_id}/capacity")
    ask = browser.submit(page, 422, form="/capacity", capacity="0")
    browser.submit(ask, form="/capacity", capacity="0", to_waiting_list=desk.number_of("小宝1"))
    assert desk.state_of(desk.number_of("小宝1")) == "waiting"
    mine = Browser(app).sign_in(cast.mother).visit(f"/bookings/{desk.number_of('小满')}")
    assert "中心让另一家排到了前面" in mine.text
