"""A crowd that does everything at once, in threads and in processes of its own.

`run` is started by multiprocessing in a new interpreter: it knows only a database's address.
"""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError

from hub import create_app
from hub.actor import Actor, Channel
from hub.bookings.models import LIVE, Booking, BookingState
from hub.bookings.single_slot.actions import book_party, cancel, move
from hub.bookings.slot_changes.actions import call_off, change_capacity, restore
from hub.bookings.waiting_list import actions as waiting_list
from hub.bookings.waiting_list.models import Offer
from hub.db import db, transaction
from hub.families.models import Guardian, Person
from hub.families.queries import my_persons
from hub.refusals import Refused
from hub.timetable.models import Slot
from tests.conftest import settings


@dataclass(frozen=True)
class Task:
    """What one process does: so many acts in so many threads, on these slots, for these people."""

    database_url: str
    seed: int
    threads: int
    acts: int
    slots: tuple[int, ...]
    families: tuple[tuple[int, tuple[int, ...]], ...]  # (account, its persons)
    staff: int
    now: datetime


@dataclass
class Log:
    """What was acknowledged: the bookings made, the acts done, and whatever must not happen."""

    made: list[str] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    faults: list[str] = field(default_factory=list)


def run(task: Task) -> Log:
    """Do a task in this process."""
    app = create_app(settings(task.database_url))
    log = Log()
    crowd(app, task, log)
    with app.app_context():
        db.engine.dispose()
    return log


def crowd(app: Flask, task: Task, log: Log) -> None:
    """Do a task in threads of this process."""
    start = threading.Barrier(task.threads)

    def somebody(number: int) -> None:
        with app.test_request_context():
            start.wait(timeout=60)
            one = Somebody(task, random.Random(f"{task.seed} {number}"), log)  # noqa: S311 – a dice
            for _ in range(task.acts):
                one.act()
                db.session.remove()

    threads = [threading.Thread(target=somebody, args=(n,)) for n in range(task.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
        if thread.is_alive():
            log.faults.append("a thread hangs")


class Somebody:
    """One thread: a family, the desk, a manager or the clock, as chance wants."""

    def __init__(self, task: Task, chance: random.Random, log: Log) -> None:
        self.task, self.chance, self.log = task, chance, log
        self.now, self.staff = task.now, task.staff
        self.acts: tuple[tuple[int, Callable[[], object]], ...] = (
            (30, self.book),
            (14, self.cancel),
            (14, self.answer),
            (6, self.expire),
            (8, self.move),
            (6, self.move_up),
            (8, self.resize),
            (6, self.restore),
            (1, self.call_off),
        )

    def act(self) -> None:
        weights = [weight for weight, _act in self.acts]
        (_weight, act) = self.chance.choices(self.acts, weights)[0]
        try:
            with transaction():
                made = act()
        except Refused:
            self.log.refused += 1
        except IntegrityError as error:
            if "deadlock" in str(error.orig).lower():
                self.log.faults.append(f"{act.__name__}: {error.orig}")
            self.log.refused += 1
        except Exception as error:
            self.log.faults.append(f"{act.__name__}: {type(error).__name__}: {error}")
        else:
            name = act.__name__
            self.log.done[name] = self.log.done.get(name, 0) + bool(made)
            self.log.made += made if isinstance(made, list) else []

    def book(self) -> list[str]:
        account_id, persons = self.chance.choice(self.task.families)
        many = self.chance.randint(1, len(persons))
        account = db.session.get_one(Guardian, account_id).account
        mine = my_persons(account, self.chance.sample(persons, many), lock=True)
        by_desk = self.chance.random() < 0.2
        booked = book_party(
            self._slot(),
            mine,
            by=Actor(account_id, self.now, channel=Channel.DESK if by_desk else Channel.WEB),
        )
        return [booking.number for booking in booked]

    def cancel(self) -> bool:
        booking = self._one(Booking.state.in_(LIVE))
        return bool(booking and cancel(booking, by=Actor(self.staff, self.now)))

    def answer(self) -> bool:
        offer = self._offer()
        say = waiting_list.accept if self.chance.random() < 0.6 else waiting_list.decline
        return bool(offer and say(offer, by=Actor(None, self.now)))

    def expire(self) -> bool:
        offer = self._offer()
        return bool(offer and waiting_list.expire(offer, now=offer.until + timedelta(seconds=1)))

    def move(self) -> list[str]:
        booking = self._one(Booking.state == BookingState.CONFIRMED)
        if booking is None:
            return []
        return [move(booking, self._slot(), by=Actor(self.staff, self.now)).number]

    def move_up(self) -> bool:
        booking = self._one(Booking.state == BookingState.WAITING)
        return bool(booking and waiting_list.move_up(booking, "急", by=Actor(self.staff, self.now)))

    def resize(self) -> bool:
        slot = self._slot()
        to_waiting_list = []
        if self.chance.random() < 0.3 and (one := self._one(Booking.slot_id == slot.id)):
            to_waiting_list = [one]
        capacity = max(1, slot.capacity + self.chance.choice((-1, 1)))
        change_capacity(
            slot, capacity, by=Actor(self.staff, self.now), to_waiting_list=to_waiting_list
        )
        return True

    def restore(self) -> bool:
        booking = self._one(Booking.state == BookingState.CANCELLED)
        if booking is None:
            return False
        restore(booking, by=Actor(self.staff, self.now))
        return True

    def call_off(self) -> bool:
        slot = db.session.get_one(Slot, self.task.slots[-1])
        return call_off(slot, "停水", by=Actor(self.staff, self.now))

    def _slot(self) -> Slot:
        return db.session.get_one(Slot, self.chance.choice(self.task.slots))

    def _one(self, which: ColumnElement[bool]) -> Booking | None:
        some = select(Booking).where(Booking.slot_id.in_(self.task.slots), which)
        count = db.session.scalar(some.with_only_columns(func.count(Booking.id))) or 0
        skip = self.chance.randrange(count) if count else 0
        return db.session.scalars(some.order_by(Booking.id).offset(skip).limit(1)).first()

    def _offer(self) -> Offer | None:
        still_open = select(Offer).where(Offer.answered_at.is_(None)).order_by(Offer.id)
        offers: Sequence[Offer] = db.session.scalars(still_open).all()
        return self.chance.choice(offers) if offers else None


def persons_of(household_id: int) -> tuple[int, ...]:
    """The ids of a household's persons."""
    mine = select(Person.id).where(Person.household_id == household_id).order_by(Person.id)
    return tuple(db.session.scalars(mine))
