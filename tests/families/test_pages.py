"""The family's pages, as a mother and a stranger meet them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from hub.accounts.models import AccountSession
from hub.audit import AuditEntry
from hub.bookings.models import Booking, BookingState
from hub.catalogue.models import Activity
from hub.db import db
from hub.families.models import Household, Person
from hub.families.rules import MOST_PERSONS
from tests.aliases import Clock, Save
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import a_booking, a_child, a_slot, tomorrow

BORN: dict[str, Any] = {"born": "20200229"}


@pytest.fixture
def mother(browser: Browser, cast: Cast) -> Browser:
    return browser.sign_in(cast.mother)


@pytest.fixture
def a_booking_of(app: Flask) -> Callable[..., str]:
    """A booking of this person in a slot of the cast's activity; gets its number."""

    def make(cast: Cast, person_id: int, **given: Any) -> str:
        with app.app_context():
            person = db.session.get_one(Person, person_id)
            slot = a_slot(db.session.get_one(Activity, cast.activity), **given.pop("slot", {}))
            db.session.add(slot)
            booking = a_booking(slot, person, **given)
            db.session.add(booking)
            db.session.commit()
            return booking.number

    return make


def sign_out_everywhere(app: Flask, account_id: int) -> None:
    with app.app_context():
        db.session.execute(delete(AccountSession).where(AccountSession.account_id == account_id))
        db.session.commit()


class TestTheFamily:
    def test_shows_children_and_adults_with_age_and_sex(self, mother: Browser) -> None:
        page = mother.visit("/family")
        assert "孩子 小满 修改 6岁 · 女 朵朵 修改 2岁 · 女 大人 陈岚 修改 35岁 · 女" in page.text

    def test_tells_months_under_three(self, app: Flask, cast: Cast, mother: Browser) -> None:
        with app.app_context():
            db.session.get_one(Person, cast.duoduo).birth_date -= timedelta(days=130)
            db.session.commit()
        assert "朵朵 修改 2岁4个月" in mother.visit("/family").text

    def test_is_shared_by_the_grandmother(self, browser: Browser, cast: Cast) -> None:
        assert "小满" in browser.sign_in(cast.grandmother).visit("/family").text

    def test_leads_a_stranger_to_the_sign_in_page(self, browser: Browser) -> None:
        for url in ("/family", "/family/persons/new", "/family/persons/1"):
            assert browser.visit(url).url.startswith("/sign-in?next="), url

    def test_that_is_empty_says_what_to_do(self, browser: Browser, cast: Cast) -> None:
        page = browser.sign_in(cast.stranger).visit("/family")
        assert "还没有填家人" in page.text
        assert page.links["加一位家人"] == "/family/persons/new"

    def test_costs_the_same_queries_with_more_persons(
        self, app: Flask, cast: Cast, mother: Browser, queries: list[str]
    ) -> None:
        queries.clear()
        mother.visit("/family")
        before = len(queries)
        with app.app_context():
            household = db.session.get_one(Household, cast.household)
            db.session.add_all([a_child(household) for _ in range(30)])
            db.session.commit()
        queries.clear()
        mother.visit("/family")
        assert len(queries) == before <= 2


