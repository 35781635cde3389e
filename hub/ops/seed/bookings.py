"""The demo's bookings: what the resident and the neighbours have booked, by the real `book`."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import TypeVarTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from hub import clock, text
from hub.actor import Actor
from hub.bookings.models import LIVE, Booking
from hub.bookings.single_slot.actions import book
from hub.catalogue.models import Admission
from hub.db import db
from hub.families.models import Person
from hub.ops.seed import people
from hub.ops.seed.weeks import Key
from hub.timetable import age_limits
from hub.timetable.models import Slot, SlotState

AHEAD = timedelta(days=6)  # every slot of a week may have some bookings …
BUSY_AT_HOME = timedelta(days=2)  # … but many only these days at the centre whose desk one can try
BUSY = timedelta(days=1)  # … and today and tomorrow at the others
FULL = 0.2  # how many of the slots are full, with some waiting …
ALWAYS_FULL = "亲子绘本故事会"  # … and this one at home, so that there is a waiting list every day
LONGEST_MEMORY = timedelta(days=10)  # bookings are made in the last ten days
KNOWN_BY = (Slot.id, Slot.centre_id, Slot.room_id, Slot.starts_at)

# Who of the resident's household takes part in what; the last one is a turn on a waiting list.
PAST_WISHES = (("小满", "儿童画室"), ("朵朵", "亲子绘本故事会"))
WISHES = (("朵朵", "亲子绘本故事会"), ("小满", "放学后托管"), ("江女士", "手工编织小课"))
WAITING_WISHES = (("小满", "儿童画室"), ("小满", "小小科学家"), ("江女士", "手机拍照与短视频入门"))
CALLED_OFF = (
    (0, "八段锦晨练", "吴老师感冒了，明天照常。"),
    (3, "亲子绘本故事会", "阅读区换灯，停一次。"),
)

Row = TypeVarTuple("Row")


class Diary:
    """When each person is somewhere, so that nobody is asked to be in two places."""

    def __init__(self, since: datetime) -> None:
        self._spans: dict[int | None, list[tuple[datetime, datetime]]] = defaultdict(list)
        live = Booking.state.in_(LIVE), Booking.ends_at > since
        times = select(Booking.person_id, Booking.starts_at, Booking.ends_at).where(*live)
        for person_id, starts_at, ends_at in db.session.execute(times):
            self._spans[person_id].append((starts_at, ends_at))

    def is_free(self, person: Person, slot: Slot) -> bool:
        spans = self._spans[person.id]
        return all(begins >= slot.ends_at or ends <= slot.starts_at for begins, ends in spans)

    def note(self, person: Person, slot: Slot) -> None:
        self._spans[person.id].append((slot.starts_at, slot.ends_at))


@dataclass(frozen=True)
class Span:
    """The time in which a slot's bookings are made."""

    first: datetime
    last: datetime

    @classmethod
    def of(cls, slot: Slot, now: datetime) -> "Span | None":
        last = min(now, slot.closes_at, slot.starts_at) - timedelta(minutes=1)
        first = max(slot.opens_at, last - LONGEST_MEMORY)
        return cls(first, last) if first < last else None

    def moments(self, number: int, chance: Random) -> list[datetime]:
        seconds = int((self.last - self.first).total_seconds())
        return sorted(
            self.first + timedelta(seconds=chance.randrange(seconds)) for _ in range(number)
        )


def call_some_off(home_id: int, today: date) -> None:
    """Let two slots of the centre not take place; nobody has booked them yet."""
    for days_on, title, reason in CALLED_OFF:
        begin, _end = clock.day_bounds(today + timedelta(days=days_on))
        for slot in _slots(begin, home_id):
            if slot.activity.title == title:
                slot.state, slot.called_off_reason = SlotState.CALLED_OFF, reason
                break
    db.session.flush()


def book_for_resident(home_id: int, now: datetime) -> None:
    """Give the resident some past and some coming bookings."""
    midnight = clock.at(clock.local(now).date(), time.min)
    coming = [slot for slot in _slots(midnight, home_id) if slot.starts_at > now]
    past = [slot for slot in _slots(midnight - timedelta(days=7), home_id) if slot.ends_at < now]
    _book_wishes(WISHES, coming, now)
    _book_wishes(PAST_WISHES, past, now)


def let_resident_wait(home_id: int, now: datetime) -> None:
    """Put the resident on the waiting list of a slot that is full."""
    coming = _slots(now, home_id)
    full = [slot for slot in coming if slot.places_left == 0 and slot.starts_at > now]
    for wish in WAITING_WISHES:
        if _book_wishes([wish], full, now):
            return


