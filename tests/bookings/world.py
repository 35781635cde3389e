"""A small world for hostile tests: three households, three slots of which two overlap, one desk."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import delete, event, select

from hub import clock
from hub.accounts.models import Account
from hub.audit import AuditEntry
from hub.bookings.draw.models import Draw, DrawEntry
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import Arrival, Booking, BookingState, Excuse
from hub.bookings.waiting_list.models import Offer, Reordering
from hub.catalogue.models import Activity, Admission, Audience, Room
from hub.db import db, transaction
from hub.families.models import Guardian
from hub.notices.models import Notice
from hub.timetable.models import Slot, SlotState
from tests.makers import (
    a_centre,
    a_child,
    a_guardian,
    a_household,
    a_room,
    a_slot,
    an_account,
    an_activity,
)

# What a message is about, by words that only it has.
TOLD = {
    "约上了": "place",
    "候补到名额了": "offer",
    "没有在时间内确认": "expired",
    "停办了": "called off",
    "名额减少": "back",
    "没摇中": "not drawn",
    "摇号就没算": "left draw",
    "没能按时摇号": "given up",
}
LIFE = (Notice, AuditEntry, Reordering, Arrival, Excuse, Offer, DrawEntry, Draw, Booking, Slot)


class Killed(BaseException):
    """The process is no more; raised where a statement, or the commit, would have been sent."""


@dataclass(frozen=True)
class Family:
    household: int
    guardians: tuple[int, ...]  # accounts
    persons: tuple[int, ...]


class World:
    """The rows around the slots, made once; `renew` begins the next life with new slots."""

    def __init__(self, app: Flask, sizes: tuple[int, ...] = (3, 2, 2, 1)) -> None:
        self.app, self.fuse = app, -1
        self.draws: dict[int, tuple[int, str]] = {}  # slot → (id, secret)
        with app.app_context():
            with transaction():
                centre = a_centre()
                activity = an_activity(centre, audience=Audience.CHILD_WITH_ADULT)
                rooms = [a_room(centre) for _ in range(3)]
                staff = an_account(name="工作人员")
                homes = [_home(persons) for persons in sizes]
                everybody = [row for home in homes for row in home]
                db.session.add_all([activity, *rooms, staff, *everybody])
                db.session.flush()
                self.activity, self.rooms = activity.id, [room.id for room in rooms]
                self.staff = staff.id
                self.families = [_family(home) for home in homes]
            self.guardians = Counter(
                db.session.scalars(select(Guardian.household_id)).all()
            )  # household → how many are told
            self.household_of = dict(
                db.session.execute(select(Guardian.account_id, Guardian.household_id)).all()
            )
            if db.engine.dialect.name == "sqlite":  # no power will fail here
                event.listen(db.engine, "connect", _hurry)
                db.engine.dispose()
            event.listen(db.engine, "before_cursor_execute", self._burn)
            event.listen(db.engine, "commit", self._burn)

    def renew(self, slots: list[dict[str, Any]]) -> list[int]:
        """Nobody has ever booked anything; new slots as given, each in a room of its own."""
        with self.app.app_context(), transaction():
            for table in LIFE:
                db.session.execute(delete(table))
            activity = db.session.get_one(Activity, self.activity)
            made = [
                a_slot(activity, room=db.session.get_one(Room, room), **given)
                for room, given in zip(self.rooms, slots, strict=False)
            ]
            db.session.add_all(made)
            promised = {"committed_at": clock.now(), "commitment": "of the secret"}
            draws = [
                Draw(slot=slot, secret=f"secret {n}", **promised)
                for n, slot in enumerate(made)
                if slot.admission is Admission.DRAW
            ]
            db.session.add_all(draws)
            db.session.flush()
            self.draws = {draw.slot_id: (draw.id, draw.secret) for draw in draws}
            return [slot.id for slot in made]

    def do(self, act: Callable[[], Any], dies_after: int = -1) -> Any:
        """One act as a request does it: wholly or not at all; it may die on the way (Killed)."""
        with self.app.test_request_context():
            try:
                with transaction():
                    self.fuse = dies_after
                    return act()
            finally:
                self.fuse = -1

    def account(self, account_id: int) -> Account:
        return db.session.get_one(Account, account_id)

    def found(self) -> "Found":
        """What is in the database now."""
        with self.app.app_context():
            numbers = _rows("numbers")
            ids = {number: booking_id for booking_id, number in numbers}
            bookings = _rows("bookings")
            lines: dict[int, list[int]] = {}
            for slot_id, booking_id in _rows("lines"):
                lines.setdefault(slot_id, []).append(booking_id)
            found = Found(
                wrong=list(inconsistencies()),
                slots=_rows("slots"),
                bookings=[(row[0], ids[row[1]], *row[2:6]) for row in bookings],
                places=[row[6] for row in bookings],
                lines=lines,
                offers=[(ids[party], *rest) for party, *rest in _rows("offers")],
                arrived=[row[0] for row in _rows("arrived")],
                excused=[row[0] for row in _rows("excused")],
                reorderings=len(_rows("reorderings")),
                notes=Counter((act, subject, of) for act, subject, of in _rows("notes")),
                told=self._told(),
            )
            db.session.rollback()
            return found

    def _told(self) -> Counter[tuple[int, str]]:
        """(household, what), each guardian of it told."""
        per_account: Counter[tuple[int, str]] = Counter()
        for text, account_id in _rows("notices"):
            [what] = [what for words, what in TOLD.items() if words in text]
            per_account[self.household_of[account_id], what] += 1
        told: Counter[tuple[int, str]] = Counter()
        for (household, what), count in per_account.items():
            each, rest = divmod(count, self.guardians[household])
            assert rest == 0, "one of the guardians was not told"
            told[household, what] = each
        return told

    def _burn(self, *_of_event: Any) -> None:
        if self.fuse < 0:
            return
        self.fuse -= 1
        if self.fuse < 0:
            raise Killed


@dataclass(frozen=True)
class Found:
    """The database, as far as it has to do with bookings."""

    wrong: list[str]  # what a recount complains of
    slots: list[Any]  # (id, capacity, for the desk, free, how many wait, is open)
    bookings: list[Any]  # (id, id of the first of the party, slot, person, state, ending)
    places: list[int]
    lines: dict[int, list[int]]  # slot → bookings, the next one first
    offers: list[Any]  # (id of the first of the party, slot, until, answer)
    arrived: list[int]
    excused: list[int]
    reorderings: int
    notes: Counter[tuple[str, str, int]]
    told: Counter[tuple[int, str]]


LOOKS = {
    "numbers": select(Booking.id, Booking.number),
    "slots": select(
        Slot.id,
        Slot.capacity,
        Slot.desk_places,
        Slot.places_left,
        Slot.waiting,
        Slot.state == SlotState.OPEN,
    ).order_by(Slot.id),
    "bookings": select(
        Booking.id,
        Booking.party,
        Booking.slot_id,
        Booking.person_id,
        Booking.state,
        Booking.ending,
        Booking.places,
    ).order_by(Booking.id),
    "lines": select(Booking.slot_id, Booking.id)
    .where(Booking.state == BookingState.WAITING)
    .order_by(Booking.slot_id, Booking.turn, Booking.id),
    "offers": select(Offer.party, Offer.slot_id, Offer.until, Offer.answer).order_by(Offer.id),
    "arrived": select(Arrival.booking_id).order_by(Arrival.booking_id),
    "excused": select(Excuse.booking_id).order_by(Excuse.booking_id),
    "reorderings": select(Reordering.id),
    "notes": select(AuditEntry.act, AuditEntry.subject, AuditEntry.subject_id),
    "notices": select(Notice.text, Notice.account_id),
}


def _hurry(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _rows(look: str) -> list[Any]:
    return list(db.session.execute(LOOKS[look]))


def _home(persons: int) -> list[Any]:
    household = a_household()
    guardians = [a_guardian(household) for _ in range(2 if persons > 2 else 1)]
    return [household, *guardians, *(a_child(household) for _ in range(persons))]


def _family(home: list[Any]) -> Family:
    household, *others = home
    guardians = [row for row in others if isinstance(row, Guardian)]
    persons = [row for row in others if not isinstance(row, Guardian)]
    return Family(
        household.id,
        tuple(guardian.account_id for guardian in guardians),
        tuple(person.id for person in persons),
    )
