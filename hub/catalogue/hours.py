"""Opening hours as people write them in a table: 周一至周五 09:00-18:00；周六 10:00-17:00. Pure."""

import re
from datetime import time

DAYS = "一二三四五六日"
Hours = dict[int, tuple[time, time]]

_day = r"(?:周|星期)([一二三四五六日天])"
_minute = r"([01]?\d|2[0-3])[:：]([0-5]\d)"
_dash = r"\s*(?:至|到|-|–|—|－|~|～)\s*"
_times = re.compile(rf"\s*(?P<days>.*?)\s*{_minute}{_dash}{_minute}\s*")
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
        begins, ends = time(int(found[2]), int(found[3])), time(int(found[4]), int(found[5]))
        weekdays = _weekdays(found["days"])
        if begins >= ends or not weekdays or weekdays & hours.keys():
            raise ValueError(part.strip())
        hours |= dict.fromkeys(weekdays, (begins, ends))
    return hours


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
