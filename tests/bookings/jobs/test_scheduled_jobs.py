"""The clock's work: each thing when it is due, once, and however many do it at the same time."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, select, text

from hub import clock as the_clock
from hub.bookings.deadlines import LAST_CALL
from hub.bookings.jobs import scheduled_jobs
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.jobs.scheduled_jobs import ScheduledJob, perform
from hub.bookings.models import Arrival, Booking, BookingState, Ending
from hub.bookings.waiting_list.models import Answer, Offer
from hub.catalogue.models import Admission
from hub.db import db
from hub.notices.models import Notice
from hub.timetable.models import Slot, SlotState
from tests.makers import a_booking, a_child, a_guardian, a_slot, an_account, an_activity

NOW = datetime.fromisoformat("2026-11-23T10:00+08:00")  # as tests.conftest stops the clock
START = datetime.fromisoformat("2026-11-24T14:00+08:00")  # of an ordinary slot of tests.makers
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
OFFERED, WAITING, CONFIRMED = BookingState.OFFERED, BookingState.WAITING, BookingState.CONFIRMED

Clock = time_machine.Traveller
Saved = Callable[..., Any]


def tomorrow(hour: int, minute: int = 0) -> datetime:
    """On the day after the tests' own, wherever the clock stands by now."""
    return START.replace(hour=hour, minute=minute)


@pytest.fixture(autouse=True)
def everything_adds_up(app: Flask) -> Iterator[None]:
    """After each of these tests, whatever was done at whatever moment."""
    yield
    with app.app_context():
        assert list(inconsistencies()) == []


def do(app: Flask, duty: ScheduledJob) -> int:
    """How many rows one worker does now."""
    with app.app_context(), force_locale("zh_Hans_CN"):
        return sum(perform(duty))


def a_family() -> Any:
    """A child that somebody with a phone looks after."""
    guardian = a_guardian()
    child = a_child(guardian.household)
    db.session.add(guardian)
    return child


def an_offer(slot: Slot, until: datetime) -> Offer:
    """A place of the slot that is held for a family until then."""
    booking = a_booking(slot, a_family(), state=OFFERED)
    db.session.add(booking)
    db.session.flush()
    token, made_at = f"token {booking.number}", until - timedelta(hours=2)
    offer = Offer(party=booking.party, slot=slot, token=token, made_at=made_at, until=until)
    offer.household_id = booking.household_id
    db.session.add(offer)
    return offer


def states(app: Flask, slot_id: int) -> Counter[str]:
    with app.app_context():
        of_slot = select(Booking.state).where(Booking.slot_id == slot_id)
        return Counter(state.value for state in db.session.scalars(of_slot))


def slot_of(app: Flask, slot_id: int) -> Slot:
    with app.app_context():
        return db.session.get_one(Slot, slot_id)


def told(app: Flask) -> list[str]:
    """What stands in the outbox, oldest first."""
    with app.app_context():
        return list(db.session.scalars(select(Notice.text).order_by(Notice.id)))


