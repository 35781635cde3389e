"""Booking a whole 期: all dates or none, and until when."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from hub import clock as the_clock
from hub.actor import Actor, Channel
from hub.bookings.models import Booking
from hub.bookings.slot_changes.actions import call_off, change_capacity
from hub.catalogue.models import Activity
from hub.db import db, transaction
from hub.refusals import Refused
from hub.timetable.models import Slot
from tests.aliases import Clock, Save
from tests.bookings.series.acts import CONFIRMED, WAITING, act_on, begin, book_date, booked, give_up
from tests.bookings.series.whole import (
    DATES,
    WEEK,
    a_family,
    a_whole,
    booking_on,
    cancel_enrolment,
    date_ids,
    enrol_family,
    places,
    states,
)
from tests.makers import a_slot, tomorrow


class TestAllOrNone:
    def test_one_act_books_every_date_as_one_party(self, app: Flask) -> None:
        series = a_whole(app, fee_fen=2000)
        number = enrol_family(app, series, a_family(app))
        assert states(app, number) == CONFIRMED
        assert places(app, series) == [(1, 0)] * DATES
        with app.app_context():
            bookings = db.session.scalars(select(Booking)).all()
            assert {(one.party, one.fee_fen) for one in bookings} == {(number, 2000)}

    def test_a_family_with_two_children_gets_all_places_or_waits_with_both(
        self, app: Flask
    ) -> None:
        series = a_whole(app, capacity=3)
        assert states(app, enrol_family(app, series, a_family(app, 2))) == CONFIRMED * 2
        assert states(app, enrol_family(app, series, a_family(app, 2))) == WAITING * 2
        assert places(app, series) == [(1, 2)] * DATES

    @pytest.mark.parametrize("full", range(DATES))
    def test_one_full_date_lets_the_family_wait_for_all_of_them(
        self, app: Flask, full: int
    ) -> None:
        series = a_whole(app)
        slot_id = date_ids(app, series)[full]
        with app.test_request_context(), transaction():
            slot = db.session.get_one(Slot, slot_id)
            change_capacity(slot, 0, by=Actor(1, the_clock.now()))
        assert states(app, enrol_family(app, series, a_family(app))) == WAITING
        assert [left for left, _ in places(app, series)] == [
            0 if date == full else 2 for date in range(DATES)
        ]

    @pytest.mark.parametrize("date", range(DATES))
    def test_something_else_at_the_time_of_one_date_refuses_all_and_names_it(
        self, app: Flask, saved: Save, date: int
    ) -> None:
        series, family = a_whole(app), a_family(app)
        other = saved(a_slot(starts_at=tomorrow(15) + WEEK * date))
        book_date(app, other, family)
        with app.app_context():
            day = the_clock.local(tomorrow(15) + WEEK * date)
        with pytest.raises(Refused, match=f"{day.month}月{day.day}日 .*15:00–16:30"):
            enrol_family(app, series, family)
        assert booked(app) == 1
        assert places(app, series) == [(2, 0)] * DATES

    @pytest.mark.parametrize("date", range(DATES))
    def test_a_quota_that_is_full_in_the_week_of_one_date_refuses_all(
        self, app: Flask, saved: Save, date: int
    ) -> None:
        series, family = a_whole(app, person_per_week=1), a_family(app)
        with app.app_context():
            slot = db.session.get_one(Slot, date_ids(app, series)[0])
            activity = db.session.get_one(Activity, slot.activity_id)
            one = a_slot(activity, starts_at=tomorrow(9) + WEEK * date)
            db.session.add(one)
            db.session.commit()
            one_id = one.id
        book_date(app, one_id, family)
        with pytest.raises(Refused, match="每人每周最多约 1 次"):
            enrol_family(app, series, family)
        assert booked(app) == 1

    def test_two_dates_in_one_week_count_once_for_the_quota(self, app: Flask) -> None:
        series, family = a_whole(app, person_per_week=2), a_family(app)
        with app.app_context():  # the second date two days after the first
            second = db.session.get_one(Slot, date_ids(app, series)[1])
            second.starts_at, second.ends_at = (
                tomorrow(14) + timedelta(days=2),
                tomorrow(16) + timedelta(days=2),
            )
            one = a_slot(second.activity, starts_at=tomorrow(9), person_per_week=2)
            db.session.add(one)
            db.session.commit()
            one_id = one.id
        assert states(app, enrol_family(app, series, family)) == CONFIRMED
        assert states(app, book_date(app, one_id, family)) == ["confirmed"]

    @pytest.mark.parametrize("date", range(DATES))
    def test_a_full_waiting_list_of_one_date_refuses_all(self, app: Flask, date: int) -> None:
        series = a_whole(app, capacity=1)
        enrol_family(app, series, a_family(app))
        slot_id = date_ids(app, series)[date]
        with app.app_context():
            db.session.execute(update(Slot).where(Slot.id == slot_id).values(waiting_limit=0))
            db.session.commit()
        with pytest.raises(Refused, match="满了"):
            enrol_family(app, series, a_family(app))
        assert booked(app) == DATES
        assert places(app, series) == [(0, 0)] * DATES

    def test_a_date_that_was_called_off_is_passed_over(self, app: Flask) -> None:
        series = a_whole(app)
        first = date_ids(app, series)[0]
        with app.test_request_context(), transaction():
            call_off(db.session.get_one(Slot, first), "停电", by=Actor(None, the_clock.now()))
        number = enrol_family(app, series, a_family(app))
        assert states(app, number) == CONFIRMED[1:]
        assert places(app, series)[0] == (2, 0)

    def test_a_child_who_is_too_young_on_the_first_date_is_refused(self, app: Flask) -> None:
        series = a_whole(app, youngest_months=7 * 12)
        with pytest.raises(Refused, match="适合"):
            enrol_family(app, series, a_family(app))
        assert booked(app) == 0

    def test_a_second_enrolment_of_the_same_child_is_refused(self, app: Flask) -> None:
        series, family = a_whole(app), a_family(app)
        enrol_family(app, series, family)
        with pytest.raises(Refused, match="已经约过"):
            enrol_family(app, series, family)
        assert booked(app) == DATES

    def test_a_form_that_is_sent_twice_enrols_once(self, app: Flask) -> None:
        series, family = a_whole(app), a_family(app)
        first = enrol_family(app, series, family, request_key="a")
        assert enrol_family(app, series, family, request_key="a") == first
        assert booked(app) == DATES

    def test_the_staff_also_takes_places_kept_for_the_desk(self, app: Flask) -> None:
        series = a_whole(app, capacity=1, desk_places=1)
        assert states(app, enrol_family(app, series, a_family(app))) == WAITING
        number = enrol_family(app, series, a_family(app), channel=Channel.DESK)
        assert states(app, number) == CONFIRMED
        places(app, series)


class TestWhen:
    def test_before_it_opens_it_is_refused_and_at_the_instant_taken(
        self, app: Flask, clock: Clock
    ) -> None:
        opens_at = the_clock.now() + timedelta(hours=1)
        series, family = a_whole(app, opens_at=opens_at), a_family(app)
        clock.move_to(opens_at - timedelta(microseconds=1))
        with pytest.raises(Refused, match="还没到预约时间"):
            enrol_family(app, series, family)
        clock.move_to(opens_at)
        assert states(app, enrol_family(app, series, family)) == CONFIRMED

    def test_it_closes_with_its_first_date(self, app: Flask, clock: Clock) -> None:
        series, family = a_whole(app, closes_minutes_before=60), a_family(app)
        clock.move_to(tomorrow(13))
        with pytest.raises(Refused, match="截止"):
            enrol_family(app, series, family)

    def test_one_that_has_begun_is_refused_to_families_and_the_staff_books_what_is_left(
        self, app: Flask, clock: Clock
    ) -> None:
        series, family = a_whole(app), a_family(app)
        begin(clock)
        with pytest.raises(Refused, match="这一期已经开始了"):
            enrol_family(app, series, family)
        number = enrol_family(app, series, family, channel=Channel.DESK)
        assert states(app, number) == CONFIRMED[1:]
        clock.move_to(tomorrow(20) + WEEK * DATES)
        with pytest.raises(Refused, match="已经开始"):
            enrol_family(app, series, a_family(app), channel=Channel.DESK)

    def test_it_is_given_up_until_its_deadline_and_after_it_by_the_staff(
        self, app: Flask, clock: Clock
    ) -> None:
        series = a_whole(app, cancel_minutes_before=1440)
        numbers = [enrol_family(app, series, a_family(app)) for _ in range(2)]
        clock.move_to(tomorrow(14) - timedelta(days=1))
        give_up(app, numbers[0])
        assert states(app, numbers[0]) == ["cancelled"] * DATES
        clock.shift(timedelta(microseconds=1))
        with pytest.raises(Refused, match="整期取消要在"):
            give_up(app, numbers[1])
        assert states(app, numbers[1]) == CONFIRMED
        begin(clock)
        act_on(app, booking_on(app, numbers[1], 2), cancel_enrolment, Channel.DESK)
        assert states(app, numbers[1]) == ["confirmed", *["cancelled"] * (DATES - 1)]
        places(app, series)

    def test_one_of_two_children_is_given_up_with_all_its_dates(self, app: Flask) -> None:
        series = a_whole(app)
        number = enrol_family(app, series, a_family(app, 2))
        give_up(app, number)
        assert sorted(states(app, number)) == sorted([*["cancelled"] * DATES, *CONFIRMED])
        assert places(app, series) == [(1, 0)] * DATES


def test_a_date_of_a_series_that_is_not_whole_is_booked_like_any_other(app: Flask) -> None:
    series = a_whole(app)
    with app.app_context():
        slot = db.session.get_one(Slot, date_ids(app, series)[1])
        assert slot.series
        slot.series.is_whole = False
        db.session.commit()
    number = book_date(app, date_ids(app, series)[1], a_family(app))
    assert states(app, number) == ["confirmed"]
