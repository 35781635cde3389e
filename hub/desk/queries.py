"""What the desk reads: the centres one works for, the slots of a day, who is booked in them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import abort
from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from hub import clock
from hub.accounts.models import Account
from hub.bookings.models import LIVE, Booking, BookingState
from hub.catalogue.models import Activity, Centre, ClosedDay, District, OpeningHours
from hub.db import db
from hub.desk.rules import conflicts
from hub.families.models import Guardian
from hub.text import last_four
from hub.timetable.models import Slot

CENTRES_PER_PAGE = 20
LONGEST_SLOT = timedelta(days=1)  # overnight care that began the day before is still this day's


@dataclass(frozen=True)
class Line:
    """One slot of a day, with what the desk wants to know beside it."""

    slot: Slot
    waiting: int
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
        return sum(line.waiting for line in self.held)

    @property
    def troubles(self) -> int:
        return sum(bool(line.troubles) for line in self.lines)


@dataclass(frozen=True)
class Roster:
    """Who has a place in a slot and who waits, both in the order they booked."""

    day: date
    confirmed: list[Booking] = field(default_factory=list)
    waiting: list[Booking] = field(default_factory=list)
    # All that the desk sees of the guardians' phones: the last four digits, by household.
    digits: dict[int, list[str]] = field(default_factory=dict)

    @property
    def persons(self) -> int:
        """Of how many persons this shows something (whoever was removed has left no name)."""
        return sum(booking.person is not None for booking in self.confirmed + self.waiting)


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
        .where(_is_mine(account), *(_mentions(word) for word in words.split()))
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
        .where(Centre.id == centre_id, _is_mine(account))
    )
    return db.session.scalar(query) or abort(404)


def my_slot(account: Account, slot_id: int) -> Slot:
    """A slot of a centre this account works for, with all that is shown of it."""
    query = _slots().where(Slot.id == slot_id, _is_mine(account))
    return db.session.scalar(query) or abort(404)


def centre_day(centre: Centre, day: date, *, by_room: bool = False) -> CentreDay:
    """Every slot that runs on this day, called off or in conflict or not; four queries."""
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
    waiting = _how_many_wait(slots)
    return CentreDay(
        centre=centre,
        day=day,
        lines=[Line(slot, waiting.get(slot.id, 0), troubles[slot.id]) for slot in slots],
        hours=next((row for row in centre.opening_hours if row.weekday == day.weekday()), None),
        closed=[row for row in closed if row.day == day],
    )


def rosters_of(slots: Sequence[Slot]) -> dict[int, Roster]:
    """The roster of each of these slots, by its id; two queries for any number of them."""
    rosters = {slot.id: Roster(day=clock.local(slot.starts_at).date()) for slot in slots}
    is_live = Booking.slot_id.in_(rosters), Booking.state.in_(LIVE)
    phones = (
        select(Guardian.household_id, Account.phone)
        .join(Guardian.account)
        .where(Guardian.household_id.in_(select(Booking.household_id).where(*is_live)))
        .order_by(Guardian.account_id)
    )
    digits: dict[int, list[str]] = defaultdict(list)
    for household_id, phone in db.session.execute(phones):
        digits[household_id].append(last_four(phone))
    bookings = select(Booking).options(joinedload(Booking.person)).where(*is_live)
    for booking in db.session.scalars(bookings.order_by(Booking.id)):
        roster = rosters[booking.slot_id]
        (roster.confirmed if booking.is_confirmed else roster.waiting).append(booking)
        roster.digits[booking.household_id] = digits[booking.household_id]
    return rosters


def _is_mine(account: Account) -> ColumnElement[bool]:
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


def _how_many_wait(slots: Sequence[Slot]) -> dict[int, int]:
    query = (
        select(Booking.slot_id, func.count().label("waiting"))
        .where(Booking.slot_id.in_([slot.id for slot in slots]))
        .where(Booking.state == BookingState.WAITING)
        .group_by(Booking.slot_id)
    )
    return {row.slot_id: row.waiting for row in db.session.execute(query)}
