"""Who waits, or is entered for a draw, may have one place elsewhere at that time; never two."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as the_clock
from hub.actor import Actor, Channel
from hub.bookings.draw import actions as draws
from hub.bookings.draw.models import Draw
from hub.bookings.jobs.scheduled_jobs import _waiting_lists_due
from hub.bookings.models import Booking
from hub.bookings.single_slot.actions import book, cancel
from hub.bookings.waiting_list import actions as waiting_list
from hub.catalogue.models import Admission
from hub.db import db, transaction
from hub.families.models import Person
from hub.refusals import Refused
from hub.timetable.models import Slot
from tests.aliases import Clock
from tests.at_once import at_once
from tests.bookings.acts import Desk
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import tomorrow


@pytest.fixture
def full(desk: Desk, cast: Cast) -> Callable[..., tuple[int, str, str]]:
    """A full slot for which the cast's child waits: the slot, who has the place, the turn."""

    def make(**given: object) -> tuple[int, str, str]:
        slot = desk.a_slot(capacity=1, **given)
        [[has]] = desk.book_strangers(slot, 1)
        return slot, has, desk.book(slot, cast.xiaoman)

    return make


class TestWhoWaits:
    def test_may_book_a_place_at_the_same_time_and_waits_on(
        self, desk: Desk, cast: Cast, full: Callable[..., tuple[int, str, str]]
    ) -> None:
        _slot, _has, waits = full()
        place = desk.book(desk.a_slot(), cast.xiaoman)
        assert desk.states(waits, place) == ["waiting", "confirmed"]

    def test_does_not_begin_to_wait_at_the_time_of_a_place_that_is_certain(
        self, desk: Desk, cast: Cast, full: Callable[..., tuple[int, str, str]]
    ) -> None:
        desk.book(desk.a_slot(), cast.xiaoman)
        with pytest.raises(Refused, match="这个时间已经约了"):
            full()

    def test_never_has_two_places_at_the_same_time(self, desk: Desk, cast: Cast) -> None:
        desk.book(desk.a_slot(), cast.xiaoman)
        with pytest.raises(Refused, match="这个时间已经约了"):
            desk.book(desk.a_slot(), cast.xiaoman)

    @pytest.mark.parametrize("offer_minutes", [0, 120])
    def test_is_passed_over_while_the_place_stands_and_keeps_the_turn(
        self,
        desk: Desk,
        cast: Cast,
        full: Callable[..., tuple[int, str, str]],
        offer_minutes: int,
    ) -> None:
        slot, has, waits = full(offer_minutes=offer_minutes)
        [[next_one]] = desk.book_strangers(slot, 1)
        place = desk.book(desk.a_slot(), cast.xiaoman)
        desk.cancel(has)
        served = "offered" if offer_minutes else "confirmed"
        assert desk.states(waits, next_one, place) == ["waiting", served, "confirmed"]
        desk.cancel(place)
        desk.cancel(next_one)
        assert desk.states(waits) == [served]

    def test_is_asked_again_by_the_worker_once_the_other_place_is_given_up(
        self, desk: Desk, app: Flask, cast: Cast, full: Callable[..., tuple[int, str, str]]
    ) -> None:
        slot, has, _waits = full()
        place = desk.book(desk.a_slot(), cast.xiaoman)
        desk.cancel(has)

        def due() -> list[int]:
            with app.app_context():
                return list(_waiting_lists_due(the_clock.now()))

        assert due() == []  # or the worker would look at it in every round
        desk.cancel(place)
        assert due() == [slot]

    def test_gets_nothing_by_pressing_in_the_last_minutes_while_the_place_stands(
        self,
        desk: Desk,
        cast: Cast,
        clock: Clock,
        full: Callable[..., tuple[int, str, str]],
    ) -> None:
        slot, has, waits = full()
        desk.book(desk.a_slot(), cast.xiaoman)
        clock.move_to(tomorrow(14) - timedelta(minutes=5))
        staff = Actor(cast.clerk, the_clock.now(), channel=Channel.DESK)
        desk.to(has, lambda booking: cancel(booking, by=staff))
        with pytest.raises(Refused, match="这个时间已经约了别的"):
            desk.book(slot, cast.xiaoman)
        assert desk.states(waits) == ["waiting"]

    def test_whose_turn_and_booking_elsewhere_come_at_one_moment_has_one_place(
        self, desk: Desk, app: Flask, cast: Cast, full: Callable[..., tuple[int, str, str]]
    ) -> None:
        _slot, has, waits = full(offer_minutes=0)
        elsewhere = desk.a_slot()

        def give_up() -> str:
            with transaction():
                gone = db.session.scalars(select(Booking).where(Booking.number == has)).one()
                return str(cancel(gone, by=Actor(cast.clerk, the_clock.now())))

        def take() -> str:
            with transaction():
                slot = db.session.get_one(Slot, elsewhere)
                person = db.session.get_one(Person, cast.xiaoman)
                return book(slot, person, by=Actor(cast.mother, the_clock.now())).state.value

        ends = at_once(app, [give_up, take])
        assert ends["True"] == 1
        with app.app_context():
            mine = Booking.person_id == cast.xiaoman, Booking.state == "confirmed"
            assert len(db.session.scalars(select(Booking).where(*mine)).all()) == 1
        assert desk.states(waits) == ["confirmed" if ends["confirmed"] == 0 else "waiting"]

    def test_whose_place_elsewhere_comes_after_the_look_waits_on_and_the_next_is_served(
        self,
        desk: Desk,
        cast: Cast,
        monkeypatch: pytest.MonkeyPatch,
        full: Callable[..., tuple[int, str, str]],
    ) -> None:
        slot, has, waits = full(offer_minutes=0, smaller_first=True)
        [[next_one]] = desk.book_strangers(slot, 1)
        desk.book(desk.a_slot(), cast.xiaoman)
        monkeypatch.setattr(waiting_list, "busy_elsewhere", lambda _ids: set())
        desk.cancel(has)  # the database refuses the second place
        assert desk.states(waits, next_one) == ["waiting", "confirmed"]

    def test_cannot_accept_an_offer_over_a_place_that_came_meanwhile(
        self, desk: Desk, cast: Cast, full: Callable[..., tuple[int, str, str]]
    ) -> None:
        _slot, has, waits = full(offer_minutes=120)
        desk.cancel(has)
        assert desk.states(waits) == ["offered"]
        with pytest.raises(Refused, match="这个时间已经约了"):
            desk.book(desk.a_slot(), cast.xiaoman)
        assert desk.answer(waits, waiting_list.accept)
        assert desk.states(waits) == ["confirmed"]


