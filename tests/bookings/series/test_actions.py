"""A whole 期: all of its dates or none, in line for all of them, and one date left to others."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from hub import clock as the_clock
from hub.actor import Actor, Channel
from hub.bookings.attendance.actions import (
    ask_leave,
    excuse,
    mark_arrival,
    mark_no_show,
    release_late_places,
    take_back_leave,
)
from hub.bookings.models import Booking
from hub.bookings.single_slot.actions import book, cancel
from hub.bookings.slot_changes.actions import call_off, change_capacity
from hub.bookings.slot_counters import lock_slots, resize
from hub.bookings.waiting_list import actions as waiting_list
from hub.bookings.waiting_list.models import Offer
from hub.catalogue.models import Activity
from hub.db import db, transaction
from hub.families.models import Guardian
from hub.families.queries import my_persons
from hub.notices.models import Notice
from hub.refusals import Refused
from hub.timetable.models import Slot
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
    whole_of,
)
from tests.bookings.test_races import at_once
from tests.makers import a_slot, an_activity, tomorrow

CONFIRMED, WAITING, OFFERED = ["confirmed"] * DATES, ["waiting"] * DATES, ["offered"] * DATES
Family = tuple[int, list[int]]


def act_on(
    app: Flask,
    booking_id: int,
    act: Callable[..., Any],
    channel: Channel = Channel.WEB,
    **given: Any,
) -> Any:
    """One act on one booking, in a transaction of its own."""
    with app.test_request_context(), transaction():
        booking = db.session.get_one(Booking, booking_id)
        return act(booking, by=Actor(booking.made_by_id, the_clock.now(), channel), **given)


def give_up(app: Flask, number: str) -> None:
    act_on(app, booking_on(app, number, 0), cancel_enrolment)


def answer(app: Flask, number: str, act: Callable[..., bool]) -> bool:
    with app.test_request_context(), transaction():
        offer = db.session.scalars(
            select(Offer)
            .join(Booking, Booking.party == Offer.party)
            .where(Booking.number == number, Offer.answered_at.is_(None))
        ).one()
        return act(offer, Actor(None, the_clock.now()))


def book_date(app: Flask, slot_id: int, family: Family, **given: Any) -> str:
    account_id, person_ids = family
    with app.test_request_context(), transaction():
        account = db.session.get_one(Guardian, account_id).account
        [person] = my_persons(account, person_ids, lock=True)
        slot = db.session.get_one(Slot, slot_id)
        made = book(slot, person, by=Actor(account_id, the_clock.now(), **given))
        return made.number


def booked(app: Flask) -> int:
    with app.app_context():
        return len(db.session.scalars(select(Booking.id)).all())


def begin(clock: time_machine.Traveller) -> None:
    """The first date has begun; the others are to come."""
    clock.move_to(tomorrow(14))


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
        self, app: Flask, saved: Any, date: int
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
        self, app: Flask, saved: Any, date: int
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
        self, app: Flask, clock: time_machine.Traveller
    ) -> None:
        opens_at = the_clock.now() + timedelta(hours=1)
        series, family = a_whole(app, opens_at=opens_at), a_family(app)
        clock.move_to(opens_at - timedelta(microseconds=1))
        with pytest.raises(Refused, match="还没到预约时间"):
            enrol_family(app, series, family)
        clock.move_to(opens_at)
        assert states(app, enrol_family(app, series, family)) == CONFIRMED

    def test_it_closes_with_its_first_date(self, app: Flask, clock: time_machine.Traveller) -> None:
        series, family = a_whole(app, closes_minutes_before=60), a_family(app)
        clock.move_to(tomorrow(13))
        with pytest.raises(Refused, match="截止"):
            enrol_family(app, series, family)

    def test_one_that_has_begun_is_refused_to_families_and_the_staff_books_what_is_left(
        self, app: Flask, clock: time_machine.Traveller
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
        self, app: Flask, clock: time_machine.Traveller
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

    def test_one_of_two_children_is_given_up_with_all_her_dates(self, app: Flask) -> None:
        series = a_whole(app)
        number = enrol_family(app, series, a_family(app, 2))
        give_up(app, number)
        assert sorted(states(app, number)) == sorted([*["cancelled"] * DATES, *CONFIRMED])
        assert places(app, series) == [(1, 0)] * DATES


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

    def test_when_she_declines_the_one_after_her_is_offered_all(self, app: Flask) -> None:
        series = a_whole(app, capacity=1)
        has, first, second = (enrol_family(app, series, a_family(app)) for _ in range(3))
        give_up(app, has)
        assert answer(app, first, waiting_list.decline)
        assert (states(app, first), states(app, second)) == (["cancelled"] * DATES, OFFERED)
        places(app, series)

    def test_an_offer_ends_before_the_first_date_whichever_date_came_free(
        self, app: Flask, clock: time_machine.Traveller
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
        self, app: Flask, clock: time_machine.Traveller
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
        self, app: Flask, clock: time_machine.Traveller
    ) -> None:
        series = a_whole(app, capacity=1, offer_minutes=0)
        has = enrol_family(app, series, a_family(app))
        enrol_family(app, series, a_family(app))
        first, third = date_ids(app, series)[::2]
        with app.test_request_context(), transaction():
            for date, slot_id in ((0, first), (2, third)):
                slot = db.session.get_one(Slot, slot_id)
                back = db.session.get_one(Booking, booking_on(app, has, date))
                change_capacity(slot, 0, by=Actor(1, the_clock.now()), to_waiting_list=[back])
        assert states(app, has) == ["waiting", "confirmed", "waiting", "confirmed"]
        begin(clock)
        with app.test_request_context(), transaction():
            slot = db.session.get_one(Slot, first)
            release_late_places(slot, now=the_clock.now())  # ends the turns of the others only
            change_capacity(db.session.get_one(Slot, third), 1, by=Actor(1, the_clock.now()))
        assert states(app, has) == ["waiting", "confirmed", "confirmed", "confirmed"]
        places(app, series)

    def test_in_the_last_minutes_who_waits_for_all_gets_all_by_pressing(
        self, app: Flask, clock: time_machine.Traveller
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


class TestOneDate:
    def test_cannot_be_booked_alone_before_it_begins_and_the_way_on_is_the_whole(
        self, app: Flask, clock: time_machine.Traveller
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
        self, app: Flask, clock: time_machine.Traveller
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
        self, app: Flask, clock: time_machine.Traveller
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
        self, app: Flask, clock: time_machine.Traveller
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

    def test_can_be_booked_by_who_waited_in_vain_for_all(
        self, app: Flask, clock: time_machine.Traveller
    ) -> None:
        series, family = a_whole(app, capacity=1), a_family(app)
        has = enrol_family(app, series, a_family(app))
        enrol_family(app, series, family)
        act_on(app, booking_on(app, has, 2), ask_leave)
        begin(clock)
        assert states(app, book_date(app, date_ids(app, series)[2], family)) == ["confirmed"]
        places(app, series)


class TestLeave:
    def test_is_asked_until_the_date_starts(
        self, app: Flask, clock: time_machine.Traveller
    ) -> None:
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

    def test_is_for_dates_of_a_whole_series_only(self, app: Flask, saved: Any) -> None:
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
        self, app: Flask, clock: time_machine.Traveller
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
        self, app: Flask, clock: time_machine.Traveller
    ) -> None:
        """A place that is kept for who waits is not hers to take back."""
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

    def attend(self, app: Flask, clock: time_machine.Traveller, number: str, came: str) -> None:
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
        clock: time_machine.Traveller,
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

    def test_is_for_who_was_there_and_not_for_the_staff(
        self, app: Flask, clock: time_machine.Traveller
    ) -> None:
        last, following = self.last_and_next(app, 70)
        family = a_family(app)
        self.attend(app, clock, enrol_family(app, last, family), "mmmm")
        assert states(app, enrol_family(app, following, a_family(app))) == CONFIRMED
        number = enrol_family(app, following, family, channel=Channel.PHONE)
        assert states(app, number) == CONFIRMED


class TestAtOnce:
    def test_two_families_and_the_last_place_of_every_date_give_one_family_all_of_them(
        self, app: Flask
    ) -> None:
        for _round in range(5):
            series = a_whole(app, capacity=1, waiting_limit=0)
            families = [a_family(app) for _ in range(6)]

            def act(family: Family, series: int = series) -> Callable[[], str]:
                return lambda: states(app, enrol_family(app, series, family))[0]

            ends = at_once(app, [act(family) for family in families])
            assert ends == {"confirmed": 1, "refused": 5}
            assert places(app, series) == [(0, 0)] * DATES

    def test_enrolling_giving_up_and_leaving_at_once_adds_up_and_passes_nobody_over(
        self, app: Flask
    ) -> None:
        for _round in range(3):
            series = a_whole(app, capacity=3, waiting_limit=20, offer_minutes=0)
            have = [enrol_family(app, series, a_family(app)) for _ in range(3)]
            families = [a_family(app) for _ in range(6)]

            def enrolling(family: Family, series: int = series) -> Callable[[], str]:
                return lambda: enrol_family(app, series, family)

            def leaving(number: str) -> Callable[[], Any]:
                return lambda: act_on(app, booking_on(app, number, 1), ask_leave)

            def giving_up(number: str) -> Callable[[], Any]:
                return lambda: give_up(app, number)

            at_once(
                app,
                [
                    *(enrolling(family) for family in families),
                    giving_up(have[0]),
                    giving_up(have[1]),
                    leaving(have[2]),
                ],
            )
            left = places(app, series)
            assert left == [(0, 4), (1, 4), (0, 4), (0, 4)]


def test_a_date_of_a_series_that_is_not_whole_is_booked_like_any_other(app: Flask) -> None:
    series = a_whole(app)
    with app.app_context():
        slot = db.session.get_one(Slot, date_ids(app, series)[1])
        assert slot.series
        slot.series.is_whole = False
        db.session.commit()
    number = book_date(app, date_ids(app, series)[1], a_family(app))
    assert states(app, number) == ["confirmed"]
