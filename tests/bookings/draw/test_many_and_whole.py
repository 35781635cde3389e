"""Draws of very many, and of whole 期."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from hub.actor import Actor
from hub.bookings.draw import actions as draws
from hub.bookings.draw.queries import groups
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.jobs.scheduled_jobs import (
    DRAW,
    FREEZE_DRAWS,
    PROMISE_DRAWS,
)
from hub.bookings.slot_changes.actions import call_off
from hub.db import db, transaction
from hub.timetable.models import Series, Slot
from tests.aliases import Clock, Families, Make
from tests.at_once import at_once
from tests.bookings.draw.acts import (
    CANCELLED,
    CONFIRMED,
    ENTERED,
    WAITING,
    _states_here,
    clock_now,
    did,
    enter,
    enter_whole,
    entered_in_bulk,
    freeze,
    fresh,
    number,
    outcomes,
    somebody,
    states,
    the_draw,
    told,
)
from tests.cast import Cast
from tests.makers import tomorrow

pytestmark = pytest.mark.usefixtures("within")


class TestMany:
    def test_two_workers_at_once_draw_once(
        self,
        app: Flask,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=2, waiting_limit=1)
        for family in families(1, 1, 1, 1, 1):
            enter(slot, family)
        freeze(slot, clock)
        number(slot)
        due = draws.to_draw(clock_now())
        db.session.rollback()

        def act() -> bool:
            with transaction():
                return draws.draw_one(due[0], clock_now())

        assert at_once(app, [act] * 4) == {"True": 1, "False": 3}
        assert len(told()) == 5
        assert sorted(_states_here(slot)) == sorted(
            [CONFIRMED, CONFIRMED, WAITING, CANCELLED, CANCELLED]
        )
        assert list(inconsistencies()) == []

    def test_a_worker_killed_in_the_middle_leaves_nothing_half_done(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        slot = a_draw(capacity=1)
        for family in families(1, 1, 1):
            enter(slot, family)
        freeze(slot, clock)
        number(slot)

        def killed(*_args: Any) -> None:
            raise SystemExit

        with monkeypatch.context() as patched:
            patched.setattr(draws, "_tell", killed)
            with pytest.raises(SystemExit):
                did(DRAW)
        assert _states_here(slot) == [ENTERED] * 3
        assert fresh(Slot, slot).drawn_at is None
        assert the_draw(slot).drawn_at is None
        assert told() == []
        assert did(DRAW) == 1
        assert list(inconsistencies()) == []

    def test_a_large_draw_looks_nothing_up_for_each_entry(
        self, a_draw: Make, clock: Clock, queries: list[str]
    ) -> None:
        slot = a_draw(capacity=20, waiting_limit=20)
        entered_in_bulk(slot, 60)
        freeze(slot, clock)
        number(slot)
        queries.clear()
        assert did(DRAW) == 1
        reads = [one for one in queries if one.startswith("SELECT")]
        assert len(reads) < 20, "a look-up for each entry would be too many"
        assert [(one.parties, one.placed) for one in groups(the_draw(slot))] == [(60, 20)]


class TestAWhole期:
    def test_a_party_gets_all_dates_or_none(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
        cast: Cast,
    ) -> None:
        series = Series(
            activity_id=cast.activity,
            name="冬季班",
            is_whole=True,
            starts_on=clock_now().date(),
            ends_on=clock_now().date() + timedelta(days=40),
        )
        db.session.add(series)
        db.session.commit()
        until = clock_now() + timedelta(days=2)
        dates = [
            a_draw(
                capacity=2,
                waiting_limit=1,
                series_id=series.id,
                starts_at=tomorrow(14) + timedelta(days=7 * week),
                entries_until=until,
            )
            for week in (1, 2, 3)
        ]
        assert did(PROMISE_DRAWS) == 1
        assert did(PROMISE_DRAWS) == 0
        assert {the_draw(date).slot_id for date in dates} == {dates[0]}
        parties = [enter_whole(dates, family) for family in families(1, 1, 1, 1)]
        with transaction():
            call_off(db.session.get_one(Slot, dates[0]), "停电", by=Actor(somebody(), clock_now()))
        clock.move_to(until)
        assert did(FREEZE_DRAWS) == 1
        number(dates[1])
        assert did(DRAW) == 1
        wanted = {"place": CONFIRMED, "waiting": WAITING, "none": CANCELLED}
        assert [outcome for _, outcome in outcomes(dates[2])] == [
            "place",
            "place",
            "waiting",
            "none",
        ]
        for registration, outcome in outcomes(dates[0]):
            party = parties[registration - 1]
            assert states(party) == [CANCELLED, wanted[outcome], wanted[outcome]]
        assert all(fresh(Slot, date).drawn_at for date in dates)
        assert list(inconsistencies()) == []
