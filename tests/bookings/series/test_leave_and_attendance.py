"""Single dates, leave, and the share of dates that the next 期 asks for."""

from datetime import timedelta

import pytest
from flask import Flask

from hub.actor import Channel
from hub.bookings.attendance.actions import (
    ask_leave,
    excuse,
    mark_arrival,
    mark_no_show,
    take_back_leave,
)
from hub.bookings.single_slot.actions import cancel
from hub.db import db
from hub.refusals import Refused
from tests.aliases import Clock, Save
from tests.bookings.series.acts import CONFIRMED, WAITING, act_on, begin, book_date, booked, give_up
from tests.bookings.series.whole import (
    DATES,
    WEEK,
    a_family,
    a_whole,
    booking_on,
    date_ids,
    enrol_family,
    places,
    states,
    whole_of,
)
from tests.makers import a_slot, an_activity, tomorrow


class TestOneDate:
    def test_cannot_be_booked_alone_before_it_begins_and_the_way_on_is_the_whole(
        self, app: Flask, clock: Clock
    ) -> None:
        series, family = a_whole(app), a_family(app)
        second = date_ids(app, series)[1]
        clock.move_to(tomorrow(14) - timedelta(microseconds=1))
        for channel in Channel:
            with pytest.raises(Refused, match="整期一起约") as refused:
                book_date(app, second, family, channel=channel)
            assert refused.value.way_on is not None
            assert refused.value.way_on.values == (("series_id", series),)
        assert booked(app) == 0

    def test_can_be_booked_alone_once_it_has_begun_and_given_up_until_it_starts(
        self, app: Flask, clock: Clock
    ) -> None:
        series = a_whole(app)
        second = date_ids(app, series)[1]
        begin(clock)
        number = book_date(app, second, a_family(app))
        assert states(app, number) == ["confirmed"]
        clock.move_to(tomorrow(14) + WEEK - timedelta(minutes=1 + 24 * 60))
        act_on(app, booking_on(app, number, 0), cancel)
        assert states(app, number) == ["cancelled"]
        assert places(app, series)[1] == (2, 0)

    def test_that_is_full_can_be_waited_for_and_a_leave_gives_it_on(
        self, app: Flask, clock: Clock
    ) -> None:
        series = a_whole(app, capacity=1)
        has = enrol_family(app, series, a_family(app))
        begin(clock)
        waits = book_date(app, date_ids(app, series)[2], a_family(app))
        assert states(app, waits) == ["waiting"]
        act_on(app, booking_on(app, has, 2), ask_leave)
        assert states(app, has) == ["confirmed", "confirmed", "on_leave", "confirmed"]
        assert states(app, waits) == ["offered"]
        assert places(app, series) == [(0, 0)] * DATES

    def test_is_not_kept_from_who_waits_for_it_by_somebody_who_waited_for_all(
        self, app: Flask, clock: Clock
    ) -> None:
        series = a_whole(app, capacity=1, waiting_limit=1, smaller_first=False)
        has = enrol_family(app, series, a_family(app))
        too_late = enrol_family(app, series, a_family(app))
        begin(clock)
        waits = book_date(app, date_ids(app, series)[2], a_family(app))
        assert states(app, waits) == ["waiting"]
        assert states(app, too_late) == ["waiting", *["cancelled"] * (DATES - 1)]
        act_on(app, booking_on(app, has, 2), ask_leave)
        assert states(app, waits) == ["offered"]
        places(app, series)

    def test_can_be_booked_by_who_waited_in_vain_for_all(self, app: Flask, clock: Clock) -> None:
        series, family = a_whole(app, capacity=1), a_family(app)
        has = enrol_family(app, series, a_family(app))
        enrol_family(app, series, family)
        act_on(app, booking_on(app, has, 2), ask_leave)
        begin(clock)
        assert states(app, book_date(app, date_ids(app, series)[2], family)) == ["confirmed"]
        places(app, series)


