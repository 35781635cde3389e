"""The page of a 期, its one button, and the leave for one date."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as the_clock
from hub.bookings.attendance.actions import mark_no_show
from hub.bookings.models import Booking
from hub.catalogue.models import Activity
from hub.db import db
from hub.timetable.models import Series
from hub.timetable.queries import slots_of_series
from tests.aliases import Clock, Save
from tests.bookings.series.acts import act_on, begin, book_date
from tests.bookings.series.whole import (
    DATES,
    WEEK,
    a_family,
    booking_on,
    date_ids,
    enrol_family,
    places,
    states,
    whole_of,
)
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.makers import a_slot, tomorrow


@pytest.fixture
def series(app: Flask, cast: Cast) -> int:
    with app.test_request_context():
        activity = db.session.get_one(Activity, cast.activity)
        activity.fee_fen = 2000
        return whole_of(activity, "冬季第1期")


def enrolled(browser: Browser, cast: Cast, series: int) -> Page:
    page = browser.sign_in(cast.mother).visit(f"/series/{series}")
    return browser.submit(page, form="/bookings", person=str(cast.xiaoman))


def press(browser: Browser, address: str, expect: int, **sent: Any) -> Page:
    """What a form sends that no page shows: it carries a token, but nothing else is looked at."""
    token = browser.token()
    return browser.post(address, {"csrf_token": token, **sent}, expect)


def number_of(page: Page) -> str:
    return page.url.split("/")[2].split("?")[0]


class TestTheSeries:
    def test_shows_a_stranger_every_date_what_all_cost_and_the_way_in(
        self, browser: Browser, series: int
    ) -> None:
        page = browser.visit(f"/series/{series}")
        assert "亲子绘本 · 冬季第1期" in page.text
        assert f"共 {DATES} 次" in page.text
        assert "¥80，每次 ¥20" in page.text
        assert "余 2 个，共 2 个" in page.text
        assert len([href for href in page.hrefs if href.startswith("/slots/")]) == DATES
        assert "登录后预约" in page.links

    def test_is_not_found_where_there_is_none(self, browser: Browser, cast: Cast) -> None:
        browser.visit("/series/999", 404)
        press(browser.sign_in(cast.mother), "/series/999/bookings", 404)

    def test_books_all_dates_with_one_press(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        page = enrolled(browser, cast, series)
        assert "整期都约好了" in page.text
        assert f"整期 {DATES} 次" in page.text
        assert states(app, number_of(page)) == ["confirmed"] * DATES
        assert places(app, series) == [(1, 0)] * DATES
        assert "小满已经约好了" in browser.visit(f"/series/{series}").text

    def test_sends_a_stranger_who_presses_to_the_sign_in_page(
        self, browser: Browser, cast: Cast, series: int
    ) -> None:
        token = browser.token()
        sent = {"csrf_token": token, "person": str(cast.xiaoman)}
        page = browser.post(f"/series/{series}/bookings", sent)
        assert page.url.startswith("/sign-in")

    def test_does_not_take_a_child_of_another_family(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        browser.sign_in(cast.mother)
        page = press(browser, f"/series/{series}/bookings", 422, person=str(cast.amu))
        assert "请选择您家里的人" in page.text
        assert places(app, series) == [(2, 0)] * DATES

    def test_with_nobody_chosen_says_so_beside_the_field(
        self, browser: Browser, cast: Cast, series: int
    ) -> None:
        page = browser.sign_in(cast.mother).visit(f"/series/{series}")
        assert "请选择给谁预约" in browser.submit(page, 422, form="/bookings").text

    def test_sent_twice_enrols_once_and_answers_the_same(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        page = browser.sign_in(cast.mother).visit(f"/series/{series}")
        first = browser.submit(page, form="/bookings", person=str(cast.xiaoman))
        again = browser.submit(page, form="/bookings", person=str(cast.xiaoman))
        assert again.url == first.url
        assert places(app, series) == [(1, 0)] * DATES

    def test_two_children_at_once_and_the_line_when_it_is_full(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        enrol_family(app, series, a_family(app))
        page = browser.sign_in(cast.mother).visit(f"/series/{series}")
        both = [str(cast.xiaoman), str(cast.duoduo)]
        page = browser.submit(page, form="/bookings", person=both)
        assert "已排进整期的候补" in page.text
        assert places(app, series) == [(1, 2)] * DATES

    def test_says_beforehand_who_cannot_come_to_one_of_the_dates(
        self, app: Flask, browser: Browser, cast: Cast, series: int, saved: Save
    ) -> None:
        other = saved(a_slot(starts_at=tomorrow(15) + 2 * WEEK))
        book_date(app, other, (cast.mother, [cast.xiaoman]))
        page = browser.sign_in(cast.mother).visit(f"/series/{series}")
        assert "小满这个时间已经约了" in page.text
        choices = page.form("/bookings").choices["person"]
        assert str(cast.xiaoman) not in choices

    def test_before_it_opens_counts_down_and_refuses_a_hand_made_press(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        self._open_in(app, series, timedelta(hours=1))
        page = browser.sign_in(cast.mother).visit(f"/series/{series}")
        assert 'data-opens-in="3600000"' in page.html
        assert "disabled data-waits" in page.html
        page = press(browser, f"/series/{series}/bookings", 422, person=str(cast.xiaoman))
        assert "还没到预约时间" in page.text
        assert places(app, series) == [(2, 0)] * DATES

    def _open_in(self, app: Flask, series: int, delay: timedelta) -> None:
        with app.app_context():
            for slot in slots_of_series(series):
                slot.opens_at = the_clock.now() + delay
            db.session.commit()

    def test_that_has_begun_shows_the_free_dates_one_by_one(
        self, browser: Browser, cast: Cast, series: int, clock: Clock
    ) -> None:
        begin(clock)
        page = browser.sign_in(cast.mother).visit(f"/series/{series}")
        assert "这一期已经开始了" in page.text
        assert "余 2 个" in page.text
        page = press(browser, f"/series/{series}/bookings", 422, person=str(cast.xiaoman))
        assert "已经开始" in page.text

    def test_that_is_not_whole_is_booked_date_by_date(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        with app.app_context():
            db.session.get_one(Series, series).is_whole = False
            db.session.commit()
        page = browser.sign_in(cast.mother).visit(f"/series/{series}")
        assert "想来哪一次就约哪一次" in page.text
        press(browser, f"/series/{series}/bookings", 404, person=str(cast.xiaoman))

    def test_takes_the_same_queries_for_few_dates_and_many(
        self, app: Flask, browser: Browser, cast: Cast, queries: list[str]
    ) -> None:
        counts = []
        browser.sign_in(cast.mother)
        for count in (2, 12):
            with app.test_request_context():
                activity = db.session.get_one(Activity, cast.activity)
                one = whole_of(activity, f"{count}", count=count)
            browser.visit(f"/series/{one}")  # what is remembered is remembered now
            queries.clear()
            browser.visit(f"/series/{one}")
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 8


class TestADateOfIt:
    def test_leads_to_the_whole_before_it_begins(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        second = date_ids(app, series)[1]
        page = browser.sign_in(cast.mother).visit(f"/slots/{second}")
        assert f"/series/{series}" in page.hrefs
        page = press(browser, f"/slots/{second}/bookings", 422, person=str(cast.xiaoman))
        assert "要整期一起约" in page.text
        assert places(app, series) == [(2, 0)] * DATES

    def test_is_booked_alone_after_that(
        self,
        app: Flask,
        browser: Browser,
        cast: Cast,
        series: int,
        clock: Clock,
    ) -> None:
        second = date_ids(app, series)[1]
        begin(clock)
        page = browser.sign_in(cast.mother).visit(f"/slots/{second}")
        page = browser.submit(page, form="/bookings", person=str(cast.xiaoman))
        assert "约好了" in page.text
        assert [left for left, _ in places(app, series)] == [2, 1, 2, 2]

    def test_is_told_to_who_waited_in_vain_for_all(
        self,
        app: Flask,
        browser: Browser,
        cast: Cast,
        series: int,
        clock: Clock,
    ) -> None:
        for _ in range(2):
            enrol_family(app, series, a_family(app))
        number = enrol_family(app, series, (cast.mother, [cast.xiaoman]))
        begin(clock)
        book_date(app, date_ids(app, series)[1], a_family(app))  # ends what was waited for
        with app.app_context():
            second = db.session.get_one(Booking, booking_on(app, number, 1)).number
        page = browser.sign_in(cast.mother).visit(f"/bookings/{second}")
        assert "没有等到名额 " in page.text
        assert "可以单约那一次" in page.text


class TestLeave:
    def test_is_asked_for_from_the_booking_and_frees_that_place_only(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        page = enrolled(browser, cast, series)
        number = number_of(page)
        leaves = [href for href in page.hrefs if href.endswith("/leave")]
        assert len(set(leaves)) == DATES
        page = browser.visit(leaves[2])
        assert "这一次请假吗" in page.text
        page = browser.submit(page, form="/leave")
        assert "请好假了" in page.text
        assert "已请假" in page.text
        assert states(app, number).count("on_leave") == 1
        assert sorted(left for left, _ in places(app, series)) == [1, 1, 1, 2]

    def test_twice_is_as_good_as_once_and_it_is_taken_back(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        number = number_of(enrolled(browser, cast, series))
        page = browser.visit(f"/bookings/{number}/leave")
        browser.submit(page, form="/leave")
        browser.submit(page, form="/leave")
        page = browser.visit(f"/bookings/{number}/leave")
        assert "这一次请了假" in page.text
        back = browser.submit(page, form="/return")
        assert "这一次照常来" in back.text
        browser.submit(page, form="/return")
        assert states(app, number) == ["confirmed"] * DATES
        assert places(app, series) == [(1, 0)] * DATES

    def test_of_a_date_that_has_begun_is_refused_with_whom_to_call(
        self, browser: Browser, cast: Cast, series: int, clock: Clock
    ) -> None:
        number = number_of(enrolled(browser, cast, series))
        page = browser.visit(f"/bookings/{number}/leave")
        begin(clock)
        page = browser.submit(page, 422, form="/leave")
        assert "来不及请假" in page.text
        assert "打电话给中心" in page.links

    def test_is_not_taken_back_once_somebody_else_has_the_place(
        self,
        app: Flask,
        browser: Browser,
        cast: Cast,
        series: int,
        clock: Clock,
    ) -> None:
        page = enrolled(browser, cast, series)
        enrol_family(app, series, a_family(app))
        with app.app_context():
            second = db.session.get_one(Booking, booking_on(app, number_of(page), 1)).number
        browser.submit(browser.visit(f"/bookings/{second}/leave"), form="/leave")
        page = browser.visit(f"/bookings/{second}/leave")
        begin(clock)
        book_date(app, date_ids(app, series)[1], a_family(app))
        assert "已经给了别人" in browser.submit(page, 422, form="/return").text

    def test_of_a_stranger_and_of_somebody_else(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        number = enrol_family(app, series, a_family(app))
        for path in ("leave", "return"):
            address = f"/bookings/{number}/{path}"
            browser = Browser(app)
            token = browser.token()
            led = browser.post(address, {"csrf_token": token})
            assert led.url.startswith("/sign-in")
            press(browser.sign_in(cast.mother), address, 404)
        assert browser.visit(f"/bookings/{number}/leave", 404)
        assert browser.visit("/bookings/1234567890/leave", 404)
        assert Browser(app).visit(f"/bookings/{number}/leave").url.startswith("/sign-in")
        assert states(app, number) == ["confirmed"] * DATES


class TestCancelling:
    def test_gives_up_all_dates_of_the_child(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        page = enrolled(browser, cast, series)
        number = number_of(page)
        page = browser.visit(page.links["取消整期"])
        assert "取消整期吗" in page.text
        assert f"后面 {DATES} 次会一起取消" in page.text
        browser.submit(page, form="/cancellation")
        assert states(app, number) == ["cancelled"] * DATES
        assert places(app, series) == [(2, 0)] * DATES

    def test_of_one_of_two_children_asks_which(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        page = browser.sign_in(cast.mother).visit(f"/series/{series}")
        both = [str(cast.xiaoman), str(cast.duoduo)]
        page = browser.submit(page, form="/bookings", person=both)
        number = number_of(page)
        page = browser.visit(f"/bookings/{number}/cancellation")
        assert "只取消小满的" in page.text
        browser.submit(page, form="/cancellation", which="one")
        assert states(app, number).count("cancelled") == DATES
        with app.app_context():
            rows = db.session.scalars(select(Booking).where(Booking.person_id == cast.duoduo))
            other = min(rows, key=lambda booking: booking.starts_at).number
        page = browser.visit(f"/bookings/{other}/cancellation")
        browser.submit(page, form="/cancellation")
        assert states(app, number).count("cancelled") == 2 * DATES
        assert places(app, series) == [(2, 0)] * DATES

    def test_after_the_deadline_is_refused_and_leave_is_the_way_on(
        self, app: Flask, browser: Browser, cast: Cast, series: int, clock: Clock
    ) -> None:
        number = number_of(enrolled(browser, cast, series))
        clock.move_to(tomorrow(13))
        page = browser.visit(f"/bookings/{number}")
        assert "整期取消要在" in page.text
        assert "取消整期" not in page.links
        page = press(browser, f"/bookings/{number}/cancellation", 422, which="one")
        assert "可以给那一次请假" in page.text
        assert states(app, number) == ["confirmed"] * DATES


class TestMyBookings:
    def test_show_the_dates_to_come_as_one_card(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        number = number_of(enrolled(browser, cast, series))
        page = browser.visit("/bookings")
        assert page.text.count("亲子绘本") == 1
        assert f"冬季第1期 · 还有 {DATES} 次" in page.text
        assert f"/bookings/{number}" in page.hrefs

    def test_show_each_date_that_is_over_by_itself_and_not_as_one_to_come(
        self, browser: Browser, cast: Cast, series: int, clock: Clock
    ) -> None:
        enrolled(browser, cast, series)
        clock.move_to(tomorrow(18) + WEEK)
        page = browser.visit("/bookings")
        assert page.text.count("亲子绘本") == 3
        assert f"还有 {DATES - 2} 次" in page.text
        assert "还有 2 次" not in page.text.split("过去的和取消的")[-1]

    def test_show_what_was_cancelled_together_as_one_card(
        self, app: Flask, browser: Browser, cast: Cast, series: int
    ) -> None:
        number = number_of(enrolled(browser, cast, series))
        page = browser.visit(f"/bookings/{number}/cancellation")
        browser.submit(page, form="/cancellation")
        assert browser.visit("/bookings").text.count("亲子绘本") == 1


def test_the_bar_is_said_before_anybody_presses(
    app: Flask, browser: Browser, cast: Cast, clock: Clock
) -> None:
    with app.test_request_context():
        activity = db.session.get_one(Activity, cast.activity)
        last = whole_of(activity, "第1期", count=2, attendance_percent=70)
        following = whole_of(activity, "第2期", count=2, weeks=3)
    number = enrol_family(app, last, (cast.mother, [cast.xiaoman]))
    first = tomorrow(14)
    for date in range(2):
        clock.move_to(first + date * WEEK)
        act_on(app, booking_on(app, number, date), mark_no_show)
    page = browser.sign_in(cast.mother).visit(f"/series/{following}")
    assert "小满上一期来了 0 次" in page.text
    page = press(browser, f"/series/{following}/bookings", 422, person=str(cast.xiaoman))
    assert "不到 70%" in page.text
