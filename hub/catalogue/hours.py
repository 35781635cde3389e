"""Opening hours as people write them in a table: 周一至周五 09:00-18:00；周六 10:00-24:00. Pure.

A time that is not after the one before it is on the next day: 20:00-08:00, 08:00-24:00.
"""

import re
from datetime import time

DAYS = "一二三四五六日"
Hours = dict[int, tuple[time, time]]

_day = r"(?:周|星期)([一二三四五六日天])"
_minute = r"([01]?\d|2[0-3])[:：]([0-5]\d)"
_end = r"(次日|第二天)?\s*([01]?\d|2[0-4])[:：]([0-5]\d)"
_dash = r"\s*(?:至|到|-|–|—|－|~|～)\s*"
_times = re.compile(rf"\s*(?P<days>.*?)\s*{_minute}{_dash}{_end}\s*")
_range = re.compile(rf"{_day}{_dash}{_day}")
_single = re.compile(_day)


def parse_hours(text: str) -> Hours:
    """Return the opening hours by weekday (0 is Monday). Raises ValueError if a part is unclear."""
    hours: Hours = {}
    for part in re.split("[;；]", text):
        if not part.strip():
            continue
        found = _times.fullmatch(part)
        if found is None:
            raise ValueError(part.strip())
        begins, ends = time(int(found[2]), int(found[3])), _end_of(found)
        weekdays = _weekdays(found["days"])
        if ends is None or not weekdays or weekdays & hours.keys():
            raise ValueError(part.strip())
        hours |= dict.fromkeys(weekdays, (begins, ends))
    return hours


def _end_of(found: re.Match[str]) -> time | None:
    """Return when a day ends, midnight as 00:00; None where that cannot be."""
    begins, ends = (int(found[2]), int(found[3])), (int(found[5]), int(found[6]))
    if ends == (24, 0) and not found[4]:
        return time(0)
    if ends[0] == 24 or begins == ends or (found[4] and ends > begins):
        return None
    return time(*ends)


def _weekdays(text: str) -> set[int]:
    if text in {"每天", "每日"}:
        return set(range(7))
    weekdays: set[int] = set()
    for part in re.split(r"[、,，\s]+", text):
        if ends := _range.fullmatch(part):
            first, last = _number(ends[1]), _number(ends[2])
            weekdays |= set(range(first, last + 1))
        elif alone := _single.fullmatch(part):
            weekdays.add(_number(alone[1]))
        else:
            return set()
    return weekdays


def _number(day: str) -> int:
    return DAYS.index("日" if day == "天" else day)