class TestOffers:
    @pytest.fixture
    def slot_id(self, app: Flask) -> int:
        """One place, held for one family until 12:00; another waits."""
        with app.app_context():
            slot = a_slot(capacity=1, places_left=0, offer_minutes=60)
            db.session.add(an_offer(slot, NOW + timedelta(hours=2)))
            db.session.add(a_booking(slot, a_family(), state=WAITING))
            db.session.commit()
            return slot.id

    def test_expire_at_their_end_and_not_before(
        self, app: Flask, slot_id: int, clock: Clock
    ) -> None:
        clock.move_to(NOW + timedelta(hours=2) - INSTANT)
        assert do(app, scheduled_jobs.EXPIRE_OFFERS) == 0
        clock.move_to(NOW + timedelta(hours=2))
        assert do(app, scheduled_jobs.EXPIRE_OFFERS) == 1
        assert states(app, slot_id) == {"cancelled": 1, "offered": 1}

    def test_expire_once_and_the_next_one_is_asked_once(
        self, app: Flask, slot_id: int, clock: Clock
    ) -> None:
        clock.move_to(NOW + timedelta(hours=2))
        assert [do(app, scheduled_jobs.EXPIRE_OFFERS) for _ in range(3)] == [1, 0, 0]
        first, second = told(app)
        assert "候补到名额了" in first
        assert "没有在时间内确认" in second

    def test_make_new_ones_never_after_the_start(
        self, app: Flask, slot_id: int, clock: Clock
    ) -> None:
        clock.move_to(START)
        assert do(app, scheduled_jobs.EXPIRE_OFFERS) == 1
        assert states(app, slot_id) == {"cancelled": 1, "waiting": 1}
        with app.app_context():
            assert db.session.scalars(select(Offer.answer)).all() == [Answer.EXPIRED]

    def test_made_in_the_evening_last_into_the_morning(
        self, app: Flask, slot_id: int, clock: Clock
    ) -> None:
        """The first one's time is over at 20:30; of the second one's hour half is left by night."""
        with app.app_context():
            db.session.scalars(select(Offer)).one().until = NOW.replace(hour=20, minute=30)
            db.session.commit()
        clock.move_to(NOW.replace(hour=20, minute=30))
        assert do(app, scheduled_jobs.EXPIRE_OFFERS) == 1
        half_past_eight = tomorrow(8, 30)
        for instant in (NOW.replace(hour=23), tomorrow(3), half_past_eight - INSTANT):
            clock.move_to(instant)
            assert do(app, scheduled_jobs.EXPIRE_OFFERS) == 0, instant
        clock.move_to(half_past_eight)
        assert do(app, scheduled_jobs.EXPIRE_OFFERS) == 1


class TestTheLine:
    def test_that_was_left_beside_a_free_place_is_served(self, app: Flask, saved: Saved) -> None:
        slot = a_slot(capacity=1, places_left=1)
        saved(a_booking(slot, a_child(), state=WAITING))
        assert [do(app, scheduled_jobs.SERVE_WAITING_LISTS) for _ in range(3)] == [1, 0, 0]
        assert states(app, slot.id) == {"offered": 1}

    def test_in_which_nobody_fits_costs_one_question_a_round(
        self, app: Flask, saved: Saved, queries: list[str]
    ) -> None:
        slot = a_slot(capacity=1, places_left=1)
        mother = a_booking(slot, a_child(), state=WAITING)
        saved(mother, a_booking(slot, a_child(), state=WAITING, party=mother.party))
        queries.clear()
        assert do(app, scheduled_jobs.SERVE_WAITING_LISTS) == 0
        assert len(queries) == 1

    @pytest.mark.parametrize(
        ("offer_minutes", "before_start", "served"),
        [(60, LAST_CALL, 1), (60, LAST_CALL - INSTANT, 0), (0, INSTANT, 1), (0, 0 * INSTANT, 0)],
    )
    def test_is_asked_until_the_last_call_and_given_places_until_the_start(
        self,
        app: Flask,
        saved: Saved,
        clock: Clock,
        offer_minutes: int,
        before_start: timedelta,
        served: int,
    ) -> None:
        slot = a_slot(capacity=1, places_left=1, offer_minutes=offer_minutes)
        saved(a_booking(slot, a_child(), state=WAITING))
        clock.move_to(START - before_start)
        assert do(app, scheduled_jobs.SERVE_WAITING_LISTS) == served

    def test_of_a_draw_is_not_served_before_it_is_drawn(self, app: Flask, saved: Saved) -> None:
        draw = {"admission": Admission.DRAW, "entries_until": NOW - MINUTE}
        saved(a_booking(a_slot(capacity=1, places_left=1, **draw), a_child(), state=WAITING))
        assert do(app, scheduled_jobs.SERVE_WAITING_LISTS) == 0


