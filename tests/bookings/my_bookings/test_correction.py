"""A person's row hands its place, priority or pause to nobody else: only slips are corrected."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as clocks
from hub.actor import Actor, Channel
from hub.bookings.models import Booking, BookingState
from hub.bookings.single_slot.actions import cancel
from hub.bookings.waiting_list.models import Offer
from hub.db import db, transaction
from hub.families.models import Correction, Person, Priority
from tests.aliases import Book, Clock, Make
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.makers import a_child, a_guardian, a_household, tomorrow

REFUSED = "姓名和生日只能改写错的一个字"


def correct(mother: Browser, person_id: int, expect: int = 200, **typed: Any) -> Page:
    address = f"/family/persons/{person_id}"
    return mother.submit(mother.visit(address), expect, form=address, **typed)


def facts(app: Flask, person_id: int) -> tuple[str, date]:
    with app.app_context():
        person = db.session.get_one(Person, person_id)
        return person.name, person.birth_date


@pytest.fixture
def held(cast: Cast, a_place: Make, booked: Book) -> str:
    """小满's place in a slot for children of three to six."""
    return booked(a_place(youngest_months=36, oldest_months=83), cast.mother, cast.xiaoman)


@pytest.mark.usefixtures("held")
class TestAPlace:
    def test_does_not_pass_to_another_child(self, app: Flask, mother: Browser, cast: Cast) -> None:
        before = facts(app, cast.xiaoman)
        page = correct(mother, cast.xiaoman, 422, name="王大力", born="20210304")
        assert REFUSED in page.text
        assert page.form("/family").fields["name"] == "王大力", "what was typed stays"
        assert facts(app, cast.xiaoman) == before

    def test_nor_to_a_sister_whose_name_is_nearly_the_same(
        self, app: Flask, mother: Browser, cast: Cast
    ) -> None:
        with app.app_context():
            db.session.get_one(Person, cast.duoduo).name = "小美"
            db.session.commit()
        assert REFUSED in correct(mother, cast.xiaoman, 422, name="小美").text

    def test_nor_by_many_small_steps(self, app: Flask, mother: Browser, cast: Cast) -> None:
        correct(mother, cast.xiaoman, name="小漫")
        assert REFUSED in correct(mother, cast.xiaoman, 422, name="大漫").text
        assert facts(app, cast.xiaoman)[0] == "小漫"

    def test_stays_with_a_child_who_still_fits(
        self, app: Flask, mother: Browser, cast: Cast
    ) -> None:
        year = facts(app, cast.xiaoman)[1].strftime("%Y%m%d")
        too_old = f"{year[:2]}1{year[3:]}"
        page = correct(mother, cast.xiaoman, 422, born=too_old)
        assert "这一场适合" in page.text

    def test_a_slip_is_corrected_and_written_down(
        self, app: Flask, mother: Browser, cast: Cast
    ) -> None:
        name, born = facts(app, cast.xiaoman)
        correct(mother, cast.xiaoman, name=f"陈{name}")
        with app.app_context():
            (row,) = db.session.query(Correction).all()
            assert (row.name_before, row.name_after) == (name, f"陈{name}")
            assert (row.birth_date_before, row.birth_date_after) == (born, born)
            assert (row.person_id, row.account_id) == (cast.xiaoman, cast.mother)

    def test_once_it_is_over_the_family_writes_what_it_likes(
        self, app: Flask, mother: Browser, cast: Cast, clock: Clock
    ) -> None:
        clock.move_to(tomorrow(18))
        mother.sign_in(cast.mother)
        correct(mother, cast.xiaoman, name="王大力", born="20210304")
        assert facts(app, cast.xiaoman) == ("王大力", date(2021, 3, 4))


def test_a_verified_priority_does_not_pass_to_another_child(
    app: Flask, mother: Browser, cast: Cast
) -> None:
    with app.app_context():
        seen = Priority(person_id=cast.duoduo, group="困难家庭", verified_at=clocks.now())
        db.session.add(seen)
        db.session.commit()
    assert REFUSED in correct(mother, cast.duoduo, 422, name="王大力").text


def test_a_pause_is_not_left_behind_with_the_old_name(
    app: Flask, mother: Browser, cast: Cast, held: str, clock: Clock
) -> None:
    clock.move_to(tomorrow(18))
    with app.app_context():
        booking = db.session.query(Booking).filter_by(number=held).one()
        booking.state = BookingState.NO_SHOW
        db.session.commit()
    mother.sign_in(cast.mother)
    assert REFUSED in correct(mother, cast.xiaoman, 422, name="王大力").text
    clock.shift(timedelta(days=200))
    mother.sign_in(cast.mother)
    correct(mother, cast.xiaoman, name="王大力")


def test_whoever_holds_nothing_is_changed_freely(app: Flask, mother: Browser, cast: Cast) -> None:
    correct(mother, cast.xiaoman, name="王大力", born="20210304")
    assert facts(app, cast.xiaoman) == ("王大力", date(2021, 3, 4))
    with app.app_context():
        assert db.session.query(Correction).count() == 0