class TestAddingAPerson:
    def test_makes_the_household_the_first_time(self, browser: Browser, cast: Cast) -> None:
        browser.sign_in(cast.stranger)
        page = browser.visit("/family/persons/new")
        page = browser.submit(page, name=" 阿满 ", sex="male", **BORN)
        assert page.url == "/family"
        assert "已经加上阿满，6岁" in page.text
        assert "阿满 修改 6岁 · 男" in page.text

    def test_leads_back_to_the_slot_the_family_came_from(
        self, app: Flask, mother: Browser, cast: Cast, saved: Save
    ) -> None:
        slot = saved(a_slot())
        page = mother.visit(f"/family/persons/new?next=/slots/{slot}")
        page = mother.submit(page, 422, name="", sex="male", **BORN)  # a slip in between
        page = mother.submit(page, name="阿满", sex="male", **BORN)
        assert page.url == f"/slots/{slot}"

    @pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "/\\evil.example"])
    def test_never_leads_to_another_site(self, mother: Browser, away: str) -> None:
        page = mother.visit("/family/persons/new", query_string={"next": away})
        assert page.form("/family").fields["next"] == ""
        assert not [href for href in page.hrefs if "evil" in href]
        sent = {**page.form("/family").fields, "next": away, "name": "阿满", "sex": "male", **BORN}
        assert mother.post("/family/persons/new", sent).url == "/family"

    def test_refuses_beside_the_field_and_keeps_what_was_typed(self, mother: Browser) -> None:
        page = mother.visit("/family/persons/new")
        page = mother.submit(page, 422, name="阿满", born="2021-2-30")
        assert "2021年2月没有30日，请再看看。" in page.text
        assert "请选“女”或“男”。" in page.text
        fields = page.form("/family").fields
        assert fields["name"] == "阿满"
        assert fields["born"] == "2021-2-30"

    def test_survives_what_no_form_of_ours_would_send(self, mother: Browser) -> None:
        sent = dict(mother.visit("/family/persons/new").form("/family").fields)
        page = mother.post("/family/persons/new", sent, 422)
        for words in ("请写上姓名", "请写上出生日期", "请选“女”或“男”"):
            assert words in page.text
        strange = {"name": "\x00", "born": "9" * 50, "sex": "cat"}
        mother.post("/family/persons/new", sent | strange, 422)

    def test_refuses_somebody_who_is_there_already(self, mother: Browser) -> None:
        page = mother.visit("/family/persons/new")
        mother.submit(page, name="阿满", sex="male", **BORN)
        page = mother.submit(page, 422, name=" 阿满", sex="male", **BORN)
        assert "阿满已经在您的家庭里了" in page.text

    def test_ends_when_the_household_is_full(self, app: Flask, mother: Browser, cast: Cast) -> None:
        form = mother.visit("/family/persons/new")
        with app.app_context():
            household = db.session.get_one(Household, cast.household)
            db.session.add_all([a_child(household) for _ in range(MOST_PERSONS - 3)])
            db.session.commit()
        page = mother.submit(form, 422, name="阿满", sex="male", **BORN)
        assert "最多填 12 位家人" in page.text
        page = mother.visit("/family")
        assert "再加一位家人" not in page.links
        assert "已经填满了" in page.text

    def test_a_child_born_today_may_be_entered_just_after_midnight(
        self, mother: Browser, clock: Clock
    ) -> None:
        born: dict[str, Any] = {"born": "2026年11月24日"}
        clock.move_to(datetime(2026, 11, 23, 15, 59, tzinfo=UTC))  # 23:59 in Chongqing
        page = mother.visit("/family/persons/new")
        page = mother.submit(page, 422, name="阿满", sex="male", **born)
        assert "这一天还没有到" in page.text
        clock.move_to(datetime(2026, 11, 23, 16, 1, tzinfo=UTC))  # 00:01
        mother.submit(page, name="阿满", sex="male", **born)
        assert "阿满 修改 0个月" in mother.visit("/family").text

    def test_what_was_typed_outlives_the_sign_in(
        self, app: Flask, mother: Browser, cast: Cast
    ) -> None:
        page = mother.visit("/family/persons/new?next=/centres")
        sign_out_everywhere(app, cast.mother)
        page = mother.submit(page, name="阿满", sex="male", **BORN)
        assert page.url.startswith("/sign-in?next=")
        mother.sign_in(cast.mother)
        page = mother.visit("/family/persons/new")
        assert page.form("/family").fields["name"] == "阿满"
        assert mother.submit(page).url == "/centres"
        assert "阿满" in mother.visit("/family").text


