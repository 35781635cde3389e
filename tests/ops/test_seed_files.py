"""What is in the files of the seed: facts are right, what is made up is plainly so."""

from collections import Counter
from datetime import date, time
from typing import Any

import chinese_calendar
import pytest

from hub.catalogue.hours import parse_hours
from hub.ops.seed import ground
from hub.ops.seed.files import FOLDER, rows_of
from hub.timetable.recurrence import days

CENTRES = rows_of("demo_centres.json")
ACTIVITIES = rows_of("demo_activities.json")


def test_there_are_nine_kinds_of_which_seven_have_a_name() -> None:
    kinds = rows_of("kinds.json")
    assert {kind["code"]: kind["name"] for kind in kinds if kind["is_active"]} == {
        "work": "好业工坊",
        "care": "好娃托管",
        "class": "好育课堂",
        "childhood": "好梦童年",
        "market": "好品集市",
        "neighbour": "好邻互助",
        "homecare": "好姐家政",
    }
    unnamed = [kind for kind in kinds if not kind["is_active"]]
    assert len(unnamed) == 2
    assert {(kind["name"], kind["summary"]) for kind in unnamed} == {("筹备中", "待市妇联确认")}


def test_the_city_has_41_district_units() -> None:
    names = rows_of("districts.json")
    units = ["两江新区", "高新区", "万盛经开区"]
    assert names[38:] == units
    endings = Counter("自治县" if name.endswith("自治县") else name[-1] for name in names[:38])
    assert endings == {"区": 26, "县": 8, "自治县": 4}
    assert len(set(names)) == 41


@pytest.mark.parametrize("name", ground.HOLIDAYS)
def test_holidays_are_those_of_the_state_council(name: str) -> None:
    rows = rows_of(name)
    rest = {date.fromisoformat(row["day"]): row["reason"] for row in rows["rest_days"]}
    work = {date.fromisoformat(row["day"]) for row in rows["workdays"]}
    assert (len(rest), len(work)) == (33, 6)
    year = next(iter(work)).year
    for day in days(date(year, 1, 1), date(year, 12, 31)):
        is_holiday, holiday = chinese_calendar.get_holiday_detail(day)
        assert (day in rest) == (is_holiday and holiday is not None), day
        assert (day in work) == (day.weekday() >= 5 and not is_holiday), day
        if day in rest:
            assert chinese_calendar.Holiday(holiday).chinese[:2] == rest[day][:2]


def test_next_years_holidays_are_added_when_they_are_published_and_not_guessed() -> None:
    assert {path.name for path in FOLDER.glob("holidays_*.json")} == set(ground.HOLIDAYS)


def test_the_demo_covers_every_active_kind_and_everybody() -> None:
    offered = [ACTIVITIES[offer["activity"]] for centre in CENTRES for offer in centre["offers"]]
    active = {kind["code"] for kind in rows_of("kinds.json") if kind["is_active"]}
    assert {activity["kind"] for activity in offered} == active
    assert {activity["audience"] for activity in offered} == {"child", "adult", "child_with_adult"}
    assert min(activity["youngest_months"] or 99 for activity in offered) == 6
    assert any(activity["fee_fen"] for activity in offered)
    assert any(not activity["fee_fen"] for activity in offered)
    assert {offer["activity"] for centre in CENTRES for offer in centre["offers"]} == set(
        ACTIVITIES
    )


def test_what_is_made_up_cannot_be_taken_for_a_fact() -> None:
    for centre in CENTRES:
        assert centre["name"].endswith("（演示）")
        assert "演示" in centre["address"]
        assert centre["phone"].startswith("023-0000"), "no number in Chongqing begins so"
        assert all(name.endswith("老师") for name in centre["team"] + centre["volunteers"])
    for household in rows_of("demo_households.json")["neighbours"]:
        assert household["phone"].startswith("+86100"), "no phone has such a number"


def test_several_demo_centres_lie_in_one_district_and_the_districts_exist() -> None:
    districts = Counter(centre["district"] for centre in CENTRES)
    assert set(districts) <= set(rows_of("districts.json"))
    assert len(districts) >= 8
    assert max(districts.values()) >= 3


@pytest.mark.parametrize("centre", CENTRES, ids=lambda centre: centre["name"])
def test_the_weekly_plan_of_a_demo_centre_can_be_held(centre: dict[str, Any]) -> None:
    hours = parse_hours(centre["hours"])
    taken: list[tuple[str, int, int, int]] = []
    for offer in centre["offers"]:
        assert offer["capacity"] <= (centre["rooms"][offer["room"]] or 40)
        assert offer["lead"] in centre["team"] + centre["volunteers"]
        for begins, weekdays in offer["weekly"].items():
            for weekday in weekdays:
                opens, closes = hours[weekday]
                start = minutes(time.fromisoformat(begins))
                end = start + offer["minutes"]
                assert minutes(opens) <= start < end <= minutes(closes), "outside opening hours"
                for who in (offer["room"], offer["lead"]):
                    clash = [
                        other
                        for other in taken
                        if other[:2] == (who, weekday) and other[2] < end and other[3] > start
                    ]
                    assert not clash, f"{who} is taken on weekday {weekday} at {begins}"
                    taken.append((who, weekday, start, end))


def test_the_centre_one_can_try_is_busy_on_every_weekday_from_morning_to_evening() -> None:
    home = CENTRES[0]
    for weekday in range(7):
        begins = [
            moment
            for offer in home["offers"]
            for moment, weekdays in offer["weekly"].items()
            if weekday in weekdays
        ]
        assert len(begins) >= 4
        assert min(begins) <= "09:00"
        assert max(begins) >= "19:00"


def minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
