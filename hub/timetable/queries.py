"""Find slots by place, day, kind and age, with everything that a card of them shows.

A city has about forty thousand slots a day, so each search here begins at an index: the slots
of some centres, or all, from one instant on, in the order in which they are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    exists,
    func,
    select,
    text,
)
from sqlalchemy.orm import joinedload

from hub import clock
from hub.catalogue.models import Activity, Centre, District, Kind, Room, StaffMember
from hub.column_rows import Reading
from hub.db import db
from hub.timetable.age_limits import Ages, that_fit
from hub.timetable.models import FREE, Series, Slot, SlotState
from hub.timetable.rules import weekend

SLOTS_ON_A_PAGE = 20
SLOTS_AT_A_GLANCE = 6
FEW_ACTIVITIES = 200
DAYS_AHEAD = 28  # a search for what is rare ends here instead of reading the whole table

# Slots as cards show them.
CARDS = Reading(
    Slot,
    Slot.centre_id,
    Slot.starts_at,
    Slot.ends_at,
    Slot.audience,
    Slot.youngest_months,
    Slot.oldest_months,
    Slot.fee_fen,
    Slot.admission,
    Slot.drawn_at,
    Slot.state,
    Slot.capacity,
    Slot.places_left,
    Slot.waiting_limit,
    activity=Reading(Activity, Activity.title, kind=Reading(Kind, Kind.code, Kind.icon)),
    centre=Reading(Centre, Centre.name, Centre.is_demo),
    series=Reading(Series, Series.is_whole),
)
# Slots with all that a page of their own shows.
WHOLE = Reading(
    Slot,
    activity=Reading(
        Activity,
        Activity.kind_id,
        Activity.title,
        Activity.summary,
        Activity.bring,
        Activity.rules,
        kind=Reading(Kind, Kind.code, Kind.name),
    ),
    centre=Reading(
        Centre,
        Centre.name,
        Centre.community,
        Centre.address,
        Centre.phone,
        Centre.is_demo,
        district=Reading(District, District.name),
    ),
    series=Reading(Series),
    room=Reading(Room, Room.name),
    lead=Reading(StaffMember, StaffMember.name),
)


@dataclass(frozen=True)
class Wish:
    """What a visitor looks for; None is anything."""

    district_id: int | None = None
    kind_id: int | None = None
    ages: Ages | None = None
    day: date | None = None
    only_places: bool = False


@dataclass(frozen=True)
class Glance:
    """What the home page shows: a few slots of today or the next day, and of the weekend."""

    day: date | None  # of `slots`; None when there are none for weeks
    slots: Sequence[Slot]
    weekend_from: date | None  # the first day of it that is not shown already, if one is left
    weekend_slots: Sequence[Slot]


@cache
def slots_with_everything() -> Select[Slot]:
    """Select slots with everything their own page shows, as entities that may be changed.

    Outer joins, though there is always a row to join: they leave it to the slot's own index to
    begin, where an inner join tempts the database to read all the activities first. Built once, as
    are all selects that others add conditions to: saying what to load costs as much as loading it.
    """
    return select(Slot).options(
        joinedload(Slot.activity).joinedload(Activity.kind),
        joinedload(Slot.centre).joinedload(Centre.district),
        joinedload(Slot.series),
        joinedload(Slot.room),
        joinedload(Slot.lead),
    )


def find_slots(wish: Wish, now: datetime, page_number: int) -> tuple[Sequence[Slot], bool]:
    """Return one page of the open slots that have not begun, and whether there are more."""
    today = clock.local(now).date()
    days = (wish.day, wish.day) if wish.day else (today, today + timedelta(days=DAYS_AHEAD))
    first = (page_number - 1) * SLOTS_ON_A_PAGE
    rows = _cards(wish, days, now, SLOTS_ON_A_PAGE + 1, skip=first)
    return rows[:SLOTS_ON_A_PAGE], len(rows) > SLOTS_ON_A_PAGE


def at_a_glance(district_id: int | None, now: datetime) -> Glance:
    """Return the next few slots with places, of today or the next day, and of the weekend.

    On a weekend the weekend is what is left of it after today.
    """
    today = clock.local(now).date()
    wish = Wish(district_id=district_id, only_places=True)

    def soonest(first: date, last: date) -> Sequence[Slot]:
        return _cards(wish, (first, last), now, SLOTS_AT_A_GLANCE)

    day: date | None = today
    slots = soonest(today, today)
    if not slots:
        ahead = soonest(today + timedelta(days=1), today + timedelta(days=DAYS_AHEAD))
        day = clock.local(ahead[0].starts_at).date() if ahead else None
        slots = [slot for slot in ahead if clock.local(slot.starts_at).date() == day]
    saturday, sunday = weekend(today)
    rest = max(saturday, (day or today) + timedelta(days=1))
    if rest > sunday:
        return Glance(day, slots, None, ())
    return Glance(day, slots, rest, soonest(rest, sunday))


def slots_of_centre(centre_id: int, first: datetime, last: datetime) -> Sequence[Slot]:
    """Return all slots of a centre that begin in these hours, called-off ones included."""
    here = Slot.centre_id == centre_id, Slot.starts_at >= first, Slot.starts_at < last
    return CARDS.rows(CARDS.select().where(*here).order_by(Slot.starts_at, Slot.id))


def slots_of_series(series_id: int) -> Sequence[Slot]:
    """Return all dates of a 期 in order, each as its own page shows it."""
    dates = slots_with_everything().where(Slot.series_id == series_id)
    return db.session.scalars(dates.order_by(Slot.starts_at, Slot.id)).all()


def whole_begins_at(series_id: int) -> datetime | None:
    """Return when the first date of a whole 期 begins; None for dates booked one by one."""
    return db.session.scalar(
        select(func.min(Slot.starts_at))
        .join(Slot.series)
        .where(Slot.series_id == series_id, Slot.state == SlotState.OPEN, Series.is_whole)
    )


def found_by(wish: Wish, *, is_rare: bool) -> Select[int]:
    """Select the ids of open slots that answer a wish, soonest first, whatever their day.

    Give it the instants `start`, `end` and `now`, and say whether the kind `is_rare`.
    """
    now: BindParameter[datetime] = bindparam("now")
    slots = select(Slot.id).where(
        Slot.starts_at >= bindparam("start"),
        Slot.starts_at < bindparam("end"),
        Slot.starts_at > now,
        Slot.state == SlotState.OPEN,
    )
    if wish.district_id is not None:
        slots = slots.where(Slot.centre_id.in_(_centres_in(wish.district_id)))
    if wish.kind_id is not None:
        slots = slots.where(_is_of_kind(wish.kind_id, wish.district_id, is_rare=is_rare))
    if wish.ages is not None:
        slots = slots.where(*that_fit(wish.ages))
    if wish.only_places:
        slots = slots.where(text(FREE), Slot.closes_at > now)
    return slots.order_by(Slot.starts_at, Slot.id)


def _cards(
    wish: Wish, days: tuple[date, date], now: datetime, most: int, *, skip: int = 0
) -> Sequence[Slot]:
    start, end = clock.day_bounds(*days)
    wanted = {"start": start, "end": end, "now": now, "skip": skip, "most": most}
    found = _cards_found(replace(wish, day=None), is_rare=_is_rare(wish))
    return CARDS.rows(found, **wanted)


@lru_cache(maxsize=100)
def _cards_found(wish: Wish, *, is_rare: bool) -> Select[*tuple[Any, ...]]:
    """Select the cards of a few ids: what they show is joined after the sorting, not before."""
    skip, most = (bindparam(name, type_=Integer) for name in ("skip", "most"))
    keys = found_by(wish, is_rare=is_rare).offset(skip).limit(most)
    return CARDS.select().where(Slot.id.in_(keys)).order_by(Slot.starts_at, Slot.id)


def _centres_in(district_id: int) -> Select[int]:
    return select(Centre.id).where(Centre.district_id == district_id)


def _is_of_kind(kind_id: int, district_id: int | None, *, is_rare: bool) -> ColumnElement[bool]:
    """Condition: the slot is of a kind. A rare kind is looked for from its few activities.

    Slots of a frequent kind are near in the order of time; for a rare one the search would read
    weeks of all the others.
    """
    if is_rare:
        return Slot.activity_id.in_(_activities_of(kind_id, district_id))
    return exists().where(Activity.id == Slot.activity_id, Activity.kind_id == kind_id)


def _is_rare(wish: Wish) -> bool:
    if wish.kind_id is None:
        return False
    some = _activities_of(wish.kind_id, wish.district_id).limit(FEW_ACTIVITIES + 1).subquery()
    return db.session.scalars(select(func.count()).select_from(some)).one() <= FEW_ACTIVITIES


def _activities_of(kind_id: int, district_id: int | None) -> Select[int]:
    activities = select(Activity.id).where(Activity.kind_id == kind_id)
    if district_id is not None:
        activities = activities.where(Activity.centre_id.in_(_centres_in(district_id)))
    return activities
