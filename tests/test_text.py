"""Dates, ages, prices and numbers as people say them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from hub import clock, text
from hub.clock import at
from tests.makers import tomorrow

pytestmark = pytest.mark.usefixtures("spoken")


@pytest.mark.parametrize(
    ("birth_date", "on", "said"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), "0个月"),
        (date(2026, 3, 24), date(2026, 11, 23), "7个月"),
        (date(2026, 3, 23), date(2026, 11, 23), "8个月"),
        (date(2024, 7, 20), date(2026, 11, 23), "2岁4个月"),
        (date(2024, 11, 23), date(2026, 11, 23), "2岁"),
        (date(2023, 11, 23), date(2026, 11, 23), "3岁"),
        (date(2020, 11, 24), date(2026, 11, 23), "5岁"),
        (date(2024, 2, 29), date(2025, 2, 28), "11个月"),
        (date(2024, 2, 29), date(2025, 3, 1), "1岁"),
        (date(1987, 5, 1), date(2026, 11, 23), "39岁"),
    ],
)
def test_ages_are_told_in_months_under_three(birth_date: date, on: date, said: str) -> None:
    assert text.age(birth_date, on) == said


@pytest.mark.parametrize(
    ("youngest", "oldest", "said"),
    [
        (None, None, "年龄不限"),
        (36, 83, "3–6岁"),
        (72, 155, "6–12岁"),
        (6, 36, "6个月–3岁"),
        (18, 35, "1岁6个月–2岁"),
        (216, None, "满18岁"),
        (None, 35, "不满3岁"),
        (36, 47, "3岁"),
    ],
)
def test_age_ranges_are_told_as_people_say_them(
    youngest: int | None, oldest: int | None, said: str
) -> None:
    assert text.ages(youngest, oldest) == said


@pytest.mark.parametrize(("fen", "said"), [(0, "免费"), (2000, "¥20"), (990, "¥9.90")])
def test_a_fee_is_free_or_in_yuan(fen: int, said: str) -> None:
    assert text.fee(fen) == said


def test_days_near_have_names_and_those_of_other_years_have_a_year() -> None:
    today = date(2026, 11, 23)
    assert text.day(today) == "今天 周一 11月23日"
    assert text.day(today + timedelta(days=1)) == "明天 周二 11月24日"
    assert text.day(today + timedelta(days=5)) == "周六 11月28日"
    assert text.day(date(2027, 1, 2)) == "周六 2027年1月2日"


@pytest.mark.parametrize(
    ("ahead", "said", "name"),
    [
        (-2, "周六 11月21日", "周六"),
        (-1, "昨天", "昨天"),
        (0, "今天", "今天"),
        (1, "明天", "明天"),
        (2, "后天", "后天"),
        (3, "周四 11月26日", "周四"),
        (40, "周六 2027年1月2日", "周六"),
    ],
)
def test_a_day_is_called_by_its_name_or_its_weekday(ahead: int, said: str, name: str) -> None:
    day = date(2026, 11, 23) + timedelta(days=ahead)
    assert text.short_day(day) == said
    assert text.day_name(day) == name


def test_times_are_those_of_a_clock_in_chongqing() -> None:
    starts_at = tomorrow(9, 30)
    assert starts_at.hour == 1, "kept in UTC"
    assert text.span(starts_at, starts_at + timedelta(minutes=90)) == "09:30–11:00"
    assert text.when(starts_at) == "明天 09:30"
    assert text.when(starts_at + timedelta(days=4)) == "周六 11月28日 09:30"


def test_what_is_kept_or_printed_is_true_on_another_day_too() -> None:
    starts_at = tomorrow(22)
    assert text.dated(starts_at) == "周二 11月24日 22:00"
    assert text.span(starts_at, starts_at + timedelta(hours=10)) == "22:00–次日 08:00"
    assert text.span(starts_at, starts_at + timedelta(hours=34)) == "22:00–周四 11月26日 08:00"


def test_numbers_are_grouped_to_be_read_out() -> None:
    assert text.number("4821937756") == "482 193 7756"
    assert text.phone("+8613800138000") == "138 0013 8000"
    assert text.phone("+85251234567") == "+85251234567"
    assert text.last_four("+8613800138123") == "8123"


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 23, 15, 59, tzinfo=UTC), date(2026, 11, 23)),  # 23:59
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), date(2026, 11, 24)),  # midnight
        (datetime(2026, 11, 24, 0, 30, tzinfo=UTC), date(2026, 11, 24)),  # 08:30
    ],
)
def test_the_day_turns_at_midnight_in_chongqing(
    instant: datetime, day: date, request: pytest.FixtureRequest
) -> None:
    traveller: Any = request.getfixturevalue("clock")
    traveller.move_to(instant, tick=False)
    assert clock.today() == day
    first, last = clock.day_bounds(day)
    assert first <= instant < last
    assert last - first == timedelta(days=1)


def test_a_date_in_the_summers_of_1986_to_1991_is_a_date_like_any_other() -> None:
    """China had summer time then; a birth date is a date, not an instant."""
    from datetime import time

    assert text.months_old(date(1988, 6, 1), date(2026, 6, 1)) == 38 * 12
    assert at(date(1988, 6, 1), time(12)) == datetime(1988, 6, 1, 3, tzinfo=UTC)


def test_the_same_is_said_in_english(wordless_app: Flask) -> None:
    with wordless_app.test_request_context(headers={"Cookie": "language=en"}):
        assert text.fee(0) == "Free"
        assert text.day(date(2026, 11, 28)) == "Sat 28 Nov"
        assert text.day(date(2027, 1, 2)) == "Sat 2 Jan 2027"
        assert text.day(date(2026, 11, 24)) == "Tomorrow Tue 24 Nov"
        assert text.when(tomorrow(9, 30)) == "Tomorrow 09:30"
        assert text.short_day(date(2026, 11, 28)) == "Sat 28 Nov"
        assert text.months_as_age(1) == "1 month"
        assert text.months_as_age(13) == "1 year 1 month"
        assert text.months_as_age(28) == "2 years 4 months"
        assert text.ages(36, 83) == "3–6 years"
        assert text.ages(216, None) == "18 years and over"
        assert text.who("child_with_adult", 12, 35) == "Children with an adult · 1–2 years"
