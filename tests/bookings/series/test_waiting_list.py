"""The waiting list of a whole 期."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from hub import clock as the_clock
from hub.actor import Actor, Channel
from hub.bookings.attendance.actions import (
    ask_leave,
    release_late_places,
)
from hub.bookings.models import Booking
from hub.bookings.slot_changes.actions import change_capacity
from hub.bookings.slot_counters import lock_slots, resize
from hub.bookings.waiting_list import actions as waiting_list
from hub.bookings.waiting_list.models import Offer
from hub.db import db, transaction
from hub.notices.models import Notice
from hub.timetable.models import Slot
from tests.aliases import Clock
from tests.bookings.series.acts import CONFIRMED, OFFERED, WAITING, act_on, answer, begin, give_up
from tests.bookings.series.whole import (
    DATES,
    a_family,
    a_whole,
    booking_on,
    cancel_enrolment,
    date_ids,
    enrol_family,
    places,
    states,
)
from tests.makers import tomorrow


class TestTheLine:
    def test_when_all_dates_come_free_the_next_family_is_offered_all(self, app: Flask) -> None:
        series = a_whole(app, capacity=1)
        has, first, second = (enrol_family(app, series, a_family(app)) for _ in range(3))
        give_up(app, has)
        assert states(app, first) == OFFERED
        assert states(app, second) == WAITING
        assert answer(app, first, waiting_list.accept)
        assert states(app, first) == CONFIRMED
        assert places(app, series) == [(0, 1)] * DATES

    def test_when_the_family_declines_the_one_after_its_is_offered_all(self, app: Flask) -> None:
        series = a_whole(app, capacity=1)
        has, first, second = (enrol_family(app, series, a_family(app)) for _ in range(3))
        give_up(app, has)
        assert answer(app, first, waiting_list.decline)
        assert (states(app, first), states(app, second)) == (["cancelled"] * DATES, OFFERED)
        places(app, series)

    def test_an_offer_ends_before_the_first_date_whichever_date_came_free(
        self, app: Flask, clock: Clock
    ) -> None:
        series = a_whole(app, capacity=1, offer_minutes=100_000)
        full = date_ids(app, series)[-1]
        with app.test_request_context(), transaction():
            change_capacity(db.session.get_one(Slot, full), 0, by=Actor(1, the_clock.now()))
        number = enrol_family(app, series, a_family(app))
        with app.test_request_context(), transaction():
            slot = db.session.get_one(Slot, full)
            lock_slots(slot)
            assert resize(slot, 1)
            waiting_list.serve_waiting_list(slot, by=Actor(None, the_clock.now()))
        assert states(app, number) == OFFERED
        with app.app_context():
            offer = db.session.scalars(select(Offer)).one()
            assert offer.slot_id == date_ids(app, series)[0]
            assert offer.until < tomorrow(14)
            clock.move_to(offer.until)
        assert answer(app, number, lambda offer, by: waiting_list.expire(offer, now=by.now))
        assert states(app, number) == ["cancelled"] * DATES
        assert places(app, series) == [(1, 0)] * DATES

    def test_without_an_offer_time_the_next_family_gets_all_dates_and_is_told_once(
        self, app: Flask
    ) -> None:
        series = a_whole(app, capacity=1, offer_minutes=0)
        has, first = (enrol_family(app, series, a_family(app)) for _ in range(2))
        give_up(app, has)
        assert states(app, first) == CONFIRMED
        with app.app_context():
            [told] = db.session.scalars(select(Notice.text)).all()
        assert f"起整期 {DATES} 次" in told

    def test_a_date_that_comes_free_alone_is_not_offered_to_who_waits_for_all(
        self, app: Flask
    ) -> None:
        series = a_whole(app, capacity=1)
        has, waits = (enrol_family(app, series, a_family(app)) for _ in range(2))
        act_on(app, booking_on(app, has, 2), ask_leave)
        assert states(app, waits) == WAITING
        assert places(app, series) == [(0, 1), (0, 1), (1, 1), (0, 1)]

    def test_two_families_who_gave_up_different_dates_leave_all_of_them_to_the_next(
        self, app: Flask
    ) -> None:
        series = a_whole(app)
        one, two = (enrol_family(app, series, a_family(app)) for _ in range(2))
        waits = enrol_family(app, series, a_family(app))
        for number, dates in ((one, (0, 2)), (two, (1, 3))):
            for date in dates:
                act_on(app, booking_on(app, number, date), ask_leave)
        assert states(app, waits) == OFFERED
        assert places(app, series) == [(0, 0)] * DATES

    def test_nobody_is_offered_anything_of_one_that_has_begun_and_its_turns_end(
        self, app: Flask, clock: Clock
    ) -> None:
        series = a_whole(app, capacity=1, offer_minutes=0)
        has, waits = (enrol_family(app, series, a_family(app)) for _ in range(2))
        begin(clock)
        act_on(app, booking_on(app, has, 0), cancel_enrolment, Channel.DESK)
        assert states(app, waits) == WAITING
        with app.test_request_context(), transaction():
            first = db.session.get_one(Slot, date_ids(app, series)[0])
            release_late_places(first, now=the_clock.now())
        assert states(app, waits) == ["waiting", *["cancelled"] * (DATES - 1)]
        assert places(app, series)[1:] == [(1, 0)] * (DATES - 1)
        with app.app_context():
            [told] = db.session.scalars(select(Notice.text)).all()
        assert "这一期开始了" in told
        assert f"/series/{series}" in told

    def test_of_whom_the_staff_took_one_date_back_waits_for_that_one_before_all_others(
        self, app: Flask, clock: Clock
    ) -> None:
        series = a_whole(app, capacity=1, offer_minutes=0)
        staff, _ = family = a_family(app)
        has = enrol_family(app, series, family)
        enrol_family(app, series, a_family(app))
        first, third = date_ids(app, series)[::2]
        with app.test_request_context(), transaction():
            for date, slot_id in ((0, first), (2, third)):
                slot = db.session.get_one(Slot, slot_id)
                back = db.session.get_one(Booking, booking_on(app, has, date))
                change_capacity(slot, 0, by=Actor(staff, the_clock.now()), to_waiting_list=[back])
        assert states(app, has) == ["waiting", "confirmed", "waiting", "confirmed"]
        begin(clock)
        with app.test_request_context(), transaction():
            slot = db.session.get_one(Slot, first)
            release_late_places(slot, now=the_clock.now())  # ends the turns of the others only
            change_capacity(db.session.get_one(Slot, third), 1, by=Actor(staff, the_clock.now()))
        assert states(app, has) == ["waiting", "confirmed", "confirmed", "confirmed"]
        places(app, series)

    def test_in_the_last_minutes_who_waits_for_all_gets_all_by_pressing(
        self, app: Flask, clock: Clock
    ) -> None:
        series, family = a_whole(app, capacity=1), a_family(app)
        has = enrol_family(app, series, a_family(app))
        waits = enrol_family(app, series, family)
        clock.move_to(tomorrow(14) - timedelta(minutes=5))
        act_on(app, booking_on(app, has, 0), cancel_enrolment, Channel.DESK)
        assert states(app, waits) == WAITING
        enrol_family(app, series, family)
        assert states(app, waits) == CONFIRMED
        places(app, series)
