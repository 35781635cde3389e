"""Jobs that call off, draw and remind."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from hub import clock as the_clock
from hub.bookings.jobs import scheduled_jobs
from hub.bookings.models import BookingState
from hub.catalogue.models import Admission
from hub.db import db
from hub.timetable.models import Slot, SlotState
from tests.aliases import Clock
from tests.bookings.jobs.acts import (
    CONFIRMED,
    INSTANT,
    MINUTE,
    NOW,
    OFFERED,
    START,
    WAITING,
    Saved,
    a_family,
    an_offer,
    do,
    slot_of,
    states,
    told,
    tomorrow,
)
from tests.makers import a_booking, a_child, a_slot, an_account


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

    def test_sends_nobody_home_who_is_on_its_way(self, app: Flask, clock: Clock) -> None:
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
        assert "明天" not in first, "it may be read on another day"
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


def test_an_account_without_a_family_is_told_nothing(app: Flask, saved: Saved) -> None:
    saved(an_account())
    assert [do(app, duty) for duty in scheduled_jobs.SCHEDULED_JOBS] == [0] * len(
        scheduled_jobs.SCHEDULED_JOBS
    )
    assert told(app) == []
    assert the_clock.now() == NOW