def fill(planned: set[Key], home_id: int, now: datetime) -> int:
    """Let as many neighbours as want to book the slots of this week; return how many did.

    How many want to come to a slot is the same in every run and on every machine, and those who
    have cancelled do not come again. A slot that the staff has made is left to those who try it.
    """
    today = clock.local(now).date()
    begin = clock.at(today, time.min)
    _start, end = clock.day_bounds(today + AHEAD)
    _start, busy_at_home = clock.day_bounds(today + BUSY_AT_HOME)
    _start, busy = clock.day_bounds(today + BUSY)
    diary, neighbours = Diary(begin), people.neighbours()
    booked = _booked_by({account_id for _person, account_id in neighbours}, begin)
    made = 0
    # One slot in memory at a time: `book` compares its UPDATE with every slot that is loaded.
    of_draws_apart = select(*KNOWN_BY).where(Slot.admission == Admission.FIRST_COME)
    for row in db.session.execute(_in_order(of_draws_apart, begin)).all():
        is_home = row.centre_id == home_id
        is_busy = row.starts_at < (busy_at_home if is_home else busy)
        if row.starts_at >= end or (row.room_id, row.starts_at) not in planned:
            continue
        slot = db.session.get_one(Slot, row.id, options=[joinedload(Slot.activity)])
        chance = Random(f"{slot.activity.title} {slot.centre_id} {slot.starts_at}")  # noqa: S311 – a demo
        wanted = _wanted(slot, is_home, chance) if is_busy else chance.randint(0, 2)
        missing = min(wanted - booked[slot.id], _places(slot))
        if missing > 0:
            made += _fill(slot, missing, neighbours, diary, chance, now)
    return made


def _fill(
    slot: Slot,
    missing: int,
    neighbours: Sequence[tuple[Person, int]],
    diary: Diary,
    chance: Random,
    now: datetime,
) -> int:
    span = Span.of(slot, now)
    fitting = [
        (person, account_id)
        for person, account_id in neighbours
        if fits(person, slot) and diary.is_free(person, slot)
    ]
    chance.shuffle(fitting)
    chosen = fitting[:missing] if span else []
    moments = span.moments(len(chosen), chance) if span else []
    for (person, account_id), moment in zip(chosen, moments, strict=True):
        book(slot, person, by=Actor(account_id, moment))
        diary.note(person, slot)
    return len(chosen)


def _wanted(slot: Slot, is_home: bool, chance: Random) -> int:
    """How many want to come: some slots are full with a few waiting, some nearly empty."""
    if chance.random() < FULL or (is_home and slot.activity.title == ALWAYS_FULL):
        return slot.capacity + min(slot.waiting_limit, chance.randint(1, 3))
    share = chance.uniform(0.2, 0.8) if is_home else chance.uniform(0.0, 0.4)
    return round(slot.capacity * share)


def _book_wishes(wishes: Iterable[tuple[str, str]], slots: Sequence[Slot], now: datetime) -> int:
    account, household = people.resident()
    by_name = {person.name: person for person in household}
    diary = Diary(now - timedelta(days=14))
    made = 0
    for name, title in wishes:
        person = by_name.get(name)
        for slot in slots:
            span = Span.of(slot, now)
            if not (account and person and span) or slot.activity.title != title:
                continue
            if fits(person, slot) and diary.is_free(person, slot):
                book(slot, person, by=Actor(account.id, span.last))
                diary.note(person, slot)
                made += 1
                break
    return made


def fits(person: Person, slot: Slot) -> bool:
    """Whether the slot is for somebody of this age."""
    months = text.months_old(person.birth_date, clock.local(slot.starts_at).date())
    return age_limits.fits(slot, age_limits.Ages(months, months))


def _booked_by(account_ids: set[int], since: datetime) -> Counter[int]:
    """Return how often these have booked each slot since then, if only to cancel again."""
    mine = Booking.made_by_id.in_(account_ids), Booking.starts_at >= since
    return Counter(db.session.scalars(select(Booking.slot_id).where(*mine)))


def _places(slot: Slot) -> int:
    """How many can still book, those who would wait included."""
    return slot.places_left + slot.waiting_limit - slot.waiting


def _slots(since: datetime, centre_id: int) -> list[Slot]:
    """The open slots of a centre in the two weeks from then on, in order."""
    here = select(Slot).where(Slot.centre_id == centre_id).options(joinedload(Slot.activity))
    return list(db.session.scalars(_in_order(here, since)))


def _in_order(query: Select[*Row], since: datetime) -> Select[*Row]:
    until = since + timedelta(days=14)
    during = Slot.starts_at >= since, Slot.starts_at < until, Slot.state == SlotState.OPEN
    return query.where(*during).order_by(Slot.starts_at, Slot.id)