class TestDeskPlaces:
    def test_are_for_everybody_from_their_instant_on_those_who_wait_first(
        self, app: Flask, saved: Saved, clock: Clock
    ) -> None:
        release_at = NOW + timedelta(hours=4)
        slot = a_slot(capacity=3, places_left=0, desk_places=3, desk_release_at=release_at)
        saved(a_booking(slot, a_child(), state=WAITING))
        clock.move_to(release_at - INSTANT)
        assert do(app, scheduled_jobs.RELEASE_DESK_PLACES) == 0
        clock.move_to(release_at)
        assert [do(app, scheduled_jobs.RELEASE_DESK_PLACES) for _ in range(2)] == [1, 0]
        slot = slot_of(app, slot.id)
        assert (slot.desk_places, slot.places_left, slot.waiting) == (0, 2, 0)

    def test_are_nobodys_who_waits_once_it_has_begun(
        self, app: Flask, saved: Saved, clock: Clock
    ) -> None:
        slot = a_slot(capacity=1, places_left=0, desk_places=1, desk_release_at=START)
        saved(a_booking(slot, a_child(), state=WAITING))
        clock.move_to(START)
        assert do(app, scheduled_jobs.RELEASE_DESK_PLACES) == 1
        assert states(app, slot.id) == {"waiting": 1}


class TestLatePlaces:
    @pytest.mark.parametrize(
        ("grace_minutes", "after"), [(0, 0), (15, 15), (600, 90), (None, 90)], ids=str
    )
    def test_are_given_on_when_the_grace_is_over_or_at_the_end(
        self, app: Flask, saved: Saved, clock: Clock, grace_minutes: int | None, after: int
    ) -> None:
        slot = a_slot(capacity=3, places_left=1, grace_minutes=grace_minutes)
        here, missing = a_booking(slot, a_child()), a_booking(slot, a_child())
        saved(here, missing)
        with app.app_context():
            db.session.add(Arrival(booking_id=here.id, at=NOW))
            db.session.commit()
        due = slot.starts_at + timedelta(minutes=after)
        clock.move_to(due - INSTANT)
        assert do(app, scheduled_jobs.RELEASE_LATE_PLACES) == 0
        clock.move_to(due)
        assert [do(app, scheduled_jobs.RELEASE_LATE_PLACES) for _ in range(2)] == [1, 0]
        assert states(app, slot.id) == {"confirmed": 1, "no_show": 1}
        assert slot_of(app, slot.id).places_left == 2

    def test_stay_where_nobody_ticked_anybody_off(
        self, app: Flask, saved: Saved, clock: Clock
    ) -> None:
        slot = a_slot(capacity=1, places_left=0, grace_minutes=15)
        saved(a_booking(slot, a_child()))
        clock.move_to(slot.starts_at + 15 * MINUTE)
        assert do(app, scheduled_jobs.RELEASE_LATE_PLACES) == 1
        assert states(app, slot.id) == {"confirmed": 1}


