"""Which dates a weekly pattern has."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from hub.timetable.recurrence import Occurrence, Weekly, days, occurrences

MONDAY = date(2026, 11, 23)
MORNING = Weekly(weekday=0, starts=time(9), minutes=90)
LATE = Weekly(weekday=0, starts=time(23), minutes=120)
FRIDAY = Weekly(weekday=4, starts=time(9), minutes=60)


def on(day: date, hour: int, minute: int = 0) -> datetime:
    """This time on a clock in Chongqing."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("patterns", "first", "last", "closed", "begin_on"),
    [
        ([MORNING], 0, 0, [], [0]),
        ([MORNING], 0, 13, [], [0, 7]),
        ([MORNING], 1, 6, [], []),
        ([MORNING], 1, 7, [], [7]),
        ([MORNING], 0, -1, [], []),
        ([MORNING], 0, 13, [7], [0]),
        ([MORNING], 0, 13, [1, 2, 3], [0, 7]),
        ([FRIDAY, MORNING], 0, 7, [], [0, 4, 7]),
        ([FRIDAY, MORNING], 0, 7, [0, 4, 7], []),
        ([], 0, 30, [], []),
    ],
)
def test_a_pattern_has_its_weekdays_without_the_closed_ones(
    patterns: list[Weekly], first: int, last: int, closed: list[int], begin_on: list[int]
) -> None:
    def day(number: int) -> date:
        return MONDAY + timedelta(days=number)

    found = occurrences(patterns, day(first), day(last), {day(number) for number in closed})
    assert [occurrence.starts_at for occurrence in found] == [on(day(n), 9) for n in begin_on]


def test_an_occurrence_is_told_in_instants() -> None:
    assert occurrences([MORNING], MONDAY, MONDAY) == [
        Occurrence(on(MONDAY, 9), on(MONDAY, 10, 30)),
    ]


def test_what_begins_before_midnight_ends_the_day_after_even_if_that_is_closed() -> None:
    tuesday = MONDAY + timedelta(days=1)
    assert occurrences([LATE], MONDAY, MONDAY, {tuesday}) == [
        Occurrence(on(MONDAY, 23), on(tuesday, 1)),
    ]


def test_two_times_of_one_day_come_in_order() -> None:
    found = occurrences([LATE, MORNING], MONDAY, MONDAY)
    assert [occurrence.starts_at for occurrence in found] == [on(MONDAY, 9), on(MONDAY, 23)]


def test_days_cross_months_and_years() -> None:
    assert len(list(days(date(2026, 12, 30), date(2027, 1, 2)))) == 4