class TestChangingAPerson:
    def test_corrects_what_was_entered(self, app: Flask, mother: Browser, cast: Cast) -> None:
        page = mother.visit(f"/family/persons/{cast.xiaoman}")
        fields = page.form("/family").fields
        assert (fields["name"], fields["born"][:4], fields["sex"]) == ("小满", "2020", "female")
        page = mother.submit(page, name="陈小满", born="2020-05-01")
        assert page.url == "/family"
        assert "陈小满" in page.text
        with app.app_context():
            entry = db.session.scalars(select(AuditEntry)).one()
            assert (entry.act, entry.subject_id) == ("change", cast.xiaoman)
            assert (entry.account_id, entry.household_id) == (cast.mother, cast.household)

    def test_of_another_household_is_not_found(self, mother: Browser, cast: Cast) -> None:
        sent = mother.visit(f"/family/persons/{cast.xiaoman}").form("/family").fields
        for nobody in (cast.amu, 999999, 10**30):
            mother.visit(f"/family/persons/{nobody}", 404)
            mother.post(f"/family/persons/{nobody}", sent, 404)
            mother.visit(f"/family/persons/{nobody}/removal", 404)
            mother.post(f"/family/persons/{nobody}/removal", sent, 404)

    def test_refuses_to_make_two_of_one(self, mother: Browser, cast: Cast) -> None:
        page = mother.visit("/family/persons/new")
        mother.submit(page, name="阿满", sex="male", **BORN)
        page = mother.visit(f"/family/persons/{cast.xiaoman}")
        page = mother.submit(page, 422, name="阿满", **BORN)
        assert "阿满已经在您的家庭里了" in page.text
        assert page.form("/family").fields["name"] == "阿满"

    def test_refuses_a_slip_beside_the_field(self, mother: Browser, cast: Cast) -> None:
        page = mother.visit(f"/family/persons/{cast.xiaoman}")
        page = mother.submit(page, 422, name="小满1", born="")
        assert "只写汉字或字母" in page.text
        assert "请写上出生日期" in page.text


class TestRemovingAPerson:
    def test_asks_first_and_then_does_it(self, app: Flask, mother: Browser, cast: Cast) -> None:
        page = mother.visit(f"/family/persons/{cast.xiaoman}/removal")
        assert "要把小满移出家人吗" in page.text
        page = mother.submit(page)
        assert page.url == "/family"
        assert "已经移出小满" in page.text
        mother.visit(f"/family/persons/{cast.xiaoman}", 404)
        with app.app_context():
            assert db.session.scalars(select(AuditEntry)).one().act == "remove"

    def test_is_refused_while_something_is_booked(
        self, mother: Browser, cast: Cast, a_booking_of: Callable[..., str]
    ) -> None:
        page = mother.visit(f"/family/persons/{cast.xiaoman}/removal")
        waiting = a_booking_of(cast, cast.xiaoman, state=BookingState.WAITING)
        page = mother.submit(page, 422)
        assert "小满还有预约" in page.text
        assert page.links["亲子绘本"] == f"/bookings/{waiting}"
        assert "小满" in mother.visit("/family").text

    def test_leaves_past_and_cancelled_bookings_without_a_name(
        self, app: Flask, mother: Browser, cast: Cast, a_booking_of: Callable[..., str]
    ) -> None:
        past = {"starts_at": tomorrow(9) - timedelta(days=7)}
        over = a_booking_of(cast, cast.xiaoman, slot=past)
        gone = {"state": BookingState.CANCELLED, "cancelled_at": tomorrow(1)}
        cancelled = a_booking_of(cast, cast.xiaoman, **gone)
        mother.submit(mother.visit(f"/family/persons/{cast.xiaoman}/removal"))
        with app.app_context():
            left = db.session.scalars(select(Booking)).all()
            assert {booking.number for booking in left} == {over, cancelled}
            assert {booking.person_id for booking in left} == {None}
            assert {booking.household_id for booking in left} == {cast.household}

    def test_twice_says_that_nobody_is_there(self, mother: Browser, cast: Cast) -> None:
        page = mother.visit(f"/family/persons/{cast.xiaoman}/removal")
        mother.submit(page)
        mother.submit(page, 404)
