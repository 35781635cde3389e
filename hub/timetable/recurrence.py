"""The dates and times of what repeats by the week. Pure."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hub import clock


@dataclass(frozen=True)
class Weekly:
    """Once a week: on which weekday (0 is Monday), from when, for how long."""

    weekday: int
    starts: time
    minutes: int


@dataclass(frozen=True, order=True)
class Occurrence:
    """One date of a pattern, as instants."""

    starts_at: datetime
    ends_at: datetime


def occurrences(
    patterns: Iterable[Weekly], first: date, last: date, closed: Collection[date] = ()
) -> list[Occurrence]:
    """Return every date of the patterns from `first` to `last`, both included, in order.

    Nothing begins on a closed day. What begins before midnight may end after it.
    """
    patterns = list(patterns)
    found = [
        _on(day, pattern)
        for day in days(first, last)
        if day not in closed
        for pattern in patterns
        if pattern.weekday == day.weekday()
    ]
    return sorted(found)


def days(first: date, last: date) -> Iterator[date]:
    """Return each day from `first` to `last`, both included; none if `last` is earlier."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _on(day: date, pattern: Weekly) -> Occurrence:
    starts_at = clock.at(day, pattern.starts)
    return Occurrence(starts_at, starts_at + timedelta(minutes=pattern.minutes))