class TestWhoIsEntered:
    @pytest.fixture
    def entered(self, desk: Desk, app: Flask, cast: Cast) -> tuple[int, str]:
        slot_id = desk.a_slot(
            admission=Admission.DRAW,
            entries_until=tomorrow(8),
            capacity=1,
            activity={"admission": Admission.DRAW},
        )
        now = the_clock.now()
        with app.app_context(), transaction():
            db.session.add(Draw(slot_id=slot_id, secret="s", commitment="c", committed_at=now))
        return slot_id, desk.book(slot_id, cast.xiaoman)

    def test_leaves_a_draw_for_a_place_at_the_same_time_and_is_told(
        self, desk: Desk, app: Flask, cast: Cast, clock: Clock, entered: tuple[int, str]
    ) -> None:
        slot_id, lot = entered
        [[other]] = desk.book_strangers(slot_id, 1)
        place = desk.book(desk.a_slot(), cast.xiaoman)
        assert desk.states(lot, place) == ["entered", "confirmed"]
        clock.move_to(tomorrow(8))
        with app.test_request_context(), transaction():
            draw = db.session.scalars(select(Draw)).one()
            draws.freeze(draw, the_clock.now())
            # One is left for one place: no number is needed.
            assert draws.run_draw(draw, the_clock.now())
        assert desk.states(lot, other, place) == ["cancelled", "confirmed", "confirmed"]
        told = [said for said in desk.messages() if "同一时间已经有别的场次" in said]
        assert len(told) == 2, "each of the two who look after the child"


class TestThePage:
    def test_of_a_place_asks_whether_to_leave_the_line(
        self, desk: Desk, browser: Browser, cast: Cast, full: Callable[..., tuple[int, str, str]]
    ) -> None:
        _slot, _has, waits = full()
        place = desk.book(desk.a_slot(), cast.xiaoman)
        page = browser.sign_in(cast.mother).visit(f"/bookings/{place}")
        assert "同一时间还在候补或等摇号" in page.text
        ask = browser.visit(page.links["退出那一场"])
        browser.submit(ask, form="/cancellation")
        assert desk.states(waits, place) == ["cancelled", "confirmed"]
        assert "还在候补或等摇号" not in browser.visit(f"/bookings/{place}").text

    def test_of_a_turn_says_that_it_is_passed_over_meanwhile(
        self, desk: Desk, browser: Browser, cast: Cast, full: Callable[..., tuple[int, str, str]]
    ) -> None:
        _slot, _has, waits = full()
        place = desk.book(desk.a_slot(), cast.xiaoman)
        page = browser.sign_in(cast.mother).visit(f"/bookings/{waits}")
        assert "轮到时会先跳过" in page.text
        assert f"/bookings/{place}" in page.links.values()
