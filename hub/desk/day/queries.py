"""The slots of one day at a centre."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select

from hub import clock
from hub.catalogue.models import Centre, ClosedDay, OpeningHours
from hub.db import db
from hub.desk.access import _slots
from hub.desk.day.rules import conflicts
from hub.timetable.models import Slot

LONGEST_SLOT = timedelta(days=1)  # overnight care that began the day before is still this day's


@dataclass(frozen=True)
class DaySlot:
    """One slot of a day, with its conflicts in words."""

    slot: Slot
    troubles: list[str]


@dataclass(frozen=True)
class CentreDay:
    """A centre's day: its slots by time or room, its opening hours, why it is closed."""

    centre: Centre
    day: date
    lines: list[DaySlot]
    hours: OpeningHours | None
    closed: list[ClosedDay]

    @property
    def slots(self) -> list[Slot]:
        return [line.slot for line in self.lines]

    @property
    def held(self) -> list[DaySlot]:
        """The slots that take place."""
        return [line for line in self.lines if line.slot.is_open]

    @property
    def called_off(self) -> int:
        return len(self.lines) - len(self.held)

    @property
    def taken(self) -> int:
        return sum(line.slot.taken for line in self.held)

    @property
    def capacity(self) -> int:
        return sum(line.slot.capacity for line in self.held)

    @property
    def waiting(self) -> int:
        return sum(line.slot.waiting for line in self.held)

    @property
    def kept(self) -> int:
        """How many places are kept for the desk."""
        return sum(line.slot.desk_places for line in self.held)

    @property
    def troubles(self) -> int:
        return sum(bool(line.troubles) for line in self.lines)


def centre_day(centre: Centre, day: date, *, by_room: bool = False) -> CentreDay:
    """Return every slot that runs on this day, called off or not; three queries."""
    start, end = clock.day_bounds(day)
    query = _slots().where(
        Slot.centre_id == centre.id,
        Slot.starts_at > start - LONGEST_SLOT,
        Slot.starts_at < end,
        Slot.ends_at > start,
    )
    slots = sorted(db.session.scalars(query), key=_by_room if by_room else _by_time)
    closed = _closed_days(centre, day)
    troubles: dict[int, list[str]] = defaultdict(list)
    for slot, sentence in conflicts(slots, closed, centre.opening_hours):
        troubles[slot.id].append(sentence)
    return CentreDay(
        centre=centre,
        day=day,
        lines=[DaySlot(slot, troubles[slot.id]) for slot in slots],
        hours=next((row for row in centre.opening_hours if row.weekday == day.weekday()), None),
        closed=[row for row in closed if row.day == day],
    )


def _by_time(slot: Slot) -> tuple[object, ...]:
    return slot.starts_at, slot.room.name, slot.id


def _by_room(slot: Slot) -> tuple[object, ...]:
    return slot.room_id, slot.starts_at, slot.id


def _closed_days(centre: Centre, day: date) -> list[ClosedDay]:
    is_here = or_(ClosedDay.centre_id == centre.id, ClosedDay.centre_id.is_(None))
    days = day - timedelta(days=1), day  # the first for what began the evening before
    return list(db.session.scalars(select(ClosedDay).where(ClosedDay.day.in_(days), is_here)))