def test_a_slip_does_not_make_two_of_a_child_that_another_household_holds(
    app: Flask, mother: Browser, cast: Cast, a_place: Make, booked: Book
) -> None:
    slot_id = a_place()
    booked(slot_id, cast.mother, cast.xiaoman)
    with app.app_context():
        born = db.session.get_one(Person, cast.xiaoman).birth_date
        home = a_household()
        guardian, twin = a_guardian(home), a_child(home, name="小漫", birth_date=born)
        db.session.add_all([guardian, twin])
        db.session.commit()
        account_id, twin_id = guardian.account_id, twin.id
    booked(slot_id, account_id, twin_id)
    assert "好像已经报过这一场了" in correct(mother, cast.xiaoman, 422, name="小漫").text
    assert facts(app, cast.xiaoman)[0] == "小满"


class TestTheDesk:
    @pytest.fixture
    def desk(self, browser: Browser, cast: Cast, held: str) -> Browser:
        return browser.sign_in(cast.clerk)

    def ask(self, desk: Browser, number: str, expect: int = 200, **typed: Any) -> Page:
        address = f"/desk/bookings/{number}/person"
        assert address in desk.visit(f"/desk/bookings/{number}").links.values()
        return desk.submit(desk.visit(address), expect, form="/person", **typed)

    def test_corrects_any_mistake_with_a_reason_that_the_manager_reads(
        self, app: Flask, browser: Browser, desk: Browser, cast: Cast, held: str
    ) -> None:
        shown = self.ask(desk, held, name="陈晓曼", reason="看过户口本，名字写错了")
        assert "改好了" in shown.text
        assert facts(app, cast.xiaoman)[0] == "陈晓曼"
        with app.app_context():
            (row,) = db.session.query(Correction).all()
            assert (row.reason, row.account_id) == ("看过户口本，名字写错了", cast.clerk)
        read = browser.sign_in(cast.manager).visit(f"/desk/centres/{cast.centre}/reasons")
        assert "看过户口本，名字写错了" in read.text
        assert "陈晓曼" in read.text

    def test_corrects_nothing_without_a_reason(
        self, app: Flask, desk: Browser, cast: Cast, held: str
    ) -> None:
        assert "请写一句原因" in self.ask(desk, held, 422, name="陈晓曼", reason=" ").text
        assert facts(app, cast.xiaoman)[0] == "小满"

    def test_makes_nobody_fit_less_than_what_is_held(
        self, app: Flask, desk: Browser, cast: Cast, held: str
    ) -> None:
        page = self.ask(desk, held, 422, born="20100304", reason="看过户口本")
        assert "这一场适合" in page.text

    def test_of_another_centre_finds_nothing(self, browser: Browser, cast: Cast, held: str) -> None:
        browser.sign_in(cast.other_clerk).visit(f"/desk/bookings/{held}/person", 404)


class TestAPlaceFromTheLine:
    """What was entered is looked at again when a place is given."""

    @pytest.fixture
    def waits(self, app: Flask, cast: Cast, a_place: Make, booked: Book) -> tuple[int, str]:
        slot_id = a_place(taken=10, waiting_limit=5, youngest_months=36, oldest_months=83)
        return slot_id, booked(slot_id, cast.mother, cast.xiaoman)

    def grow_up(self, app: Flask, person_id: int) -> None:
        with app.app_context():
            db.session.get_one(Person, person_id).birth_date = date(2010, 3, 4)
            db.session.commit()

    def free_a_place(self, app: Flask, slot_id: int) -> None:
        with app.test_request_context(), transaction():
            of_stranger = select(Booking).where(
                Booking.slot_id == slot_id, Booking.state == BookingState.CONFIRMED
            )
            one = db.session.scalars(of_stranger.limit(1)).one()
            cancel(one, by=Actor(None, clocks.now(), Channel.DESK))

    def state(self, app: Flask, number: str) -> BookingState:
        with app.app_context():
            return db.session.query(Booking).filter_by(number=number).one().state

    def test_is_not_offered_to_a_child_who_does_not_fit_any_more(
        self, app: Flask, cast: Cast, waits: tuple[int, str]
    ) -> None:
        slot_id, number = waits
        self.grow_up(app, cast.xiaoman)
        self.free_a_place(app, slot_id)
        assert self.state(app, number) is BookingState.WAITING

    def test_nor_given_after_it_was_offered(
        self, app: Flask, mother: Browser, cast: Cast, waits: tuple[int, str]
    ) -> None:
        slot_id, number = waits
        self.free_a_place(app, slot_id)
        assert self.state(app, number) is BookingState.OFFERED
        self.grow_up(app, cast.xiaoman)
        with app.app_context():
            token = db.session.query(Offer).one().token
        page = mother.visit(f"/offers/{token}")
        shown = mother.submit(page, 422, form="/acceptance")
        assert "这一场不合适了" in shown.text
        assert "小满" not in shown.text, "the link can be passed on"
        assert self.state(app, number) is BookingState.OFFERED