class TestTheMinimum:
    """Three must come; what a family may still do at the deadline comes before it is checked."""

    def a_slot_with(self, app: Flask, *taking_part: BookingState, **given: Any) -> int:
        taken = sum(state in {CONFIRMED, OFFERED} for state in taking_part)
        with app.app_context():
            slot = a_slot(minimum=3, capacity=5, places_left=5 - taken, **given)
            db.session.add(slot)
            for state in taking_part:
                if state is OFFERED:
                    an_offer(slot, slot.starts_at - MINUTE)
                else:
                    db.session.add(a_booking(slot, a_family(), state=state))
            db.session.commit()
            return slot.id

    def test_is_checked_after_the_last_instant_of_cancelling_and_once(
        self, app: Flask, clock: Clock
    ) -> None:
        slot_id = self.a_slot_with(app, CONFIRMED, CONFIRMED)
        clock.move_to(tomorrow(12))
        assert do(app, scheduled_jobs.CHECK_MINIMUMS) == 0
        clock.move_to(tomorrow(12) + INSTANT)
        assert [do(app, scheduled_jobs.CHECK_MINIMUMS) for _ in range(2)] == [1, 0]
        slot = slot_of(app, slot_id)
        assert slot.state is SlotState.CALLED_OFF
        assert slot.called_off_reason == "报名的不到 3 人，这次办不成。"
        assert states(app, slot_id) == {"cancelled": 2}
        assert len([line for line in told(app) if "停办了：报名的不到 3 人" in line]) == 2

    @pytest.mark.parametrize(
        "taking_part",
        [
            (CONFIRMED, CONFIRMED, CONFIRMED),
            (CONFIRMED, CONFIRMED, OFFERED),
            (CONFIRMED, CONFIRMED, BookingState.ON_LEAVE),
        ],
    )
    def test_is_met_by_who_has_a_place(
        self, app: Flask, clock: Clock, taking_part: tuple[BookingState, ...]
    ) -> None:
        slot_id = self.a_slot_with(app, *taking_part)
        clock.move_to(tomorrow(12, 1))
        assert [do(app, scheduled_jobs.CHECK_MINIMUMS) for _ in range(2)] == [1, 0]
        slot = slot_of(app, slot_id)
        assert (slot.is_open, slot.minimum_checked_at) == (True, tomorrow(12, 1))
        assert told(app) == []

    def test_sends_nobody_home_who_is_on_her_way(self, app: Flask, clock: Clock) -> None:
        """A worker that was away until half an hour before the start lets the slot be held."""
        slot_id = self.a_slot_with(app, CONFIRMED)
        clock.move_to(tomorrow(13, 30))
        assert do(app, scheduled_jobs.CHECK_MINIMUMS) == 1
        assert slot_of(app, slot_id).is_open

    def test_waits_for_a_draw(self, app: Flask, clock: Clock) -> None:
        draw = {"admission": Admission.DRAW, "entries_until": NOW}
        slot_id = self.a_slot_with(app, **draw)
        clock.move_to(tomorrow(12, 1))
        assert do(app, scheduled_jobs.CHECK_MINIMUMS) == 0
        assert slot_of(app, slot_id).minimum_checked_at is None


class TestDraws:
    def test_are_promised_closed_and_drawn_by_the_clock(
        self, app: Flask, saved: Saved, clock: Clock
    ) -> None:
        """All who entered fit, so that nothing is left to a public number."""
        until = NOW + timedelta(hours=3)
        slot_id = saved(a_slot(capacity=2, admission=Admission.DRAW, entries_until=until))
        steps = (scheduled_jobs.PROMISE_DRAWS, scheduled_jobs.FREEZE_DRAWS, scheduled_jobs.DRAW)
        assert [do(app, duty) for duty in steps] == [1, 0, 0]
        with app.app_context():
            slot = db.session.get_one(Slot, slot_id)
            db.session.add_all(
                [a_booking(slot, a_family(), state=BookingState.ENTERED) for _ in range(2)]
            )
            db.session.commit()
        clock.move_to(until - INSTANT)
        assert [do(app, duty) for duty in steps] == [0, 0, 0]
        clock.move_to(until)
        assert [do(app, duty) for duty in steps] == [0, 1, 1]
        assert [do(app, duty) for duty in steps] == [0, 0, 0]
        assert states(app, slot_id) == {"confirmed": 2}
        assert len(told(app)) == 2


