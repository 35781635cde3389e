"""A 期 is made with its dates; those of a whole one open and are given up as one."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from hub import clock
from hub.catalogue.models import Admission
from hub.db import db
from hub.refusals import Refused
from hub.timetable.actions import make_series
from hub.timetable.models import Series, Slot
from hub.timetable.recurrence import Occurrence
from tests.makers import a_room, an_activity, tomorrow


def weekly(count: int) -> list[Occurrence]:
    starts = [tomorrow(14) + timedelta(days=7 * week) for week in range(count)]
    return [Occurrence(start, start + timedelta(minutes=90)) for start in starts]


def saved_series(app: Flask, is_whole: bool = True, count: int = 3, **policy: Any) -> list[Slot]:
    with app.test_request_context():
        activity = an_activity(**policy)
        room = a_room(activity.centre)
        db.session.add_all([activity, room])
        db.session.flush()
        made = make_series(
            activity, "第1期", weekly(count)[::-1], room, None, 12, is_whole=is_whole
        )
        db.session.commit()
        ids = [slot.id for slot in made]
        db.session.expunge_all()
        return [db.session.get_one(Slot, slot_id) for slot_id in ids]


def test_a_series_has_a_slot_for_each_date_in_order_and_knows_its_first_and_last_day(
    app: Flask,
) -> None:
    slots = saved_series(app)
    assert [slot.starts_at for slot in slots] == [date.starts_at for date in weekly(3)]
    assert {(slot.capacity, slot.places_left) for slot in slots} == {(12, 12)}
    with app.app_context():
        series = db.session.get_one(Series, slots[0].series_id)
        assert series.starts_on == clock.today() + timedelta(days=1)
        assert series.ends_on == clock.today() + timedelta(days=15)


def test_the_dates_of_a_whole_series_open_and_are_given_up_at_the_instants_of_the_first(
    app: Flask,
) -> None:
    first, second, third = saved_series(app, opens_days_before=5, cancel_minutes_before=1440)
    assert first.opens_at == second.opens_at == third.opens_at
    assert first.cancel_until == third.cancel_until == tomorrow(14) - timedelta(days=1)


def test_booking_of_the_whole_closes_with_its_first_date_and_each_later_one_by_itself(
    app: Flask,
) -> None:
    first, second, _third = saved_series(app, closes_minutes_before=60)
    assert first.closes_at == tomorrow(13)
    assert second.closes_at == tomorrow(13) + timedelta(days=7)


def test_an_instant_at_which_all_closes_is_that_of_the_whole_and_not_of_its_later_dates(
    app: Flask,
) -> None:
    noon = tomorrow(12)
    first, second, _third = saved_series(app, closes_at=noon)
    assert first.closes_at == noon
    assert second.closes_at == second.starts_at


def test_one_instant_ends_the_entries_for_the_draw_of_a_whole_series(app: Flask) -> None:
    policy: dict[str, Any] = {
        "admission": Admission.DRAW,
        "entries_days_before": 1,
        "entries_minute": 60,
    }
    first, second, third = saved_series(app, **policy)
    assert first.entries_until is not None
    assert first.entries_until == second.entries_until == third.entries_until


def test_places_kept_for_the_desk_are_opened_at_all_dates_of_a_whole_series_at_once(
    app: Flask,
) -> None:
    first, _second, third = saved_series(app, desk_places=2)
    assert (third.desk_places, third.places_left) == (2, 10)
    assert first.desk_release_at == third.desk_release_at


def test_dates_that_are_booked_one_by_one_have_windows_of_their_own(app: Flask) -> None:
    first, second, _third = saved_series(app, is_whole=False)
    assert second.opens_at == first.opens_at + timedelta(days=7)
    assert second.cancel_until == first.cancel_until + timedelta(days=7)


def test_a_series_without_a_date_is_refused(app: Flask) -> None:
    with pytest.raises(Refused, match="一次也开不成"):
        saved_series(app, count=0)
