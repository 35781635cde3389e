"""What the desk reads: the centres one works for, and the slots of a day there."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from flask import abort
from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from hub import clock
from hub.accounts.models import CLEARANCES, Account
from hub.catalogue.models import Activity, Centre, ClosedDay, District, OpeningHours
from hub.db import db
from hub.desk.rules import conflicts
from hub.timetable.models import Slot
from hub.web.security import Admits

CENTRES_PER_PAGE = 20
LONGEST_SLOT = timedelta(days=1)  # overnight care that began the day before is still this day's


@dataclass(frozen=True)
class Line:
    """One slot of a day, with what the desk wants to know beside it."""

    slot: Slot
    troubles: list[str]


@dataclass(frozen=True)
class CentreDay:
    """A centre's day: its lines by time (or by room), when it is open, why it is closed."""

    centre: Centre
    day: date
    lines: list[Line]
    hours: OpeningHours | None
    closed: list[ClosedDay]

    @property
    def slots(self) -> list[Slot]:
        return [line.slot for line in self.lines]

    @property
    def held(self) -> list[Line]:
        """The lines that take place."""
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
        """How many places are kept for those who come to the desk."""
        return sum(line.slot.desk_places for line in self.held)

    @property
    def troubles(self) -> int:
        return sum(bool(line.troubles) for line in self.lines)


def only_centre_id(account: Account) -> int | None:
    """The one centre this account works for; None when it is several, or all."""
    centre_ids = {role.centre_id for role in account.roles}
    return next(iter(centre_ids)) if len(centre_ids) == 1 else None


def my_centres(
    account: Account, words: str = "", page_number: int = 1
) -> tuple[list[Centre], bool]:
    """One page of the centres this account works for, and whether more follow."""
    query = (
        select(Centre)
        .join(Centre.district)
        .options(joinedload(Centre.district))
        .where(is_mine(account), *(_mentions(word) for word in words.split()))
        .order_by(District.position, Centre.name)
        .offset((page_number - 1) * CENTRES_PER_PAGE)
        .limit(CENTRES_PER_PAGE + 1)
    )
    found = list(db.session.scalars(query))
    return found[:CENTRES_PER_PAGE], len(found) > CENTRES_PER_PAGE


def my_centre(account: Account, centre_id: int) -> Centre:
    """A centre this account works for; any other is not there."""
    query = (
        select(Centre)
        .options(joinedload(Centre.district), selectinload(Centre.opening_hours))
        .where(Centre.id == centre_id, is_mine(account))
    )
    return db.session.scalar(query) or abort(404)


def my_slot(account: Account, slot_id: int) -> Slot:
    """A slot of a centre this account works for, with all that is shown of it."""
    query = _slots().where(Slot.id == slot_id, is_mine(account))
    return db.session.scalar(query) or abort(404)


def managed_slot(account: Account, slot_id: int) -> Slot:
    """The same for who manages the centre; 403 for who only works at its desk."""
    slot = my_slot(account, slot_id)
    return slot if manages(account, slot.centre_id) else abort(403)


def managed_centre(account: Account, centre_id: int) -> Centre:
    """A centre that this account manages; 403 for who only works at its desk."""
    centre = my_centre(account, centre_id)
    return centre if manages(account, centre.id) else abort(403)


def manages(account: Account, centre_id: int) -> bool:
    """Whether this account may do at a centre what its manager may."""
    here = [role for role in account.roles if role.centre_id in (None, centre_id)]
    return any(CLEARANCES[role.name] >= Admits.MANAGER for role in here)


def centre_day(centre: Centre, day: date, *, by_room: bool = False) -> CentreDay:
    """Every slot that runs on this day, called off or in conflict or not; three queries."""
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
        lines=[Line(slot, troubles[slot.id]) for slot in slots],
        hours=next((row for row in centre.opening_hours if row.weekday == day.weekday()), None),
        closed=[row for row in closed if row.day == day],
    )


def is_mine(account: Account) -> ColumnElement[bool]:
    """Whether a centre is one that this account works for."""
    centre_ids = {role.centre_id for role in account.roles}
    return true() if None in centre_ids else Centre.id.in_(centre_ids)


def _mentions(word: str) -> ColumnElement[bool]:
    columns = Centre.name, Centre.pinyin, Centre.initials, Centre.community, District.name
    return or_(*(column.icontains(word, autoescape=True) for column in columns))


def _slots() -> Select[Slot]:
    return (
        select(Slot)
        .join(Slot.centre)
        .options(
            joinedload(Slot.activity).joinedload(Activity.kind),
            joinedload(Slot.centre),
            joinedload(Slot.room),
            joinedload(Slot.lead),
        )
    )


def _by_time(slot: Slot) -> tuple[object, ...]:
    return slot.starts_at, slot.room.name, slot.id


def _by_room(slot: Slot) -> tuple[object, ...]:
    return slot.room_id, slot.starts_at, slot.id


def _closed_days(centre: Centre, day: date) -> list[ClosedDay]:
    is_here = or_(ClosedDay.centre_id == centre.id, ClosedDay.centre_id.is_(None))
    days = day - timedelta(days=1), day  # the first for what began the evening before
    return list(db.session.scalars(select(ClosedDay).where(ClosedDay.day.in_(days), is_here)))