class TestReminders:
    def remind(self, app: Flask, clock: Clock, instant: datetime) -> int:
        """How many more are told at this instant."""
        before = len(told(app))
        clock.move_to(instant)
        do(app, scheduled_jobs.REMIND)
        return len(told(app)) - before

    def book(self, app: Flask, starts_at: datetime, *each: BookingState) -> int:
        with app.app_context():
            slot = a_slot(starts_at=starts_at, capacity=9, places_left=9 - each.count(CONFIRMED))
            family = a_family()
            db.session.add(slot)
            for number, state in enumerate(each):
                child = family if number < 2 else a_family()
                who = a_child(child.household) if number == 1 else child
                db.session.add(a_booking(slot, who, state=state))
            db.session.commit()
            return slot.id

    def test_go_out_at_eight_on_the_day_before(self, app: Flask, clock: Clock) -> None:
        day_after = tomorrow(0) + timedelta(days=1)
        self.book(app, day_after, CONFIRMED)
        self.book(app, day_after + timedelta(hours=23, minutes=59), CONFIRMED)
        assert self.remind(app, clock, tomorrow(8) - INSTANT) == 0
        assert self.remind(app, clock, tomorrow(8)) == 2
        assert self.remind(app, clock, tomorrow(8) + MINUTE) == 0

    def test_tell_each_family_once_and_only_who_has_a_place(self, app: Flask, clock: Clock) -> None:
        cancelled = BookingState.CANCELLED
        self.book(app, START, CONFIRMED, CONFIRMED, CONFIRMED, WAITING, cancelled)
        assert self.remind(app, clock, NOW) == 2
        first, _second = told(app)
        assert first.startswith("提醒：孩子")
        assert "、孩子" in first, "both children of the family"
        assert "周二 11月24日" in first
        assert "明天" not in first, "she may read it on another day"
        assert self.remind(app, clock, NOW + timedelta(hours=20)) == 0

    def test_ring_nobodys_phone_at_night(self, app: Flask, clock: Clock) -> None:
        self.book(app, START, CONFIRMED)
        night = (NOW.replace(hour=21), tomorrow(3), tomorrow(8) - INSTANT)
        assert [self.remind(app, clock, instant) for instant in night] == [0, 0, 0]
        assert self.remind(app, clock, tomorrow(8)) == 1, "late is better than not at all"

    def test_do_not_come_too_late_to_be_of_use(self, app: Flask, clock: Clock) -> None:
        self.book(app, START, CONFIRMED)
        assert self.remind(app, clock, tomorrow(12)) == 0
        assert self.remind(app, clock, START) == 0
        assert self.remind(app, clock, tomorrow(11, 59)) == 1

    def test_of_what_is_called_off_are_not_sent(self, app: Flask, clock: Clock) -> None:
        slot_id = self.book(app, START, BookingState.CANCELLED)
        with app.app_context():
            db.session.get_one(Slot, slot_id).state = SlotState.CALLED_OFF
            db.session.commit()
        assert self.remind(app, clock, NOW) == 0


class TestFailures:
    def test_one_row_that_fails_does_not_stop_the_others(self, app: Flask) -> None:
        with app.app_context():
            slot = a_slot(capacity=4, places_left=0)
            offers = [an_offer(slot, NOW) for _ in range(4)]
            db.session.commit()
            bad, failed, slot_id = offers[1].id, [], slot.id

            def expire(offer_id: int, now: datetime) -> bool:
                done = scheduled_jobs.EXPIRE_OFFERS.do(offer_id, now)
                if offer_id == bad:
                    raise RuntimeError("half done")
                return done

            duty = ScheduledJob("expire offers", scheduled_jobs.EXPIRE_OFFERS.due, expire)
            tried = list(perform(duty, on_failure=lambda *what: failed.append(what[:2])))
            assert sorted(tried) == [0, 1, 1, 1]
            assert failed == [("expire offers", bad)]
            assert list(perform(duty, left_out={("expire offers", bad)})) == []
        assert states(app, slot_id) == {"offered": 1, "cancelled": 3}, "and nothing is half done"

    def test_without_somebody_to_tell_it_is_raised(self, app: Flask) -> None:
        with app.app_context():
            an_offer(a_slot(capacity=1, places_left=0), NOW)
            db.session.commit()
            broken = ScheduledJob(
                "break", scheduled_jobs.EXPIRE_OFFERS.due, lambda _row, _now: 1 / 0 > 0
            )
            with pytest.raises(ZeroDivisionError):
                list(perform(broken))


