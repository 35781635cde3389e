"""A draw that was not held in time is given up: nobody is told of a place too late to come."""

from datetime import timedelta

import pytest

from hub import clock as clocks
from hub.actor import Actor
from hub.bookings.draw import actions as draws
from hub.bookings.draw.queries import list_of
from hub.bookings.draw.rules import drawn_until, number_at
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.jobs.scheduled_jobs import DRAW, FREEZE_DRAWS, GIVE_UP_DRAWS, PROMISE_DRAWS
from hub.bookings.slot_changes.actions import call_off
from hub.db import db, transaction
from hub.refusals import Refused
from hub.timetable.models import Series, Slot
from tests.aliases import Clock, Families, Make
from tests.bookings.draw.acts import (
    CANCELLED,
    CONFIRMED,
    ENTERED,
    did,
    drawn,
    enter,
    freeze,
    fresh,
    number,
    somebody,
    states,
    the_draw,
    told,
)
from tests.makers import tomorrow

pytestmark = pytest.mark.usefixtures("within")


class TestTheWorker:
    @pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=3), timedelta(days=2)])
    def test_that_comes_late_confirms_nobody_and_tells_every_family_once(
        self, a_draw: Make, families: Families, clock: Clock, late: timedelta
    ) -> None:
        slot = a_draw(capacity=1)
        entered = [enter(slot, family) for family in families(1, 1)]
        freeze(slot, clock)
        number(slot)
        clock.move_to(drawn_until(fresh(Slot, slot)) + late)
        assert (did(DRAW), did(GIVE_UP_DRAWS), did(GIVE_UP_DRAWS)) == (0, 1, 0)
        assert [states(one) for one in entered] == [[CANCELLED]] * 2
        assert len(told()) == 2
        assert all("没能按时摇号" in said for said in told())
        assert all(("先到先得" in said) == (late < timedelta(hours=2)) for said in told())
        assert fresh(Slot, slot).places_left == 1
        assert list(inconsistencies()) == []

    def test_that_comes_a_moment_before_holds_the_draw(
        self, a_draw: Make, families: Families, clock: Clock
    ) -> None:
        slot = a_draw(capacity=1)
        entered = [enter(slot, family) for family in families(1, 1)]
        freeze(slot, clock)
        number(slot)
        clock.move_to(drawn_until(fresh(Slot, slot)) - timedelta(seconds=1), tick=False)
        assert (did(GIVE_UP_DRAWS), did(DRAW)) == (0, 1)
        assert sum(states(one) == [CONFIRMED] for one in entered) == 1

    def test_that_was_away_all_the_time_leaves_nobody_entered(
        self, a_draw: Make, families: Families, clock: Clock
    ) -> None:
        slot = a_draw(capacity=3)
        entered = enter(slot, families(1)[0])
        clock.move_to(fresh(Slot, slot).starts_at + timedelta(hours=1))
        did(PROMISE_DRAWS)
        did(FREEZE_DRAWS)
        assert (did(DRAW), did(GIVE_UP_DRAWS)) == (0, 1)
        assert states(entered) == [CANCELLED]

    def test_opens_what_is_left_to_those_who_come_first(
        self, a_draw: Make, families: Families, clock: Clock
    ) -> None:
        slot = a_draw(capacity=1)
        first, second = families(1, 1)
        enter(slot, first)
        clock.move_to(drawn_until(fresh(Slot, slot)))
        assert did(GIVE_UP_DRAWS) == 1
        assert states(enter(slot, second)) == [CONFIRMED]


def test_who_lost_the_last_draw_that_was_held_still_goes_before(
    a_draw: Make, families: Families, clock: Clock
) -> None:
    first, given_up, last = (
        a_draw(capacity=1, waiting_limit=0, starts_at=tomorrow(14) + timedelta(days=days))
        for days in (4, 6, 12)
    )
    both = families(1, 1)
    entered = [enter(first, family) for family in both]
    enter(given_up, both[0])
    drawn(first, clock)
    lost = next(n for n, one in enumerate(entered) if states(one) == [CANCELLED])
    did(FREEZE_DRAWS)
    clock.move_to(fresh(Slot, given_up).entries_until)
    did(FREEZE_DRAWS)
    clock.move_to(drawn_until(fresh(Slot, given_up)))
    assert did(GIVE_UP_DRAWS) == 1
    for family in both:
        enter(last, family)
    draw = the_draw(last)
    assert [row["lost_before"] for row in list_of(draw)] == [n == lost for n in range(2)]


class TestTheNumber:
    def test_that_comes_too_late_is_refused(
        self, a_draw: Make, families: Families, clock: Clock
    ) -> None:
        slot = a_draw(capacity=1)
        entered = [enter(slot, family) for family in families(1, 1)]
        freeze(slot, clock)
        clock.move_to(drawn_until(fresh(Slot, slot)))
        with pytest.raises(Refused, match="不再摇号"):
            number(slot)
        assert [states(one) for one in entered] == [[ENTERED]] * 2

    def test_of_a_slot_that_was_called_off_is_refused(
        self, a_draw: Make, families: Families, clock: Clock
    ) -> None:
        slot = a_draw(capacity=1)
        for family in families(1, 1):
            enter(slot, family)
        freeze(slot, clock)
        with transaction():
            row = db.session.get_one(Slot, slot)
            call_off(row, "停水", by=Actor(somebody(), clocks.now()))
        with pytest.raises(Refused, match="停办了，不摇号"):
            number(slot)


def test_called_off_draws_of_series_do_not_come_up_again(
    a_draw: Make, families: Families, clock: Clock
) -> None:
    slot = a_draw(capacity=1)
    for family in families(1, 1):
        enter(slot, family)
    with transaction():
        row = db.session.get_one(Slot, slot)
        day = clocks.local(row.starts_at).date()
        series = Series(activity_id=row.activity_id, name="秋季", starts_on=day, ends_on=day)
        db.session.add(series)
        db.session.flush()
        row.series_id = series.id
    with transaction():
        call_off(db.session.get_one(Slot, slot), "停水", by=Actor(somebody(), clocks.now()))
    clock.move_to(fresh(Slot, slot).entries_until)
    assert draws.to_freeze(clocks.now()) == []
    with transaction():
        the_draw(slot).frozen_at = clocks.now()
    assert draws.to_draw(clocks.now()) == []


@pytest.mark.parametrize(("hour", "days"), [(14, 0), (21, 0), (22, 1)])
def test_the_public_number_is_the_first_after_entries_have_ended(hour: int, days: int) -> None:
    assert number_at(tomorrow(hour)) == tomorrow(21) + timedelta(days=days, minutes=15)
