"""A slot's page: what a press would bring, who may, from when on, and for whom together."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from hub import clock as clocks
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import Booking, BookingState
from hub.catalogue.models import Admission, Audience
from hub.db import db
from hub.families.models import Person
from hub.timetable.models import Slot
from tests.aliases import Book, Clock, Make
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.makers import a_booking, tomorrow

SOON = timedelta(minutes=5)


@pytest.fixture
def opens_soon(a_place: Make) -> Callable[..., int]:
    """A slot that opens in five minutes, for who is three or older: 小满, not 朵朵."""

    def make(**given: Any) -> int:
        opens_at = clocks.now() + SOON
        return a_place(**{"youngest_months": 36, "opens_at": opens_at} | given)

    return make


def rows(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        assert not list(inconsistencies())
        found = db.session.execute(select(Booking.state, Booking.party).order_by(Booking.id))
        return [(state.value, party) for state, party in found]


def booking_forms(page: Page) -> list[Any]:
    return [form for form in page.forms if "/bookings" in form.action]


class TestBeforeItOpens:
    def test_the_form_is_there_and_asleep_with_a_countdown_and_a_way_without_scripts(
        self, mother: Browser, opens_soon: Make
    ) -> None:
        slot = opens_soon()
        page = mother.visit(f"/slots/{slot}")
        assert 'data-opens-in="300000"' in page.html
        assert "10:05 开始预约" in page.text
        assert "都准备好了" in page.text
        assert "disabled data-waits" in page.html
        assert page.links["刷新"] == f"/slots/{slot}"

    def test_now_is_opens_at_is_in_and_a_microsecond_before_is_not(
        self,
        mother: Browser,
        cast: Cast,
        opens_soon: Make,
        clock: Clock,
    ) -> None:
        slot = opens_soon()
        opens_at = clocks.now() + SOON
        clock.move_to(opens_at - timedelta(microseconds=1), tick=False)
        page = mother.visit(f"/slots/{slot}")
        assert 'data-opens-in="1"' in page.html  # rounded up, never early
        refused = mother.submit(page, 422, form="/bookings", person=str(cast.xiaoman))
        assert "还没到预约时间" in refused.text
        assert 'data-opens-in="1"' in refused.html
        clock.move_to(opens_at, tick=False)
        assert "data-opens-in" not in mother.visit(f"/slots/{slot}").html
        assert "约好了" in mother.submit(page, form="/bookings", person=str(cast.xiaoman)).text

    def test_a_stranger_is_led_to_signing_in_first(
        self, browser: Browser, opens_soon: Make
    ) -> None:
        page = browser.visit(f"/slots/{opens_soon()}")
        assert "/sign-in" in page.links["登录后预约"]
        assert "data-opens-in" in page.html

    def test_who_has_entered_nobody_yet_is_led_there_first(
        self, browser: Browser, cast: Cast, opens_soon: Make
    ) -> None:
        page = browser.sign_in(cast.stranger).visit(f"/slots/{opens_soon()}")
        assert "/family/persons/new" in page.links["先添加家人"]

    def test_what_else_is_at_that_time_is_told_beforehand(
        self,
        mother: Browser,
        cast: Cast,
        opens_soon: Make,
        a_place: Make,
        booked: Book,
    ) -> None:
        number = booked(a_place(), cast.mother, cast.xiaoman)
        page = mother.visit(f"/slots/{opens_soon()}")
        assert "小满这个时间已经约了" in page.text
        assert page.links["看这个预约"] == f"/bookings/{number}"
        assert "都准备好了" not in page.text
        assert not booking_forms(page)

    def test_a_quota_that_is_used_up_is_told_beforehand(
        self,
        mother: Browser,
        cast: Cast,
        opens_soon: Make,
        a_place: Make,
        booked: Book,
    ) -> None:
        booked(a_place(starts_at=tomorrow(9)), cast.mother, cast.xiaoman)
        page = mother.visit(f"/slots/{opens_soon(person_per_week=1)}")
        assert "每人每周最多约 1 次" in page.text
        assert not booking_forms(page)

    def test_a_pause_is_told_beforehand(
        self,
        app: Flask,
        mother: Browser,
        cast: Cast,
        opens_soon: Make,
        a_place: Make,
    ) -> None:
        missed = a_place(starts_at=clocks.now() - timedelta(days=2))
        with app.app_context():
            row = db.session.get_one(Slot, missed)
            person = db.session.get_one(Person, cast.xiaoman)
            db.session.add(a_booking(row, person, state=BookingState.NO_SHOW))
            db.session.commit()
        page = mother.visit(f"/slots/{opens_soon(no_show_limit=1)}")
        assert "约了没来" in page.text
        assert not booking_forms(page)

    @pytest.mark.parametrize("signed_in", [True, False])
    def test_it_takes_few_queries(
        self,
        browser: Browser,
        queries: list[str],
        cast: Cast,
        opens_soon: Make,
        signed_in: bool,
    ) -> None:
        slot = opens_soon()
        if signed_in:
            browser.sign_in(cast.mother)
        queries.clear()
        browser.visit(f"/slots/{slot}")
        assert len(queries) <= (4 if signed_in else 1)


class TestWhatAPressBrings:
    def test_a_turn_says_how_many_are_before_it(self, mother: Browser, a_place: Make) -> None:
        page = mother.visit(f"/slots/{a_place(capacity=1, taken=1, waiting=3)}")
        assert "前面有 3 位在候补" in page.text
        assert "最多排 10 位" in page.text
        assert "排候补" in page.html

    def test_the_first_turn_is_said_to_be_the_first(self, mother: Browser, a_place: Make) -> None:
        assert "您排第 1 位" in mother.visit(f"/slots/{a_place(capacity=1, taken=1)}").text

    def test_a_place_is_free_though_a_larger_party_waits(
        self, mother: Browser, cast: Cast, a_place: Make, booked: Book
    ) -> None:
        slot = a_place(capacity=1, youngest_months=36)
        booked_ahead(booked, mother, cast, slot)
        page = mother.visit(f"/slots/{slot}")
        assert "前面有一家要的名额多" in page.text
        page = mother.submit(page, form="/bookings", person=str(cast.xiaoman))
        assert "约好了" in page.text

    def test_a_place_is_kept_for_the_larger_party_where_the_policy_says_so(
        self, mother: Browser, cast: Cast, a_place: Make, booked: Book
    ) -> None:
        slot = a_place(capacity=1, youngest_months=36, smaller_first=False)
        booked_ahead(booked, mother, cast, slot)
        page = mother.visit(f"/slots/{slot}")
        assert "剩下的名额先留给前面排队的一家" in page.text
        assert "前面有 2 位在候补" in page.text
        page = mother.submit(page, form="/bookings", person=str(cast.xiaoman))
        assert "候补第 2 位" in page.text

    def test_a_child_whose_adult_counts_takes_two(
        self, app: Flask, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place(capacity=2, audience=Audience.CHILD_WITH_ADULT, adult_counts=True)
        page = mother.visit(f"/slots/{slot}")
        assert "一个孩子占 2 个" in page.text
        page = mother.submit(page, form="/bookings", person=str(cast.xiaoman))
        assert "陪着的大人也占一个" in page.text
        assert "已满" in mother.visit(f"/slots/{slot}").text

    def test_the_rules_stand_in_one_line_each_where_they_matter(
        self, mother: Browser, a_place: Make
    ) -> None:
        plain = mother.visit(f"/slots/{a_place(waiting_limit=0)}")
        assert "预约的规则" not in plain.text
        slot = a_place(
            starts_at=tomorrow(18),
            offer_minutes=90,
            person_per_week=2,
            household_per_week=3,
            no_show_limit=3,
            grace_minutes=15,
            minimum=4,
        )
        page = mother.visit(f"/slots/{slot}")
        for words in (
            "给您留 1 小时 30 分钟 确认",
            "每人每周最多 2 次",
            "每家每周最多约 3 个",
            "满 4 人才开",
            "开始 15 分钟 后还没到",
            "60 天里有 3 次约了没来",
        ):
            assert words in page.text


class TestADraw:
    @pytest.fixture
    def draw(self, a_place: Make) -> int:
        until = clocks.now() + timedelta(hours=3)
        return a_place(capacity=1, taken=1, admission=Admission.DRAW, entries_until=until)

    def test_is_said_before_the_press_and_entered_by_it(
        self, mother: Browser, cast: Cast, draw: int
    ) -> None:
        page = mother.visit(f"/slots/{draw}")
        assert "今天 13:00 前报名的机会都一样" in page.text
        assert page.links["怎么摇号"] == f"/slots/{draw}/draw"
        page = mother.submit(page, form="/bookings", person=str(cast.xiaoman))
        assert "等摇号" in page.text
        assert page.links["看摇号"] == f"/slots/{draw}/draw"
        assert "等摇号" in mother.visit("/bookings").text

    def test_takes_no_entries_from_the_end_on(
        self, mother: Browser, cast: Cast, draw: int, clock: Clock
    ) -> None:
        left_open = mother.visit(f"/slots/{draw}")
        clock.shift(timedelta(hours=3))
        page = mother.visit(f"/slots/{draw}")
        assert "摇号报名已经截止" in page.text
        assert not booking_forms(page)
        assert page.links["看摇号"] == f"/slots/{draw}/draw"
        mother.submit(left_open, 422, form="/bookings", person=str(cast.xiaoman))

    def test_is_left_before_it_is_drawn(self, mother: Browser, cast: Cast, draw: int) -> None:
        page = mother.visit(f"/slots/{draw}")
        page = mother.submit(page, form="/bookings", person=str(cast.xiaoman))
        page = mother.visit(page.links["退出摇号"])
        assert "退出摇号吗" in page.text
        assert "已取消" in mother.submit(page, form="/cancellation").text


class TestSeveralPersons:
    def both(self, cast: Cast) -> list[str]:
        return [str(cast.xiaoman), str(cast.duoduo)]

    def test_are_booked_by_one_press_and_shown_together(
        self, app: Flask, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        page = mother.visit(f"/slots/{a_place()}")
        assert "要么都约上，要么都不约" in page.text
        page = mother.submit(page, form="/bookings", person=self.both(cast))
        assert "一起约的" in page.text
        other = mother.visit(page.links["朵朵"])
        assert other.links["小满"] == page.url
        [first, second] = rows(app)
        assert first == second == ("confirmed", first[1])

    def test_wait_together_where_only_one_place_is_left(
        self, app: Flask, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place(capacity=1)
        page = mother.visit(f"/slots/{slot}")
        page = mother.submit(page, form="/bookings", person=self.both(cast))
        assert "候补第 1 位" in page.text
        assert [state for state, _party in rows(app)] == ["waiting", "waiting"]
        assert "余 1 个" in mother.visit(f"/slots/{slot}").text

    def test_sent_twice_are_booked_once_and_answered_the_same(
        self, app: Flask, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        page = mother.visit(f"/slots/{a_place()}")
        first = mother.submit(page, form="/bookings", person=self.both(cast))
        again = mother.submit(page, form="/bookings", person=self.both(cast))
        assert again.url == first.url
        assert len(rows(app)) == 2

    def test_one_of_whom_is_booked_already_are_refused_together(
        self,
        app: Flask,
        mother: Browser,
        cast: Cast,
        a_place: Make,
        booked: Book,
    ) -> None:
        slot = a_place()
        left_open = mother.visit(f"/slots/{slot}")
        booked(slot, cast.mother, cast.duoduo)
        page = mother.submit(left_open, 422, form="/bookings", person=self.both(cast))
        assert "朵朵已经约过这一场了" in page.text
        assert len(rows(app)) == 1

    def test_with_somebody_elses_child_among_them_are_refused(
        self, app: Flask, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        form = mother.visit(f"/slots/{a_place()}").form("/bookings")
        for persons in ([str(cast.xiaoman), str(cast.amu)], ["x"], [str(cast.amu)] * 2):
            page = mother.post(form.action, form.fields | {"person": persons}, 422)
            assert "阿木" not in page.text
        assert rows(app) == []

    def test_the_same_one_twice_is_one(
        self, app: Flask, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        form = mother.visit(f"/slots/{a_place()}").form("/bookings")
        mother.post(form.action, form.fields | {"person": [str(cast.xiaoman)] * 2})
        assert len(rows(app)) == 1

    def test_one_is_cancelled_and_the_other_stays(
        self, app: Flask, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        page = mother.visit(f"/slots/{a_place()}")
        page = mother.submit(page, form="/bookings", person=self.both(cast))
        asking = mother.visit(page.links["取消预约"])
        assert asking.form("/cancellation").fields["which"] == "one"
        mother.submit(asking, form="/cancellation", which="one")
        assert [state for state, _party in rows(app)] == ["cancelled", "confirmed"]

    def test_all_are_cancelled_at_once(
        self, app: Flask, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place(capacity=3)
        page = mother.visit(f"/slots/{slot}")
        page = mother.submit(page, form="/bookings", person=self.both(cast))
        asking = mother.visit(page.links["取消预约"])
        assert "一起约的 2 个人都取消" in asking.text
        mother.submit(asking, form="/cancellation", which="all")
        assert [state for state, _party in rows(app)] == ["cancelled", "cancelled"]
        assert "余 3 个" in mother.visit(f"/slots/{slot}").text

    def test_all_or_none_are_cancelled_after_the_deadline_too(
        self,
        app: Flask,
        mother: Browser,
        cast: Cast,
        a_place: Make,
        clock: Clock,
    ) -> None:
        page = mother.visit(f"/slots/{a_place()}")
        page = mother.submit(page, form="/bookings", person=self.both(cast))
        asking = mother.visit(page.links["取消预约"])
        clock.move_to(tomorrow(13), tick=False)
        page = mother.submit(asking, 422, form="/cancellation", which="all")
        assert "一个也没有取消" in page.text
        assert [state for state, _party in rows(app)] == ["confirmed", "confirmed"]

    def test_their_number_does_not_change_the_number_of_queries(
        self,
        mother: Browser,
        queries: list[str],
        cast: Cast,
        a_place: Make,
        booked: Book,
    ) -> None:
        slot = a_place()
        number = booked(slot, cast.mother, cast.xiaoman, cast.duoduo)
        queries.clear()
        mother.visit(f"/slots/{slot}")
        assert len(queries) <= 4
        queries.clear()
        mother.visit(f"/bookings/{number}")
        assert len(queries) <= 3


def booked_ahead(booked: Any, _mother: Browser, cast: Cast, slot: int) -> None:
    """Two of another family wait for two places where one is left."""
    with _mother.app.app_context():
        amu = db.session.get_one(Person, cast.amu)
        sister = Person(
            household_id=cast.other_household, name="阿林", birth_date=amu.birth_date, sex=amu.sex
        )
        db.session.add(sister)
        db.session.commit()
        sister_id = sister.id
    booked(slot, cast.other_mother, cast.amu, sister_id)
    with _mother.app.app_context():
        waits = select(func.count()).where(Booking.state == BookingState.WAITING)
        assert db.session.scalar(waits) == 2


@pytest.mark.parametrize("entered", [timedelta(hours=-30), timedelta(hours=-1)])
def test_what_a_person_who_was_taken_out_missed_counts_on_the_page_as_it_does_for_the_press(
    app: Flask, mother: Browser, cast: Cast, a_place: Make, entered: timedelta
) -> None:
    missed = a_place(starts_at=clocks.now() - timedelta(hours=20))
    slot = a_place(no_show_limit=1)
    with app.app_context():
        child = db.session.get_one(Person, cast.xiaoman)
        child.entered_at = clocks.now() + entered
        booking = a_booking(db.session.get_one(Slot, missed), child, state=BookingState.NO_SHOW)
        booking.person = None
        db.session.add(booking)
        db.session.commit()
    page = mother.visit(f"/slots/{slot}")
    is_paused = entered > timedelta(hours=-20)
    assert ("小满有 1 次约了没来" in page.text) == is_paused
    sent = {"csrf_token": mother.token(), "person": str(cast.xiaoman)}
    pressed = mother.client.post(f"/slots/{slot}/bookings", data=sent)
    assert pressed.status_code == (422 if is_paused else 303)
