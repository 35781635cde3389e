"""The demo's timetable: the weekly plans of its centres, as slots of the coming four weeks."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update

from hub import clock
from hub.catalogue.models import Activity, Centre, ClosedDay, Room, StaffMember
from hub.db import db
from hub.ops.seed.files import rows_of
from hub.timetable.actions import make_slot
from hub.timetable.models import Slot, SlotState
from hub.timetable.recurrence import Occurrence, Weekly, occurrences

BEHIND = timedelta(days=7)  # a new demo has a past, too
AHEAD = timedelta(days=27)  # today and this are four weeks

Key = tuple[int, datetime]  # what a planned slot is known by: its room and its beginning


@dataclass(frozen=True)
class Offer:
    """What a demo centre plans for every week, in rows of the database."""

    activity: Activity
    room: Room
    lead: StaffMember | None
    capacity: int
    patterns: tuple[Weekly, ...]

    def dates(self, first: date, last: date, closed: set[date]) -> list[Occurrence]:
        return occurrences(self.patterns, first, last, closed)


def plan_weeks(today: date) -> int:
    """Make the slots that are still missing up to four weeks from today; say how many.

    Days for which an activity was planned before are left alone: what the staff called off,
    moved or added there is theirs. A room or a lead that is taken by now is left alone, too.
    """
    last_days = _last_days()
    taken = Taken(clock.at(today - BEHIND, time.min))
    made = 0
    for offer in offers():
        first = max(last_days.get(offer.activity.id, date.min) + timedelta(days=1), today - BEHIND)
        closed = closed_days(offer.activity.centre_id)
        for occurrence in offer.dates(first, today + AHEAD, closed):
            if taken.by(offer, occurrence):
                continue
            make_slot(
                offer.activity,
                offer.room,
                offer.lead,
                occurrence.starts_at,
                occurrence.ends_at,
                offer.capacity,
            )
            taken.add(offer, occurrence)
            made += 1
    db.session.flush()
    return made


def planned(today: date) -> set[Key]:
    """By which room and beginning the weekly plans hold a slot, from last week to four weeks on."""
    return {
        (offer.room.id, occurrence.starts_at)
        for offer in offers()
        for occurrence in offer.dates(today - BEHIND, today + AHEAD, set())
    }


def offers() -> Iterator[Offer]:
    """The plans whose centre, activity and room are (still) there by the names of the files."""
    titles = {key: row["title"] for key, row in rows_of("demo_activities.json").items()}
    centres = _by_name(Centre, Centre.is_demo)
    for row in rows_of("demo_centres.json"):
        centre = centres.get(row["name"])
        if centre is None:
            continue
        rooms = _by_name(Room, Room.centre_id == centre.id)
        team = _by_name(StaffMember, StaffMember.centre_id == centre.id)
        own = select(Activity).where(Activity.centre_id == centre.id)
        activities = {activity.title: activity for activity in db.session.scalars(own)}
        for offer in row["offers"]:
            activity, room = activities.get(titles[offer["activity"]]), rooms.get(offer["room"])
            if activity and room:
                lead = team.get(offer["lead"])
                yield Offer(activity, room, lead, offer["capacity"], _patterns(offer))


def take_as_reminded(now: datetime) -> None:
    """Remind nobody of what was made up this minute for today and tomorrow."""
    _begin, end = clock.day_bounds(clock.local(now).date() + timedelta(days=1))
    soon = Slot.starts_at > now, Slot.starts_at < end, Slot.reminded_at.is_(None)
    db.session.execute(update(Slot).where(*soon).values(reminded_at=now))


def closed_days(centre_id: int) -> set[date]:
    """The days on which this centre, or every centre, is closed."""
    where = or_(ClosedDay.centre_id.is_(None), ClosedDay.centre_id == centre_id)
    return set(db.session.scalars(select(ClosedDay.day).where(where)))


class Taken:
    """When rooms and leads are taken by open slots."""

    def __init__(self, since: datetime) -> None:
        self.spans: dict[tuple[str, int], list[tuple[datetime, datetime]]] = defaultdict(list)
        times = select(Slot.room_id, Slot.lead_id, Slot.starts_at, Slot.ends_at)
        is_open = Slot.state == SlotState.OPEN, Slot.ends_at > since
        for room_id, lead_id, starts_at, ends_at in db.session.execute(times.where(*is_open)):
            self._add(room_id, lead_id, starts_at, ends_at)

    def by(self, offer: Offer, when: Occurrence) -> bool:
        wanted = [("room", offer.room.id)]
        wanted += [("lead", offer.lead.id)] if offer.lead else []
        return any(
            begins < when.ends_at and ends > when.starts_at
            for who in wanted
            for begins, ends in self.spans[who]
        )

    def add(self, offer: Offer, when: Occurrence) -> None:
        lead_id = offer.lead.id if offer.lead else None
        self._add(offer.room.id, lead_id, when.starts_at, when.ends_at)

    def _add(
        self, room_id: int, lead_id: int | None, starts_at: datetime, ends_at: datetime
    ) -> None:
        self.spans["room", room_id].append((starts_at, ends_at))
        if lead_id is not None:
            self.spans["lead", lead_id].append((starts_at, ends_at))


def _last_days() -> dict[int, date]:
    """The last day each activity has been planned for."""
    last = select(Slot.activity_id, func.max(Slot.starts_at)).group_by(Slot.activity_id)
    return {number: clock.local(instant).date() for number, instant in db.session.execute(last)}


def _patterns(offer: dict[str, Any]) -> tuple[Weekly, ...]:
    return tuple(
        Weekly(weekday, time.fromisoformat(begins), offer["minutes"])
        for begins, weekdays in offer["weekly"].items()
        for weekday in weekdays
    )


def _by_name(table: Any, where: Any) -> dict[str, Any]:
    return {row.name: row for row in db.session.scalars(select(table).where(where))}
