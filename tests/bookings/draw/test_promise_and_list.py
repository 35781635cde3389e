"""The commitment of a draw, and the list that is frozen."""

import hashlib
from datetime import timedelta

import pytest
from flask import Flask

from hub import clock
from hub.actor import Actor
from hub.bookings.draw.queries import frozen_list
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.jobs.scheduled_jobs import (
    DRAW,
    FREEZE_DRAWS,
    PROMISE_DRAWS,
)
from hub.bookings.models import Booking
from hub.bookings.single_slot.actions import cancel
from hub.catalogue.models import Admission
from hub.db import db, transaction
from hub.families.models import Priority
from hub.refusals import Refused
from hub.timetable.models import Slot, SlotState
from tests.aliases import Clock, Families, Make
from tests.at_once import at_once
from tests.bookings.draw.acts import (
    ENTERED,
    clock_now,
    did,
    enter,
    freeze,
    fresh,
    number,
    outcomes,
    somebody,
    states,
    the_draw,
)

pytestmark = pytest.mark.usefixtures("within")


class TestThePromise:
    def test_it_is_made_before_entries_open_and_once(self, a_draw: Make) -> None:
        slot = a_draw(opens_at=clock.now() + timedelta(hours=1))
        assert did(PROMISE_DRAWS) == 1
        assert did(PROMISE_DRAWS) == 0
        draw = the_draw(slot)
        assert draw.commitment == hashlib.sha256(draw.secret.encode()).hexdigest()
        assert draw.committed_at < fresh(Slot, slot).opens_at

    def test_nobody_enters_for_what_is_not_promised(self, a_draw: Make, families: Families) -> None:
        slot = a_draw()
        [family] = families(1)
        [booking] = enter(slot, family)
        assert states([booking]) == [ENTERED]
        assert the_draw(slot).committed_at == clock.now()
        assert list(inconsistencies()) == []

    def test_no_promise_for_what_is_called_off_over_or_first_come(self, a_draw: Make) -> None:
        a_draw(state=SlotState.CALLED_OFF)
        a_draw(starts_at=clock.now() - timedelta(days=1))
        a_draw(admission=Admission.FIRST_COME, entries_until=None)
        assert did(PROMISE_DRAWS) == 0

    def test_two_workers_at_once_make_one_promise(self, app: Flask, a_draw: Make) -> None:
        slot = a_draw()
        ended = at_once(app, [lambda: did(PROMISE_DRAWS)] * 4)
        assert sum(int(count) * times for count, times in ended.items()) == 1
        assert the_draw(slot)


class TestTheList:
    def test_numbers_are_in_the_order_of_coming_and_a_party_has_one(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=3)
        first, second, third = families(1, 2, 1)
        [gone] = enter(slot, first)
        enter(slot, second)
        enter(slot, third)
        with transaction():
            cancel(fresh(Booking, gone), by=Actor(somebody(), clock_now()))
        enter(slot, first)  # once more: behind the others
        freeze(slot, clock)
        entries, withdrawn = frozen_list(the_draw(slot))
        assert [(one.registration, one.places) for one in entries] == [(1, 2), (2, 1), (3, 1)]
        assert withdrawn == set()

    def test_not_before_entries_end_and_at_that_very_instant(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw()
        early, late = families(1, 1)
        clock.move_to(fresh(Slot, slot).entries_until - timedelta(microseconds=1))
        assert did(FREEZE_DRAWS) == 0
        enter(slot, early)
        assert did(FREEZE_DRAWS) == 0
        clock.shift(timedelta(microseconds=1))
        with pytest.raises(Refused, match="已经截止"):
            enter(slot, late)
        assert did(FREEZE_DRAWS) == 1
        assert did(FREEZE_DRAWS) == 0

    def test_nobody_enters_after_it_whatever_the_clock_says(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=1)
        one, other, third = families(1, 1, 1)
        enter(slot, one)
        enter(slot, other)
        freeze(slot, clock)
        clock.shift(timedelta(days=-1))
        with pytest.raises(Refused, match="已经截止"):
            enter(slot, third)
        assert list(inconsistencies()) == []

    def test_who_is_known_to_the_staff_goes_first_with_the_whole_family(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=2)
        plain, known, plain_too = families(1, 2, 1)
        db.session.add(Priority(person_id=known[1], group="困难家庭", verified_at=clock_now()))
        db.session.commit()
        for family in (plain, known, plain_too):
            enter(slot, family)
        freeze(slot, clock)
        entries, _ = frozen_list(the_draw(slot))
        assert [one.tier for one in entries] == [1, 0, 1]
        number(slot)
        did(DRAW)
        assert outcomes(slot)[0] == (2, "place")
