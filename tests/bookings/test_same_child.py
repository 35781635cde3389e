"""One child has one place in a slot, one lot in a draw and one set of quotas in two households."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as clocks
from hub import text
from hub.actor import Actor, Channel
from hub.bookings import queries
from hub.bookings.models import Booking, BookingState
from hub.bookings.same_child import SameChild
from hub.bookings.series.actions import enrol
from hub.bookings.single_slot.actions import book, cancel, move
from hub.bookings.slot_changes.actions import restore
from hub.catalogue.models import Admission
from hub.db import db, transaction
from hub.families.models import Namesake, Person
from hub.timetable.models import Series, Slot
from tests.aliases import Make
from tests.at_once import at_once
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import (
    a_booking,
    a_child,
    a_guardian,
    a_household,
    a_slot,
    an_activity,
    tomorrow,
    years_ago,
)

SEEN_BEFORE = "好像已经报过这一场了"


@pytest.fixture
def a_family(app: Flask) -> Callable[..., tuple[int, int]]:
    """A household of its own with one child; returns who looks after it, and the child."""

    def make(name: str = "陈小满", **given: Any) -> tuple[int, int]:
        with app.app_context():
            home = a_household()
            guardian, child = a_guardian(home), a_child(home, name=name, **given)
            db.session.add_all([guardian, child])
            db.session.commit()
            return guardian.account_id, child.id

    return make


def booked(app: Flask, slot_id: int, of_whom: tuple[int, int], **given: Any) -> str:
    account_id, person_id = of_whom
    with app.test_request_context(), transaction():
        slot, person = queries.slot_or_404(slot_id), db.session.get_one(Person, person_id)
        return book(slot, person, by=Actor(account_id, clocks.now(), **given)).number


def within(app: Flask, act: Callable[[], object]) -> None:
    with app.test_request_context(), transaction():
        act()


def live(app: Flask, slot_id: int) -> int:
    with app.app_context():
        here = Booking.slot_id == slot_id
        return sum(one.is_live for one in db.session.scalars(select(Booking).where(here)))


class TestInOneSlot:
    @pytest.mark.parametrize(
        ("one", "other"),
        [("陈小满", "陈小满"), ("陈小满", "小满"), ("欧阳小满", "小满"), ("陈 小满", "小满")],
    )
    def test_a_child_of_two_households_has_one_place(
        self, app: Flask, a_place: Make, a_family: Any, one: str, other: str
    ) -> None:
        slot_id = a_place()
        booked(app, slot_id, a_family(one))
        with pytest.raises(SameChild, match=SEEN_BEFORE):
            booked(app, slot_id, a_family(other))
        assert live(app, slot_id) == 1, "and nothing is left half-made"

    def test_a_child_has_one_turn_as_well(self, app: Flask, a_place: Make, a_family: Any) -> None:
        slot_id = a_place(taken=10, waiting_limit=5)
        booked(app, slot_id, a_family())
        with pytest.raises(SameChild):
            booked(app, slot_id, a_family("小满"))

    def test_a_child_has_one_lot_in_a_draw(self, app: Flask, a_place: Make, a_family: Any) -> None:
        slot_id = a_place(admission=Admission.DRAW, entries_until=clocks.now() + timedelta(hours=5))
        booked(app, slot_id, a_family())
        with pytest.raises(SameChild):
            booked(app, slot_id, a_family("小满"))

    def test_other_children_are_not_taken_for_it(
        self, app: Flask, a_place: Make, a_family: Any
    ) -> None:
        slot_id = a_place()
        booked(app, slot_id, a_family("陈小满"))
        booked(app, slot_id, a_family("王小满"))
        booked(app, slot_id, a_family("陈小圆"))
        booked(app, slot_id, a_family("陈小满", birth_date=years_ago(5)))
        assert live(app, slot_id) == 4

    def test_nothing_of_the_other_family_is_told(
        self, app: Flask, a_place: Make, a_family: Any, mother: Browser, cast: Cast
    ) -> None:
        with app.app_context():
            born = db.session.get_one(Person, cast.xiaoman).birth_date
        slot_id = a_place()
        number = booked(app, slot_id, a_family("陈小满", birth_date=born))
        page = mother.visit(f"/slots/{slot_id}")
        shown = mother.submit(page, 422, form="/bookings", person=str(cast.xiaoman))
        assert SEEN_BEFORE in shown.text
        assert "打电话给中心" in shown.text
        assert number not in shown.text.replace(" ", "")
        assert "陈小满" not in shown.text

    def test_who_has_given_the_place_up_stands_in_nobodys_way(
        self, app: Flask, a_place: Make, a_family: Any
    ) -> None:
        slot_id, first, second = a_place(), a_family(), a_family("小满")
        number = booked(app, slot_id, first)
        with app.test_request_context(), transaction():
            one = db.session.scalars(select(Booking).where(Booking.number == number)).one()
            cancel(one, by=Actor(first[0], clocks.now()))
        booked(app, slot_id, second)

        def take_back() -> None:
            gone = db.session.scalars(select(Booking).where(Booking.number == number)).one()
            restore(gone, by=Actor(None, clocks.now(), Channel.DESK))

        with pytest.raises(SameChild):
            within(app, take_back)

    def test_two_households_that_press_at_once_get_one_place(
        self, app: Flask, a_place: Make, a_family: Any
    ) -> None:
        slot_id, families = a_place(), [a_family(), a_family("小满")]

        def press(of_whom: tuple[int, int]) -> Callable[[], str]:
            def act() -> str:
                try:
                    booked(app, slot_id, of_whom)
                except SameChild:
                    return "refused"
                return "booked"

            return act

        assert at_once(app, [press(one) for one in families]) == {"booked": 1, "refused": 1}


class TestElsewhere:
    def test_a_child_is_in_one_place_at_a_time(
        self, app: Flask, a_place: Make, a_family: Any
    ) -> None:
        booked(app, a_place(), a_family())
        with pytest.raises(SameChild, match="这个时间好像已经约了别的"):
            booked(app, a_place(), a_family("小满"))
        booked(app, a_place(starts_at=tomorrow(17)), a_family("小满"))

    def test_nor_is_a_child_moved_into_two_places(
        self, app: Flask, a_place: Make, a_family: Any
    ) -> None:
        slot_id, other, second = a_place(), a_place(starts_at=tomorrow(17)), a_family("小满")
        booked(app, slot_id, a_family())
        number = booked(app, other, second)

        def exchange() -> None:
            one = db.session.scalars(select(Booking).where(Booking.number == number)).one()
            move(one, db.session.get_one(Slot, slot_id), by=Actor(second[0], clocks.now()))

        with pytest.raises(SameChild):
            within(app, exchange)

    def test_a_week_has_one_quota(self, app: Flask, a_place: Make, a_family: Any) -> None:
        booked(app, a_place(person_per_week=1), a_family())
        later = a_place(person_per_week=1, starts_at=tomorrow(17))
        with pytest.raises(SameChild, match="好像在别处也约过"):
            booked(app, later, a_family("小满"))
        booked(app, a_place(person_per_week=1, starts_at=tomorrow(19)), a_family("朵朵"))

    def test_what_is_booked_here_counts_with_it(
        self, app: Flask, a_place: Make, a_family: Any
    ) -> None:
        second = a_family("小满")
        booked(app, a_place(person_per_week=2), a_family())
        booked(app, a_place(person_per_week=2, starts_at=tomorrow(17)), second)
        with pytest.raises(SameChild):
            booked(app, a_place(person_per_week=2, starts_at=tomorrow(20)), second)

    def test_a_pause_is_not_dodged(self, app: Flask, a_place: Make, a_family: Any) -> None:
        slot_id = a_place(no_show_limit=1, no_show_days=30, pause_days=30)
        _account, child = a_family()
        with app.app_context():
            person = db.session.get_one(Person, child)
            slot = db.session.get_one(Slot, slot_id)
            then = tomorrow(9) - timedelta(days=3)
            past = a_slot(slot.activity, room=slot.room, starts_at=then)
            db.session.add(past)
            db.session.add(a_booking(past, person, state=BookingState.NO_SHOW))
            db.session.commit()
        with pytest.raises(SameChild):
            booked(app, slot_id, a_family("小满"))

    def test_the_dates_of_a_whole_term_are_asked_for_one_by_one(
        self, app: Flask, a_place: Make, a_family: Any, cast: Cast
    ) -> None:
        booked(app, a_place(starts_at=tomorrow(14) + timedelta(days=7)), a_family())
        account_id, child = a_family("小满")
        with app.app_context():
            activity = db.session.get_one(type(an_activity()), cast.activity)
            series = Series(
                activity=activity,
                name="第 1 期",
                is_whole=True,
                starts_on=clocks.today(),
                ends_on=clocks.today() + timedelta(days=30),
            )
            dates = [
                a_slot(activity, series=series, starts_at=tomorrow(14) + timedelta(days=7 * week))
                for week in range(3)
            ]
            db.session.add_all(dates)
            db.session.commit()
            ids = [one.id for one in dates]

        def book_all() -> None:
            slots = [queries.slot_or_404(one) for one in ids]
            person = db.session.get_one(Person, child)
            enrol(slots, [person], by=Actor(account_id, clocks.now()))

        with pytest.raises(SameChild):
            within(app, book_all)


class TestAtTheDesk:
    @pytest.fixture
    def twins(self, app: Flask, a_place: Make, a_family: Any, cast: Cast) -> tuple[int, str]:
        """A slot in which 陈小满 has a place; 小满, born the same day, is of another household."""
        with app.app_context():
            born = db.session.get_one(Person, cast.xiaoman).birth_date
        slot_id = a_place()
        return slot_id, booked(app, slot_id, a_family("陈小满", birth_date=born))

    def ask(self, desk: Browser, slot_id: int, expect: int, **typed: Any) -> Any:
        page = desk.visit(f"/desk/slots/{slot_id}/bookings")
        page = desk.submit(page, form="/household", phone="13800000001", channel="desk")
        return desk.submit(page, expect, form="/bookings", **typed)

    def test_the_staff_sees_what_stands_against_it_and_decides_with_a_reason(
        self, app: Flask, browser: Browser, cast: Cast, twins: tuple[int, str]
    ) -> None:
        slot_id, number = twins
        desk = browser.sign_in(cast.clerk)
        page = self.ask(desk, slot_id, 422, persons=str(cast.xiaoman))
        assert f"好像在另一家名下已经报过这一场，预约号 {text.number(number)}" in page.text
        again: Any = {
            "persons": str(cast.xiaoman),
            "namesake_reason": "看过户口本，是两个孩子",
        }
        shown = desk.submit(page, form="/bookings", **again)
        assert "办好了" in shown.text
        with app.app_context():
            row = db.session.scalars(select(Namesake)).one()
            assert (row.reason, row.account_id) == ("看过户口本，是两个孩子", cast.clerk)
        assert live(app, slot_id) == 2
        with app.app_context():
            centre_id = db.session.get_one(Slot, slot_id).centre_id
        read = browser.sign_in(cast.manager).visit(f"/desk/centres/{centre_id}/reasons")
        assert "看过户口本，是两个孩子" in read.text

    def test_then_the_web_believes_it_too(
        self,
        app: Flask,
        browser: Browser,
        cast: Cast,
        twins: tuple[int, str],
        a_place: Make,
        a_family: Any,
    ) -> None:
        slot_id, _number = twins
        desk = browser.sign_in(cast.clerk)
        page = self.ask(desk, slot_id, 422, persons=str(cast.xiaoman))
        again: Any = {"persons": str(cast.xiaoman), "namesake_reason": "看过户口本"}
        desk.submit(page, form="/bookings", **again)
        other = a_place(starts_at=tomorrow(18))
        with app.app_context():
            twin = db.session.scalars(select(Person).where(Person.name == "陈小满")).one()
            twin_id = twin.id
            account_id = cast.mother
        booked(app, other, (account_id, cast.xiaoman))
        booked(app, other, (account_id, twin_id))
        assert live(app, other) == 2

    def test_a_reason_typed_beforehand_decides_nothing(
        self, app: Flask, browser: Browser, cast: Cast, a_place: Make
    ) -> None:
        desk = browser.sign_in(cast.clerk)
        slot_id = a_place()
        page = desk.visit(f"/desk/slots/{slot_id}/bookings")
        page = desk.submit(page, form="/household", phone="13800000001", channel="desk")
        assert "namesake_reason" not in page.form("/bookings").fields
        with app.app_context():
            assert db.session.scalars(select(Namesake)).all() == []


class TestInOneHousehold:
    @pytest.mark.parametrize("name", ["陈小满", "小满"])
    def test_a_child_is_entered_once_with_or_without_the_family_name(
        self, app: Flask, mother: Browser, cast: Cast, name: str
    ) -> None:
        with app.app_context():
            born = f"{db.session.get_one(Person, cast.xiaoman).birth_date:%Y%m%d}"
        page = mother.visit("/family/persons/new")
        shown = mother.submit(
            page, 422, form="/family/persons/new", name=name, born=born, sex="female"
        )
        assert "已经在您的家庭里了" in shown.text