class TestLeave:
    def test_is_asked_until_the_date_starts(self, app: Flask, clock: Clock) -> None:
        series = a_whole(app)
        number = enrol_family(app, series, a_family(app))
        third = tomorrow(14) + 2 * WEEK
        clock.move_to(third - timedelta(microseconds=1))
        act_on(app, booking_on(app, number, 2), ask_leave)
        clock.move_to(third + WEEK)
        with pytest.raises(Refused, match="来不及请假"):
            act_on(app, booking_on(app, number, 3), ask_leave)
        assert states(app, number) == ["confirmed", "confirmed", "on_leave", "confirmed"]
        assert [left for left, _ in places(app, series)] == [1, 1, 2, 1]

    def test_is_for_dates_of_a_whole_series_only(self, app: Flask, saved: Save) -> None:
        number = book_date(app, saved(a_slot()), a_family(app))
        with pytest.raises(Refused, match="只有约好的整期"):
            act_on(app, booking_on(app, number, 0), ask_leave)

    def test_is_taken_back_while_the_place_is_free(self, app: Flask) -> None:
        series = a_whole(app, capacity=1)
        number = enrol_family(app, series, a_family(app))
        act_on(app, booking_on(app, number, 2), ask_leave)
        act_on(app, booking_on(app, number, 2), take_back_leave)
        assert states(app, number) == CONFIRMED
        assert places(app, series) == [(0, 0)] * DATES

    def test_is_not_taken_back_once_the_place_is_somebody_elses(
        self, app: Flask, clock: Clock
    ) -> None:
        series = a_whole(app, capacity=1, desk_places=0)
        number = enrol_family(app, series, a_family(app))
        act_on(app, booking_on(app, number, 2), ask_leave)
        begin(clock)
        book_date(app, date_ids(app, series)[2], a_family(app))
        with pytest.raises(Refused, match="已经给了别人"):
            act_on(app, booking_on(app, number, 2), take_back_leave)
        assert states(app, number)[2] == "on_leave"
        places(app, series)

    def test_is_not_taken_back_past_somebody_who_waits_for_more(
        self, app: Flask, clock: Clock
    ) -> None:
        """A place that is kept for the waiting list cannot be taken back."""
        series = a_whole(app, capacity=2, smaller_first=False)
        number, _other = (enrol_family(app, series, a_family(app)) for _ in range(2))
        waits = enrol_family(app, series, a_family(app))
        act_on(app, booking_on(app, number, 2), ask_leave)
        with pytest.raises(Refused, match="已经给了别人"):
            act_on(app, booking_on(app, number, 2), take_back_leave)
        assert states(app, waits) == WAITING
        places(app, series)

    def test_does_not_keep_the_rest_from_being_given_up(self, app: Flask) -> None:
        series = a_whole(app, capacity=1)
        number = enrol_family(app, series, a_family(app))
        act_on(app, booking_on(app, number, 2), ask_leave)
        give_up(app, number)
        assert states(app, number) == ["cancelled", "cancelled", "on_leave", "cancelled"]
        assert places(app, series) == [(1, 0)] * DATES


class TestTheBar:
    def last_and_next(self, app: Flask, percent: int | None) -> tuple[int, int]:
        with app.test_request_context():
            activity = an_activity(opens_days_before=100)
            db.session.add(activity)
            last = whole_of(activity, "第1期", attendance_percent=percent)
            return last, whole_of(activity, "第2期", weeks=DATES + 1)

    def attend(self, app: Flask, clock: Clock, number: str, came: str) -> None:
        """One letter a date: c came, m missed, x missed and excused, l on leave."""
        first = tomorrow(14)
        for date, letter in enumerate(came):
            booking = booking_on(app, number, date)
            if letter == "l":
                act_on(app, booking, ask_leave)
                continue
            clock.move_to(first + WEEK * date)
            act_on(app, booking, mark_arrival if letter == "c" else mark_no_show)
            if letter == "x":
                act_on(app, booking, excuse, reason="生病")
        clock.move_to(first + WEEK * DATES)

    @pytest.mark.parametrize(
        ("percent", "came", "may"),
        [
            (70, "cmmc", False),
            (50, "cmmc", True),
            (None, "mmmm", True),
            (70, "cxxl", True),  # neither excused nor on leave is missing
            (70, "mlll", False),
            (70, "cccm", True),
        ],
    )
    def test_is_the_share_of_the_last_one_that_somebody_came_to(
        self,
        app: Flask,
        clock: Clock,
        percent: int | None,
        came: str,
        may: bool,
    ) -> None:
        last, following = self.last_and_next(app, percent)
        family = a_family(app)
        self.attend(app, clock, enrol_family(app, last, family), came)
        if may:
            assert states(app, enrol_family(app, following, family)) == CONFIRMED
            return
        with pytest.raises(Refused, match="上一期来了"):
            enrol_family(app, following, family)
        assert places(app, following) == [(2, 0)] * DATES

    def test_is_for_who_was_there_and_not_for_the_staff(self, app: Flask, clock: Clock) -> None:
        last, following = self.last_and_next(app, 70)
        family = a_family(app)
        self.attend(app, clock, enrol_family(app, last, family), "mmmm")
        assert states(app, enrol_family(app, following, a_family(app))) == CONFIRMED
        number = enrol_family(app, following, family, channel=Channel.PHONE)
        assert states(app, number) == CONFIRMED