class TestSeveralWorkersAtOnce:
    WORKERS = 3

    def at_once(self, app: Flask, duty: ScheduledJob) -> list[int]:
        """How many rows each of several workers did, all having seen the same rows as due."""
        seen = threading.Barrier(self.WORKERS)
        done: list[int] = []

        def due(now: datetime) -> list[int]:
            rows = list(duty.due(now))
            db.session.rollback()
            seen.wait(timeout=60)
            return rows

        def run() -> None:
            done.append(do(app, ScheduledJob(duty.name, due, duty.do)))

        threads = [threading.Thread(target=run) for _ in range(self.WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert len(done) == self.WORKERS, "a worker ended with an error"
        return done

    def test_expire_each_offer_once_and_ask_each_next_one_once(self, app: Flask) -> None:
        with app.app_context():
            activity = an_activity()
            slots = [
                a_slot(activity, capacity=5, places_left=0, starts_at=tomorrow(hour))
                for hour in (10, 13, 16)
            ]
            for slot in slots:
                db.session.add_all([an_offer(slot, NOW) for _ in range(5)])
                db.session.add_all([a_booking(slot, a_family(), state=WAITING) for _ in range(3)])
            db.session.commit()
        assert sum(self.at_once(app, scheduled_jobs.EXPIRE_OFFERS)) == 15
        for slot in slots:
            assert states(app, slot.id) == {"cancelled": 5, "offered": 3}
        assert len(told(app)) == 15 + 9
        with app.app_context():
            expired = select(func.count(Booking.id)).where(Booking.ending == Ending.EXPIRED)
            assert db.session.scalar(expired) == 15

    def test_remind_each_family_once(self, app: Flask) -> None:
        with app.app_context():
            activity = an_activity()
            for hour in range(8, 20, 2):
                slot = a_slot(activity, starts_at=tomorrow(hour), capacity=4, places_left=0)
                db.session.add_all([a_booking(slot, a_family()) for _ in range(4)])
            db.session.commit()
        assert sum(self.at_once(app, scheduled_jobs.REMIND)) == 6
        assert len(told(app)) == 24

    def test_release_desk_places_once(self, app: Flask, saved: Saved) -> None:
        activity = an_activity()
        slots = [
            a_slot(
                activity,
                starts_at=tomorrow(hour),
                capacity=4,
                places_left=2,
                desk_places=2,
                desk_release_at=NOW,
            )
            for hour in range(8, 20, 2)
        ]
        saved(*slots)
        assert sum(self.at_once(app, scheduled_jobs.RELEASE_DESK_PLACES)) == 6
        assert {slot_of(app, slot.id).places_left for slot in slots} == {4}

    def test_call_a_slot_off_once(self, app: Flask, clock: Clock) -> None:
        with app.app_context():
            slot = a_slot(minimum=3, capacity=3, places_left=1)
            db.session.add_all([a_booking(slot, a_family()) for _ in range(2)])
            db.session.commit()
        clock.move_to(tomorrow(12, 1))
        assert sum(self.at_once(app, scheduled_jobs.CHECK_MINIMUMS)) == 1
        assert len(told(app)) == 2

    def test_give_late_places_on_once(self, app: Flask, clock: Clock) -> None:
        with app.app_context():
            slot = a_slot(grace_minutes=10, capacity=5, places_left=0)
            here, *missing = [a_booking(slot, a_family()) for _ in range(5)]
            db.session.add_all([here, *missing])
            db.session.flush()
            db.session.add(Arrival(booking_id=here.id, at=NOW))
            db.session.commit()
        clock.move_to(tomorrow(14, 10))
        assert sum(self.at_once(app, scheduled_jobs.RELEASE_LATE_PLACES)) == 1
        assert slot_of(app, slot.id).places_left == 4
        with app.app_context():
            noted = text("SELECT count(*) FROM audit_entry WHERE act = 'no_show'")
            assert db.session.scalar(noted) == 4

    def test_serve_a_line_once(self, app: Flask) -> None:
        with app.app_context():
            slot = a_slot(capacity=2, places_left=2)
            db.session.add_all([a_booking(slot, a_family(), state=WAITING) for _ in range(4)])
            db.session.commit()
        assert sum(self.at_once(app, scheduled_jobs.SERVE_WAITING_LISTS)) == 1
        assert states(app, slot.id) == {"offered": 2, "waiting": 2}
        assert len(told(app)) == 2


def test_an_account_without_a_family_is_told_nothing(app: Flask, saved: Saved) -> None:
    saved(an_account())
    assert [do(app, duty) for duty in scheduled_jobs.SCHEDULED_JOBS] == [0] * len(
        scheduled_jobs.SCHEDULED_JOBS
    )
    assert told(app) == []
    assert the_clock.now() == NOW
