"""What the desk is warned of, in tables of plain facts."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

import pytest

from hub import clock
from hub.desk.day.rules import conflicts
from hub.desk.sheet.rules import blank_rows

MONDAY = date(2026, 11, 23)
_ids = count(1)


@dataclass(frozen=True)
class Named:
    """A room, a lead or an activity."""

    name: str = ""
    title: str = ""
    capacity: int | None = None


@dataclass(frozen=True)
class Fact:
    """A slot as the rule sees it; different rooms and leads unless told otherwise."""

    starts_at: datetime
    ends_at: datetime
    room_id: int = field(default_factory=lambda: next(_ids))
    lead_id: int | None = field(default_factory=lambda: next(_ids))
    room: Named = field(default_factory=lambda: Named("绘本室"))
    lead: Named | None = field(default_factory=lambda: Named("周敏"))
    activity: Named = field(default_factory=lambda: Named(title="书法"))
    taken: int = 0
    is_open: bool = True


@dataclass(frozen=True)
class Closed:
    day: date
    reason: str = "消杀"


@dataclass(frozen=True)
class Hours:
    weekday: int
    opens: time = time(9)
    closes: time = time(18)


def held(span: str, **given: Any) -> Fact:
    first, last = (time.fromisoformat(minute) for minute in span.split("–"))
    ends_on = MONDAY if last > first else MONDAY + timedelta(days=1)
    return Fact(clock.at(MONDAY, first), clock.at(ends_on, last), **given)


def said(slots: list[Any], closed: Any = (), hours: Any = ()) -> list[str]:
    return [sentence for _slot, sentence in conflicts(slots, closed, hours)]


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("09:00–10:00", "10:00–11:00", False),
        ("10:00–11:00", "09:00–10:00", False),
        ("09:00–10:00", "10:30–11:00", False),
        ("09:00–10:00", "09:59–11:00", True),
        ("09:00–12:00", "10:00–11:00", True),
        ("10:00–11:00", "09:00–12:00", True),
        ("09:00–10:00", "09:00–10:00", True),
    ],
)
def test_two_slots_in_one_room_are_told_at_both_but_touching_ends_are_fine(
    one: str, other: str, overlap: bool
) -> None:
    room = {"room_id": 7, "room": Named("多功能厅")}
    first, second = held(one, **room), held(other, **room, activity=Named(title="太极"))
    slots: Any = [first, second]  # facts will do
    found = conflicts(slots, [], [])
    assert [slot for slot, _ in found] == (slots if overlap else [])
    if overlap:
        assert found[0][1] == f"多功能厅 同时排了 {other}“太极”"
        assert found[1][1] == f"多功能厅 同时排了 {one}“书法”"


def test_a_lead_cannot_be_in_two_rooms() -> None:
    lead = {"lead_id": 3, "lead": Named("罗小燕")}
    sentences = said([held("09:00–10:00", **lead), held("09:30–10:30", **lead)])
    assert sentences == [
        "罗小燕 同时要带 09:30–10:30“书法”",
        "罗小燕 同时要带 09:00–10:00“书法”",
    ]


def test_two_slots_without_a_lead_do_not_share_one() -> None:
    nobody = {"lead_id": None, "lead": None}
    assert not said([held("09:00–10:00", **nobody), held("09:00–10:00", **nobody)])


def test_a_slot_that_was_called_off_disturbs_nobody() -> None:
    slot = held("07:00–10:00", room_id=7, taken=99, room=Named("绘本室", capacity=5))
    gone = replace(slot, is_open=False)
    assert not said([gone, held("09:00–10:00", room_id=7)], [], [Hours(0)])
    assert not said([gone], [Closed(MONDAY)])


@pytest.mark.parametrize(
    ("span", "hours", "sentence"),
    [
        ("09:00–18:00", [Hours(0)], None),
        ("08:59–10:00", [Hours(0)], "不在开放时间 09:00–18:00 里"),
        ("17:00–18:01", [Hours(0)], "不在开放时间 09:00–18:00 里"),
        ("09:00–10:00", [Hours(1)], "每周这一天不开放"),
        ("18:00–23:30", [Hours(0, closes=time(0))], None),
        ("08:30–23:30", [Hours(0, closes=time(0))], "不在开放时间 09:00–24:00 里"),
        ("02:00–08:00", [Hours(0), Hours(6, time(20), time(8))], None),  # since the evening before
        ("02:00–08:01", [Hours(0, time(20), time(8))], "不在开放时间 20:00–次日 08:00 里"),
        ("20:00–08:00", [Hours(0, time(20), time(8))], None),
        ("20:00–08:01", [Hours(0, time(20), time(8))], "不在开放时间 20:00–次日 08:00 里"),
        ("20:00–08:00", [Hours(0, time(0), time(0)), Hours(1, time(0), time(0))], None),
        ("03:00–04:00", [], None),  # a centre that told no hours has nothing outside them
    ],
)
def test_a_slot_outside_the_opening_hours_is_told(
    span: str, hours: list[Hours], sentence: str | None
) -> None:
    assert said([held(span)], [], hours) == ([sentence] if sentence else [])


def test_a_slot_on_a_closed_day_is_told_with_the_reason() -> None:
    assert said([held("09:00–10:00")], [Closed(MONDAY)]) == ["这天闭馆：消杀"]
    assert not said([held("09:00–10:00")], [Closed(date(2026, 11, 24))])


def test_the_day_turns_at_midnight_in_chongqing() -> None:
    early = held("06:00–07:00")  # still Sunday in UTC
    assert said([early], [Closed(MONDAY)])


@pytest.mark.parametrize(
    ("taken", "holds", "is_told"), [(12, 12, False), (13, 12, True), (13, None, False)]
)
def test_more_people_than_the_room_holds_are_told(
    taken: int, holds: int | None, is_told: bool
) -> None:
    sentences = said([held("09:00–10:00", taken=taken, room=Named("绘本室", capacity=holds))])
    assert sentences == (["已约 13 人，绘本室 只能容纳 12 人"] if is_told else [])


@pytest.mark.parametrize(("places_left", "rows"), [(0, 3), (3, 3), (4, 4), (6, 6), (40, 6)])
def test_a_roster_has_blank_rows_for_the_free_places_within_reason(
    places_left: int, rows: int
) -> None:
    assert blank_rows(places_left) == rows
