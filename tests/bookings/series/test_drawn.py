"""A whole 期 whose places are drawn: one list, one draw, all dates or none."""

from typing import Any

from flask import Flask
from sqlalchemy import select

from hub import clock as the_clock
from hub.actor import Actor
from hub.bookings.draw import actions as draws
from hub.bookings.draw.models import Draw, DrawEntry
from hub.bookings.jobs.scheduled_jobs import DRAW, FREEZE_DRAWS, perform
from hub.bookings.models import Booking
from hub.bookings.single_slot.actions import cancel
from hub.catalogue.models import Admission
from hub.db import db, transaction
from hub.timetable.models import Slot
from tests.aliases import Clock
from tests.bookings.series.whole import (
    DATES,
    a_family,
    a_whole,
    cancel_enrolment,
    date_ids,
    enrol_family,
    places,
    states,
)


def test_two_of_three_families_draw_all_dates_and_the_third_waits_for_all(
    app: Flask, clock: Clock
) -> None:
    series = a_drawn_whole(app, 2)
    numbers = [enrol_family(app, series, a_family(app)) for _ in range(3)]
    assert [set(states(app, number)) for number in numbers] == [{"entered"}] * 3
    assert places(app, series) == [(2, 0)] * DATES
    draw_it(app, series, clock)
    ends = sorted(states(app, number) for number in numbers)
    assert ends == [["confirmed"] * DATES] * 2 + [["waiting"] * DATES]
    assert places(app, series) == [(0, 1)] * DATES


def test_who_drew_all_dates_and_gives_them_up_leaves_them_to_who_waits(
    app: Flask, clock: Clock
) -> None:
    series = a_drawn_whole(app, 1, offer_minutes=0)
    numbers = [enrol_family(app, series, a_family(app)) for _ in range(2)]
    draw_it(app, series, clock)
    (winner,) = [one for one in numbers if states(app, one)[0] == "confirmed"]
    (waits,) = set(numbers) - {winner}
    give_up(app, winner, cancel_enrolment)
    assert states(app, waits) == ["confirmed"] * DATES
    assert places(app, series) == [(0, 0)] * DATES


def test_who_withdrew_before_the_draw_is_not_on_the_list(app: Flask, clock: Clock) -> None:
    series = a_drawn_whole(app, 1)
    stays, goes, also = (enrol_family(app, series, a_family(app)) for _ in range(3))
    give_up(app, goes, cancel_enrolment)
    assert set(states(app, goes)) == {"cancelled"}
    draw_it(app, series, clock)
    with app.app_context():
        assert len(db.session.scalars(select(DrawEntry)).all()) == 2
    assert {states(app, one)[0] for one in (stays, also)} == {"confirmed", "waiting"}


def a_drawn_whole(app: Flask, capacity: int, **policy: Any) -> int:
    """Its entries are open until eight in the evening before the first date."""
    draw: dict[str, Any] = {"admission": Admission.DRAW, "entries_days_before": 1}
    return a_whole(app, capacity=capacity, **draw, **policy)


def draw_it(app: Flask, series: int, clock: Any) -> None:
    """The list is closed, a number typed in, and the worker draws, once."""
    with app.test_request_context():
        first = db.session.get_one(Slot, date_ids(app, series)[0])
        clock.move_to(first.entries_until)
        assert sum(perform(FREEZE_DRAWS)) == 1
        with transaction():
            draw = db.session.scalars(select(Draw)).one()
            account_id = db.session.scalars(select(Booking.made_by_id)).first() or 0
            draws.enter_number(draw, "407", "第 1 期", by=Actor(account_id, the_clock.now()))
        sum(perform(DRAW))
        assert db.session.scalars(select(Draw.drawn_at)).one() is not None


def give_up(app: Flask, number: str, act: Any = cancel) -> None:
    with app.test_request_context(), transaction():
        booking = db.session.scalars(select(Booking).where(Booking.number == number)).one()
        act(booking, by=Actor(booking.made_by_id, the_clock.now()))
