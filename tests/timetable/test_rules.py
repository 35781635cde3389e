"""Whom a slot is for, what a weekend is, and how opening hours are told."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pytest

from hub.catalogue.models import Audience
from hub.timetable.age_limits import Ages, fits
from hub.timetable.rules import by_day, hours_in_words, weekend

CHILD, ADULT, BOTH = Audience.CHILD, Audience.ADULT, Audience.CHILD_WITH_ADULT


@dataclass(frozen=True)
class ASlot:
    audience: Audience = CHILD
    youngest_months: int | None = None
    oldest_months: int | None = None
    starts_at: datetime = datetime(2026, 11, 23, tzinfo=UTC)


@dataclass(frozen=True)
class Open:
    weekday: int
    opens: time = time(9)
    closes: time = time(18)


AGE_CASES = [
    # audience, youngest, oldest, years asked for, fits?
    (CHILD, 72, 155, 6, True),  # 6–12
    (CHILD, 72, 155, 12, True),
    (CHILD, 72, 155, 5, False),
    (CHILD, 72, 155, 13, False),
    (CHILD, 83, None, 6, True),  # the last month of being six fits …
    (CHILD, 84, None, 6, False),  # … and the first of being seven does not
    (CHILD, None, 72, 6, True),  # the first month of being six, included
    (CHILD, None, 71, 6, False),
    (CHILD, 6, 36, 0, True),  # a baby of eight months
    (CHILD, 12, 36, 0, False),
    (CHILD, None, None, 0, True),
    (CHILD, None, None, 17, True),
    (CHILD, None, None, 18, False),
    (BOTH, 24, 83, 2, True),
    (BOTH, 24, 83, 30, False),
    (ADULT, None, None, 17, False),
    (ADULT, None, None, 18, True),
    (ADULT, 60 * 12, None, 18, True),  # all adults are one choice of the list
    (ADULT, None, None, 70, True),
]


@pytest.mark.parametrize(("audience", "youngest", "oldest", "years", "expected"), AGE_CASES)
def test_a_slot_fits_from_its_youngest_to_its_oldest_month(
    audience: Audience, youngest: int | None, oldest: int | None, years: int, expected: bool
) -> None:
    assert fits(ASlot(audience, youngest, oldest), Ages.of_years(years)) is expected


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 11, 23), date(2026, 11, 28), date(2026, 11, 29)),  # a Monday
        (date(2026, 11, 27), date(2026, 11, 28), date(2026, 11, 29)),  # a Friday
        (date(2026, 11, 28), date(2026, 11, 28), date(2026, 11, 29)),  # the Saturday
        (date(2026, 11, 29), date(2026, 11, 29), date(2026, 11, 29)),  # the Sunday
        (date(2026, 12, 31), date(2027, 1, 2), date(2027, 1, 3)),
    ],
)
def test_the_weekend_is_the_next_or_what_is_left_of_it(
    today: date, first: date, last: date
) -> None:
    assert weekend(today) == (first, last)


@pytest.mark.usefixtures("spoken")
@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([], []),
        ([Open(day) for day in range(7)], ["每天 09:00–18:00"]),
        ([Open(day) for day in range(5)], ["周一至周五 09:00–18:00", "周六、周日休息"]),
        (
            [*(Open(day) for day in range(1, 5)), Open(5, time(10)), Open(6, time(10))],
            ["周二至周五 09:00–18:00", "周六、周日 10:00–18:00", "周一休息"],
        ),
        (
            [Open(0), Open(1), Open(2), Open(4), Open(6, time(8, 30), time(20, 45))],
            ["周一至周三、周五 09:00–18:00", "周日 08:30–20:45", "周四、周六休息"],
        ),
        (
            [*(Open(day, time(8), time(0)) for day in range(6)), Open(6, time(20), time(8))],
            ["周一至周六 08:00–24:00", "周日 20:00–次日 08:00"],
        ),
    ],
)
def test_opening_hours_are_folded_into_words(rows: list[Open], lines: list[str]) -> None:
    assert hours_in_words(rows) == lines


def test_slots_stand_under_their_day_in_chongqing() -> None:
    late = ASlot(starts_at=datetime(2026, 11, 23, 15, 59, tzinfo=UTC))  # 23:59
    early = ASlot(starts_at=datetime(2026, 11, 23, 16, 1, tzinfo=UTC))  # 00:01
    days = by_day([late, early], {date(2026, 11, 22): "闭馆"})
    assert days == [
        (date(2026, 11, 22), []),
        (date(2026, 11, 23), [late]),
        (date(2026, 11, 24), [early]),
    ]
