"""Conflicts among the slots of a day. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub import clock, text

if TYPE_CHECKING:
    from hub.catalogue.models import ClosedDay, OpeningHours
    from hub.timetable.models import Slot


def conflicts(
    slots: Sequence["Slot"],
    closed_days: Sequence["ClosedDay"],
    opening_hours: Sequence["OpeningHours"],
) -> list[tuple["Slot", str]]:
    """Return the conflicts of these slots of one centre, each with the sentence that says it.

    The database refuses most of them; an import or an older row may still hold one, and then the
    desk must see it. Called-off slots conflict with nothing. A centre without opening hours has not
    told when it opens, so nothing is outside them.
    """
    held = [slot for slot in slots if slot.is_open]
    found = [*_double_uses(held)]
    for slot in held:
        found += [(slot, sentence) for sentence in _when_closed(slot, closed_days)]
        found += [(slot, sentence) for sentence in _outside_hours(slot, opening_hours)]
        found += [(slot, sentence) for sentence in _too_many(slot)]
    return found


def _double_uses(slots: Sequence["Slot"]) -> Iterator[tuple["Slot", str]]:
    for one, other in combinations(slots, 2):
        if one.ends_at <= other.starts_at or other.ends_at <= one.starts_at:
            continue  # an end that touches a beginning is fine
        for slot, rival in ((one, other), (other, one)):
            told = {"span": _span(rival), "title": rival.activity.title}
            if slot.room_id == rival.room_id:
                room = slot.room.name
                yield slot, _("%(room)s 同时排了 %(span)s“%(title)s”", room=room, **told)
            if slot.lead and slot.lead_id == rival.lead_id:
                lead = slot.lead.name
                yield slot, _("%(lead)s 同时要带 %(span)s“%(title)s”", lead=lead, **told)


def _when_closed(slot: "Slot", closed_days: Iterable["ClosedDay"]) -> Iterator[str]:
    day = clock.local(slot.starts_at).date()
    for closed in closed_days:
        if closed.day == day:
            yield _("这天闭馆：%(reason)s", reason=closed.reason)


def _outside_hours(slot: "Slot", opening_hours: Iterable["OpeningHours"]) -> Iterator[str]:
    day = clock.local(slot.starts_at).date()
    hours = {row.weekday: row for row in opening_hours}
    if not hours:
        return
    if any(
        opens <= slot.starts_at and slot.ends_at <= closes for opens, closes in _open(day, hours)
    ):
        return
    if day.weekday() not in hours:
        yield _("每周这一天不开放")
        return
    today = hours[day.weekday()]
    yield _("不在开放时间 %(hours)s 里", hours=text.hours(today.opens, today.closes))


def _open(day: date, hours: Mapping[int, "OpeningHours"]) -> list[tuple[datetime, datetime]]:
    """Return when a centre is open around a day, from the evening before to the morning after.

    Where one day ends when the next begins, at midnight for one, it is open all the while.
    """
    found: list[tuple[datetime, datetime]] = []
    for one in (day - timedelta(days=1), day, day + timedelta(days=1)):
        if row := hours.get(one.weekday()):
            ends_on = one if row.closes > row.opens else one + timedelta(days=1)
            opens, closes = clock.at(one, row.opens), clock.at(ends_on, row.closes)
            if found and found[-1][1] >= opens:
                opens = found.pop()[0]
            found.append((opens, closes))
    return found


def _too_many(slot: "Slot") -> Iterator[str]:
    holds = slot.room.capacity
    if holds is not None and slot.taken > holds:
        yield _(
            "已约 %(taken)s 人，%(room)s 只能容纳 %(holds)s 人",
            taken=slot.taken,
            room=slot.room.name,
            holds=holds,
        )


def _span(slot: "Slot") -> str:
    return f"{_minute(slot.starts_at)}–{_minute(slot.ends_at)}"


def _minute(instant: datetime) -> str:
    return f"{clock.local(instant):%H:%M}"
