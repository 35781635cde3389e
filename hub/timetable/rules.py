"""Weekends, days, and opening hours in words. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Protocol, TypeVar

from flask_babel import gettext as _

from hub import clock, text

SATURDAY, SUNDAY = 5, 6
EVERY_DAY = 7


class HasStart(Protocol):
    """Something that begins at an instant."""

    @property
    def starts_at(self) -> datetime: ...


Dated = TypeVar("Dated", bound=HasStart)


class Hours(Protocol):
    """From when to when a centre is open on one weekday (0 is Monday)."""

    @property
    def weekday(self) -> int: ...
    @property
    def opens(self) -> time: ...
    @property
    def closes(self) -> time: ...


def weekend(today: date) -> tuple[date, date]:
    """Return the next Saturday and Sunday; on a weekend what is left of it, today included."""
    sunday = today + timedelta(days=SUNDAY - today.weekday())
    return max(today, sunday - timedelta(days=1)), sunday


def by_day(
    slots: Iterable[Dated], further_days: Iterable[date] = ()
) -> list[tuple[date, list[Dated]]]:
    """Group the slots by the day in Chongqing on which they begin; further days may be empty."""
    days: dict[date, list[Dated]] = {day: [] for day in further_days}
    for slot in slots:
        days.setdefault(clock.local(slot.starts_at).date(), []).append(slot)
    return sorted(days.items())


def hours_in_words(rows: Iterable[Hours]) -> list[str]:
    """周一至周五 09:00–18:00 · 周六 10:00–17:00 · 周日休息; nothing where nothing is known."""
    weekdays: dict[tuple[time, time], list[int]] = {}
    for row in rows:
        weekdays.setdefault((row.opens, row.closes), []).append(row.weekday)
    lines = [
        _(
            "%(days)s %(hours)s",
            days=_days_in_words(sorted(days)),
            hours=text.hours(opens, closes),
        )
        for (opens, closes), days in sorted(weekdays.items(), key=lambda group: min(group[1]))
    ]
    closed = set(range(EVERY_DAY)).difference(*weekdays.values())
    if lines and closed:
        lines.append(_("%(days)s休息", days=_days_in_words(sorted(closed))))
    return lines


def _days_in_words(weekdays: Sequence[int]) -> str:
    if len(weekdays) == EVERY_DAY:
        return _("每天")
    names = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
    runs: list[list[int]] = []
    for weekday in weekdays:
        if runs and runs[-1][-1] == weekday - 1:
            runs[-1].append(weekday)
        else:
            runs.append([weekday])
    said = [
        _("%(first)s至%(last)s", first=names[run[0]], last=names[run[-1]])
        if len(run) > 2
        else _("、").join(names[weekday] for weekday in run)
        for run in runs
    ]
    return _("、").join(said)
