"""Slots, found by place, day, kind and age, with everything that a card of them shows loaded.

A city has about forty thousand slots a day, so each search here begins at an index: the slots
of some centres, or all, from one instant on, in the order in which they are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import joinedload

from hub import clock
from hub.catalogue.models import Activity, Audience, Centre
from hub.db import db
from hub.timetable.models import Slot, SlotState
from hub.timetable.rules import Ages, weekend

SLOTS_ON_A_PAGE = 20
SLOTS_AT_A_GLANCE = 6
DAYS_AHEAD = 28  # a search for what there hardly is ends here, and does not read the whole table


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
    """What the home page shows: a few slots of today, else of the next day, and of the weekend."""

    day: date | None  # of `slots`; None when there are none for weeks
    slots: Sequence[Slot]
    weekend_from: date | None  # the first day of it that is not shown already, if one is left
    weekend_slots: Sequence[Slot]


def slots_for_cards() -> Select[Slot]:
    """Slots with what a card shows.

    Outer joins, though there is always a row to join: they leave it to the slot's own index to
    begin, where an inner join tempts the database to read all the activities first.
    """
    return select(Slot).options(
        joinedload(Slot.activity).joinedload(Activity.kind),
        joinedload(Slot.centre),
    )


def slots_with_everything() -> Select[Slot]:
    """Slots with what a page of its own shows: room, lead and district too."""
    return slots_for_cards().options(
        joinedload(Slot.centre).joinedload(Centre.district),
        joinedload(Slot.room),
        joinedload(Slot.lead),
    )


def find_slots(wish: Wish, now: datetime, page_number: int) -> tuple[Sequence[Slot], bool]:
    """One page of the slots that take place and have not begun, and whether there are more."""
    first = (page_number - 1) * SLOTS_ON_A_PAGE
    found = found_by(wish, now).offset(first).limit(SLOTS_ON_A_PAGE + 1)
    rows = db.session.scalars(found).all()
    return rows[:SLOTS_ON_A_PAGE], len(rows) > SLOTS_ON_A_PAGE


def at_a_glance(district_id: int | None, now: datetime) -> Glance:
    """The next few slots with places: of today (else of the next day that has any), and of the
    coming weekend. On a weekend the weekend is what is left of it after today."""
    today = clock.local(now).date()
    day: date | None = today
    slots = _with_places(district_id, today, today, now)
    if not slots:
        tomorrow = today + timedelta(days=1)
        ahead = _with_places(district_id, tomorrow, today + timedelta(days=DAYS_AHEAD), now)
        day = clock.local(ahead[0].starts_at).date() if ahead else None
        slots = [slot for slot in ahead if clock.local(slot.starts_at).date() == day]
    saturday, sunday = weekend(today)
    rest = max(saturday, (day or today) + timedelta(days=1))
    if rest > sunday:
        return Glance(day, slots, None, ())
    return Glance(day, slots, rest, _with_places(district_id, rest, sunday, now))


def slots_of_centre(centre_id: int, first: datetime, last: datetime) -> Sequence[Slot]:
    """All slots of a centre that begin in these hours; a called-off one stays in sight."""
    here = _between(slots_for_cards(), first, last).where(Slot.centre_id == centre_id)
    return db.session.scalars(here.order_by(Slot.starts_at, Slot.id)).all()


def found_by(wish: Wish, now: datetime) -> Select[Slot]:
    """The slots that answer a wish, soonest first."""
    today = clock.local(now).date()
    last_day = today + timedelta(days=DAYS_AHEAD)
    bounds = clock.day_bounds(wish.day or today, wish.day or last_day)
    return _narrowed(_between(slots_for_cards(), *bounds), wish, now)


def _with_places(district_id: int | None, first: date, last: date, now: datetime) -> Sequence[Slot]:
    """The next few slots of these days that can be booked and have places."""
    wish = Wish(district_id=district_id, only_places=True)
    within = _narrowed(_between(slots_for_cards(), *clock.day_bounds(first, last)), wish, now)
    return db.session.scalars(within.limit(SLOTS_AT_A_GLANCE)).all()


def _between(slots: Select[Slot], first: datetime, last: datetime) -> Select[Slot]:
    return slots.where(Slot.starts_at >= first, Slot.starts_at < last)


def _narrowed(slots: Select[Slot], wish: Wish, now: datetime) -> Select[Slot]:
    """Of these slots those that answer the wish and have not begun, soonest first."""
    slots = slots.where(Slot.state == SlotState.OPEN, Slot.starts_at > now)
    if wish.district_id is not None:
        centres = select(Centre.id).where(Centre.district_id == wish.district_id)
        slots = slots.where(Slot.centre_id.in_(centres))
    if wish.kind_id is not None:
        of_kind = Activity.id == Slot.activity_id, Activity.kind_id == wish.kind_id
        slots = slots.where(exists().where(*of_kind))
    if wish.ages is not None:
        slots = _that_fit(slots, wish.ages)
    if wish.only_places:
        slots = slots.where(Slot.places_left > 0, Slot.closes_at > now)
    return slots.order_by(Slot.starts_at, Slot.id)


def _that_fit(slots: Select[Slot], ages: Ages) -> Select[Slot]:
    """The same as rules.fits, in the words of the database."""
    is_adult = Slot.audience == Audience.ADULT
    return slots.where(
        is_adult if ages.is_adult else ~is_adult,
        or_(Slot.youngest_months.is_(None), Slot.youngest_months <= ages.last),
        or_(Slot.oldest_months.is_(None), Slot.oldest_months >= ages.first),
    )
