"""A person's row hands its place, priority or pause to nobody else: only slips are corrected."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from hub import clock as clocks
from hub.bookings.models import Booking, BookingState
from hub.db import db
from hub.families.models import Correction, Person, Priority
from tests.aliases import Book, Clock, Make
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.makers import tomorrow

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
