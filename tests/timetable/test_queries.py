"""Finding slots: what is found, in which order, and that no search reads the whole table."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from hub import clock
from hub.db import db
from hub.timetable import queries
from hub.timetable.age_limits import Ages
from hub.timetable.models import SlotState
from hub.timetable.queries import Wish, at_a_glance, find_slots, found_by
from tests.aliases import Clock, Save
from tests.makers import a_centre, a_district, a_kind, a_slot, an_activity, tomorrow
from tests.timetable.test_rules import AGE_CASES


@pytest.fixture
def found(app: Flask) -> Callable[..., list[int]]:
    """The ids of the slots that answer a wish, in order."""

    def find(page_number: int = 1, **wish: Any) -> list[int]:
        with app.app_context():
            slots, _has_more = find_slots(Wish(**wish), clock.now(), page_number)
            return [slot.id for slot in slots]

    return find


@pytest.fixture
def glanced(app: Flask) -> Callable[..., tuple[date | None, list[int], date | None, list[int]]]:
    def glance(
        district_id: int | None = None,
    ) -> tuple[date | None, list[int], date | None, list[int]]:
        with app.app_context():
            seen = at_a_glance(district_id, clock.now())
            return (
                seen.day,
                [slot.id for slot in seen.slots],
                seen.weekend_from,
                [slot.id for slot in seen.weekend_slots],
            )

    return glance


def today_at(hour: int, minute: int = 0) -> Any:
    return tomorrow(hour, minute) - timedelta(days=1)


def test_what_takes_place_and_has_not_begun_is_found_soonest_first(
    saved: Save, found: Callable[..., list[int]]
) -> None:
    activity = an_activity()
    later, sooner, _off, _begun, _far = saved(
        a_slot(activity, starts_at=tomorrow(15)),
        a_slot(activity, starts_at=today_at(10, 1)),
        a_slot(activity, starts_at=tomorrow(16), state=SlotState.CALLED_OFF),
        a_slot(activity, starts_at=today_at(10)),  # now
        a_slot(activity, starts_at=tomorrow(15) + timedelta(days=60)),
    )
    assert found() == [sooner, later]


def test_each_filter_leaves_what_was_asked_for(
    saved: Save, found: Callable[..., list[int]], app: Flask
) -> None:
    kind, district = a_kind(), a_district()
    here = an_activity(a_centre(district=district), kind=kind)
    elsewhere = an_activity(kind=kind)
    other_kind = an_activity(a_centre(district=district))
    full, other_place, other, next_day, closed = saved(
        a_slot(here, places_left=0, starts_at=tomorrow(9)),
        a_slot(elsewhere, starts_at=tomorrow(10)),
        a_slot(other_kind, starts_at=tomorrow(11)),
        a_slot(here, starts_at=tomorrow(0, 30) + timedelta(days=1)),
        a_slot(here, starts_at=tomorrow(12), closes_at=today_at(9), opens_at=today_at(8)),
    )
    with app.app_context():
        db.session.add_all([kind, district])
        kind_id, district_id = kind.id, district.id
    day = clock.today() + timedelta(days=1)
    assert found(kind_id=kind_id) == [full, other_place, closed, next_day]
    assert found(district_id=district_id) == [full, other, closed, next_day]
    assert found(kind_id=kind_id, district_id=district_id) == [full, closed, next_day]
    assert found(day=day) == [full, other_place, other, closed]
    assert found(only_places=True) == [other_place, other, next_day]


def test_a_kind_offered_often_is_found_like_a_rare_one(
    saved: Save,
    found: Callable[..., list[int]],
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind = a_kind()
    activity = an_activity(kind=kind)
    slot, _other = saved(a_slot(activity), a_slot())
    with app.app_context():
        db.session.add(kind)
        kind_id = kind.id
    assert found(kind_id=kind_id) == [slot]
    monkeypatch.setattr(queries, "FEW_ACTIVITIES", 0)
    assert found(kind_id=kind_id) == [slot]


def test_the_database_agrees_with_the_rule_about_ages(
    saved: Save, found: Callable[..., list[int]]
) -> None:
    activity = an_activity()
    ids = saved(
        *(
            a_slot(activity, audience=audience, youngest_months=youngest, oldest_months=oldest)
            for audience, youngest, oldest, _years, _fits in AGE_CASES
        )
    )
    for slot_id, (*_policy, years, expected) in zip(ids, AGE_CASES, strict=True):
        assert (slot_id in found(ages=Ages.of_years(years))) is expected, (slot_id, years)


def test_the_day_turns_at_midnight_in_chongqing(
    saved: Save, found: Callable[..., list[int]], clock: Clock
) -> None:
    activity = an_activity()
    last, first = saved(
        a_slot(activity, starts_at=today_at(23, 59)), a_slot(activity, starts_at=tomorrow(0, 1))
    )
    assert found(day=date(2026, 11, 23)) == [last]
    assert found(day=date(2026, 11, 24)) == [first]
    clock.move_to(today_at(23, 59))
    assert found() == [first]


class TestAGlance:
    def test_shows_today_and_the_weekend_with_places_left(
        self, saved: Save, glanced: Callable[..., Any]
    ) -> None:
        activity = an_activity()
        saturday = today_at(9) + timedelta(days=5)
        today, _full, _friday, weekend = saved(
            a_slot(activity, starts_at=today_at(20)),
            a_slot(activity, starts_at=today_at(21), places_left=0),
            a_slot(activity, starts_at=saturday - timedelta(days=1)),
            a_slot(activity, starts_at=saturday),
        )
        assert glanced() == (date(2026, 11, 23), [today], date(2026, 11, 28), [weekend])

    def test_shows_the_next_day_with_places_when_today_has_none(
        self, saved: Save, glanced: Callable[..., Any]
    ) -> None:
        activity = an_activity()
        _full, first, second, _day_after = saved(
            a_slot(activity, starts_at=tomorrow(9), places_left=0),
            a_slot(activity, starts_at=tomorrow(9) + timedelta(days=1)),
            a_slot(activity, starts_at=tomorrow(23) + timedelta(days=1)),
            a_slot(activity, starts_at=tomorrow(0) + timedelta(days=2)),
        )
        assert glanced()[:2] == (date(2026, 11, 25), [first, second])

    def test_shows_nothing_when_there_is_nothing(self, glanced: Callable[..., Any]) -> None:
        assert glanced() == (None, [], date(2026, 11, 28), [])

    def test_shows_six_at_most(self, saved: Save, glanced: Callable[..., Any]) -> None:
        activity = an_activity()
        saved(*(a_slot(activity, starts_at=today_at(11 + hour)) for hour in range(8)))
        assert len(glanced()[1]) == 6

    def test_of_a_district_leaves_out_the_others(
        self, saved: Save, glanced: Callable[..., Any], app: Flask
    ) -> None:
        district = a_district()
        here, _elsewhere = saved(
            a_slot(centre=a_centre(district=district), starts_at=today_at(20)),
            a_slot(starts_at=today_at(19)),
        )
        with app.app_context():
            db.session.add(district)
            district_id = district.id
        assert glanced(district_id)[1] == [here]

    def test_on_a_weekend_the_weekend_is_what_comes_after_today(
        self, saved: Save, glanced: Callable[..., Any], clock: Clock
    ) -> None:
        activity = an_activity()
        saturday = today_at(9) + timedelta(days=5)
        first, second = saved(
            a_slot(activity, starts_at=saturday),
            a_slot(activity, starts_at=saturday + timedelta(days=1)),
        )
        clock.move_to(saturday - timedelta(hours=8, minutes=59))  # Saturday, 00:01
        assert glanced() == (date(2026, 11, 28), [first], date(2026, 11, 29), [second])
        clock.move_to(saturday - timedelta(hours=9, minutes=1))  # Friday, 23:59
        assert glanced() == (date(2026, 11, 28), [first], date(2026, 11, 29), [second])
        clock.move_to(saturday + timedelta(days=1, hours=-1))  # Sunday
        assert glanced() == (date(2026, 11, 29), [second], None, [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "wish",
    [
        Wish(),
        Wish(district_id=1),
        Wish(kind_id=1),
        Wish(ages=Ages.of_years(6)),
        Wish(district_id=1, kind_id=1, ages=Ages.of_years(6), only_places=True),
    ],
    ids=["all", "district", "kind", "age", "everything"],
)
@pytest.mark.parametrize("is_rare", [False, True], ids=["often", "rare"])
def test_a_search_begins_at_an_index_of_the_slots(app: Flask, wish: Wish, is_rare: bool) -> None:
    with app.app_context():
        search = found_by(wish, is_rare=is_rare).limit(21)
        compiled = search.compile(db.engine, compile_kwargs={"literal_binds": False})
        plan = db.session.connection().exec_driver_sql(
            f"EXPLAIN QUERY PLAN {compiled}", tuple("x" for _ in compiled.positiontup or ())
        )
        steps = [row[3] for row in plan]
    assert any(step.startswith("SEARCH slot USING INDEX ix_slot_") for step in steps), steps
    assert not [step for step in steps if step.startswith("SCAN")], steps
