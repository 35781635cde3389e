"""Failures of whole 期, each test named after what it prevents."""

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as the_clock
from hub.actor import Actor, Channel
from hub.bookings import slot_counters as seats
from hub.bookings.models import Booking
from hub.bookings.slot_changes import actions as slot_changes
from hub.bookings.waiting_list import actions as waiting_list
from hub.db import db
from hub.timetable.models import Slot
from tests.aliases import Clock
from tests.bookings.acts import (
    WAITING,
    _booking,
    _cancel_one,
    _do,
    _holder,
    _on,
    _slot,
    _take_back,
)
from tests.bookings.series.whole import (
    a_family,
    a_whole,
    date_ids,
    enrol_family,
    places,
    states,
)
from tests.cast import Cast
from tests.makers import tomorrow


class TestWhole:
    """A whole 期 stands in several lines at once."""

    def test_when_one_date_is_called_off_who_waited_for_all_has_the_others(
        self, app: Flask, cast: Cast
    ) -> None:
        series = a_whole(app, capacity=1, count=2)
        dates = date_ids(app, series)
        holder = enrol_family(app, series, a_family(app))
        waits = enrol_family(app, series, a_family(app))
        _do(app, lambda: _cancel_one(app, holder, 0, cast.clerk))
        assert states(app, waits) == ["waiting", "waiting"]
        staff = Actor(cast.clerk, the_clock.now(), Channel.DESK)
        _do(
            app, lambda: slot_changes.call_off(db.session.get_one(Slot, dates[1]), "停水", by=staff)
        )
        assert states(app, waits) == ["offered", "cancelled"]

    def test_who_gives_up_the_date_that_is_full_has_the_other(self, app: Flask, cast: Cast) -> None:
        series = a_whole(app, capacity=1, count=2)
        holder = enrol_family(app, series, a_family(app))
        waits = enrol_family(app, series, a_family(app))
        _do(app, lambda: _cancel_one(app, holder, 0, cast.clerk))
        _do(app, lambda: _cancel_one(app, waits, 1, cast.clerk))
        assert states(app, waits) == ["offered", "cancelled"]
        assert places(app, series) == [(0, 0), (0, 0)]

    def test_desk_places_of_the_first_date_stay_for_the_desk_where_the_second_is_full(
        self, app: Flask, cast: Cast
    ) -> None:
        series = a_whole(app, capacity=2, count=2, desk_places=1)
        dates = date_ids(app, series)
        enrol_family(app, series, a_family(app))
        staff = Actor(cast.clerk, the_clock.now(), Channel.DESK)
        _do(app, lambda: slot_changes.release_desk_places(_slot(dates[1]), by=staff))
        _do(app, lambda: slot_changes.change_capacity(_slot(dates[1]), 1, by=staff))
        late = enrol_family(app, series, a_family(app), channel=Channel.DESK)
        assert states(app, late) == ["waiting", "waiting"]
        with app.app_context():
            assert _slot(dates[0]).desk_places == 1

    def test_who_is_moved_up_is_at_the_head_of_every_date(self, app: Flask, cast: Cast) -> None:
        series = a_whole(app, capacity=1, count=2)
        dates = date_ids(app, series)
        enrol_family(app, series, a_family(app))
        [single, whole] = [enrol_family(app, series, a_family(app)) for _ in range(2)]
        # Of the first family the staff took the second date back: it is at the head there.
        holder = _holder(app, dates[1])
        staff = Actor(cast.clerk, the_clock.now(), Channel.DESK)
        _do(app, lambda: _take_back(dates[1], holder, staff))
        _do(app, lambda: waiting_list.move_up(_on(whole, 0), "说好的", by=staff))
        with app.app_context():
            for date in dates:
                waits = Booking.slot_id == date, Booking.state == WAITING
                first = select(Booking.party).where(*waits).order_by(Booking.turn, Booking.id)
                assert db.session.scalars(first).first() == _booking(whole).party
        assert states(app, single) == ["waiting", "waiting"]

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_two_who_want_several_dates_never_wait_for_each_other_crosswise(
        self,
        app: Flask,
        cast: Cast,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The desk books what is left of a 期 while somebody gives up one of its dates."""
        series = a_whole(app, capacity=1, count=4)
        holder = enrol_family(app, series, a_family(app))
        clock.move_to(tomorrow(15))  # the first date is running
        _do(app, lambda: _cancel_one(app, holder, 1, cast.clerk))
        newcomers, ends = a_family(app), []
        one_taken, take = threading.Event(), seats._take

        def take_slowly(*wanted: Any) -> bool:
            taken = take(*wanted)
            one_taken.set()
            if threading.current_thread() is not waiting:
                waiting.join(timeout=0.3)  # it waits for us, if we are right
            return taken

        def give_up() -> None:
            assert one_taken.wait(timeout=60)
            ends.append(_do(app, lambda: _cancel_one(app, holder, 2, cast.clerk)))

        waiting = threading.Thread(target=give_up)
        waiting.start()
        monkeypatch.setattr(seats, "_take", take_slowly)
        turn = enrol_family(app, series, newcomers, channel=Channel.DESK)
        waiting.join(timeout=60)
        assert len(ends) == 1
        assert states(app, turn) == ["waiting"] * 3
