"""Opening hours as people write them."""

from datetime import time

import pytest

from hub.catalogue.hours import parse_hours

NINE, SIX, TEN, FIVE = time(9), time(18), time(10), time(17)


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("", {}),
        ("每天 9:00-18:00", dict.fromkeys(range(7), (NINE, SIX))),
        ("周一至周三 09:00-18:00", dict.fromkeys(range(3), (NINE, SIX))),
        ("周六、周日 10:00—17:00", {5: (TEN, FIVE), 6: (TEN, FIVE)}),
        ("星期天 10：00～17：00", {6: (TEN, FIVE)}),
        ("周一 9:00-18:00；周三 10:00-17:00", {0: (NINE, SIX), 2: (TEN, FIVE)}),
        ("周二-周三 9:00-18:00;", {1: (NINE, SIX), 2: (NINE, SIX)}),
        ("周一 09:00-24:00", {0: (NINE, time(0))}),
        ("周一 0:00-24:00", {0: (time(0), time(0))}),
        ("周一 18:00-9:00", {0: (SIX, NINE)}),
        ("周一 18:00至次日9:00", {0: (SIX, NINE)}),
    ],
)
def test_hours_are_understood(written: str, hours: object) -> None:
    assert parse_hours(written) == hours


@pytest.mark.parametrize(
    "written",
    [
        "9:00-18:00",
        "周八 9:00-18:00",
        "周一至周五",
        "周一 9:00-9:00",
        "周一 9:00-24:30",
        "周一 9:00-次日18:00",
        "周一 24:00-9:00",
        "周一 9:00-25:00",
        "周日至周二 9:00-18:00",
        "周一 9:00-10:00；周一 11:00-12:00",
        "看门口通知",
    ],
)
def test_hours_that_are_not_clear_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="."):
        parse_hours(written)
