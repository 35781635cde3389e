"""Everything at once, in threads and in processes: never a place too many, nobody passed over.

HUB_DEEP=1 runs hundreds of rounds instead of a few.
"""

import itertools
import multiprocessing
import os
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from hub import clock
from hub.actor import Actor
from hub.audit import AuditEntry
from hub.bookings import eligibility, queries, rules
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import Booking, BookingState
from hub.bookings.single_slot import actions
from hub.bookings.single_slot.actions import book, cancel
from hub.bookings.waiting_list import actions as waiting_list
from hub.bookings.waiting_list.models import Offer, Reordering
from hub.catalogue.models import Activity
from hub.db import db, transaction
from hub.families.models import Guardian, Person
from hub.families.queries import my_persons
from hub.notices.models import Notice
from hub.timetable.models import Slot
from tests.at_once import at_once
from tests.bookings.crowd import Log, Task, crowd, run
from tests.makers import (
    a_booking,
    a_centre,
    a_child,
    a_guardian,
    a_household,
    a_slot,
    an_activity,
    staff_of,
    tomorrow,
)

ROUNDS = 150 if os.environ.get("HUB_DEEP") else 2
THREADS, PROCESSES, ACTS = 4, 2, 20
# In many rounds everything succeeds some time; in two, who is quicker decides what does.
ALL = {"book", "cancel", "answer", "expire", "move", "move_up", "resize", "restore"}
WHAT_HAPPENS = ALL if os.environ.get("HUB_DEEP") else {"book"}
SIZES = (1, 2, 3, 1, 2, 1, 1, 2)  # persons of each household


@pytest.fixture
def a_task(app: Flask, database_url: str) -> Callable[[int], Task]:
    """A new round: three slots of one activity, with few places, and the same families."""
    with app.app_context():
        centre = a_centre()
        homes = [a_household() for _ in SIZES]
        guardians = [a_guardian(home) for home in homes]
        children = [
            [a_child(home) for _ in range(size)] for home, size in zip(homes, SIZES, strict=True)
        ]
        activity = an_activity(centre, waiting_limit=12)
        rows = [centre, activity, *guardians, *itertools.chain(*children)]
        db.session.add_all(rows)
        db.session.flush()
        staff = staff_of(centre)
        db.session.add(staff)
        db.session.commit()
        families = tuple(
            (guardian.account_id, tuple(child.id for child in of_home))
            for guardian, of_home in zip(guardians, children, strict=True)
        )
        activity_id, staff_id = activity.id, staff.id

    def make(seed: int) -> Task:
        with app.app_context():
            for table in (Notice, AuditEntry, Reordering, Offer, Booking, Slot):
                db.session.execute(delete(table))
            activity = db.session.get_one(Activity, activity_id)
            slots = [
                a_slot(activity, starts_at=tomorrow(hour), capacity=3, smaller_first=seed % 3 > 0)
                for hour in (9, 13, 17)  # apart, so that one can move from each to each
            ]
            slots[0].desk_places, slots[0].places_left = 1, 2
            db.session.add_all(slots)
            db.session.commit()
            ids = tuple(slot.id for slot in slots)
        return Task(database_url, seed, THREADS, ACTS, ids, families, staff_id, clock.now())

    return make


def test_a_crowd_in_threads_leaves_everything_in_order(
    app: Flask, a_task: Callable[[int], Task]
) -> None:
    done: Counter[str] = Counter()
    for seed in range(ROUNDS):
        task, log = a_task(seed), Log()
        crowd(app, task, log)
        check(app, task, [log])
        done.update(log.done)
    assert {act for act, times in done.items() if times} >= WHAT_HAPPENS, "the crowd is too tame"


def test_a_crowd_in_several_processes_leaves_everything_in_order(
    app: Flask, a_task: Callable[[int], Task]
) -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=spawn) as processes:
        for seed in range(ROUNDS):
            task = a_task(seed)
            tasks = [replace(task, seed=seed * PROCESSES + n, threads=2) for n in range(PROCESSES)]
            check(app, task, list(processes.map(run, tasks)))


def check(app: Flask, task: Task, logs: list[Log]) -> None:
    """What holds after every round: no fault, all adds up, all acknowledged, nobody passed over."""
    assert [fault for log in logs for fault in log.faults] == []
    with app.app_context():
        assert list(inconsistencies()) == []
        numbers = set(db.session.scalars(select(Booking.number)))
        assert {number for log in logs for number in log.made} <= numbers
        written = select(func.count(AuditEntry.id)).where(AuditEntry.act.in_(("book", "move")))
        assert db.session.scalar(written) == len(numbers), "each booking has its entry"
        for slot in db.session.scalars(select(Slot).where(Slot.id.in_(task.slots))):
            assert not _passed_over(slot), f"somebody who fits waits for {slot.places_left} places"
        assert _without_message() == []


def _passed_over(slot: Slot) -> list[str]:
    """The parties that wait though they fit and it is their turn."""
    parties: dict[str, int] = defaultdict(int)
    waiting = Booking.slot_id == slot.id, Booking.state == BookingState.WAITING
    in_line = select(Booking).where(*waiting).order_by(Booking.turn, Booking.id)
    for booking in db.session.scalars(in_line):
        parties[booking.party] += booking.places
    asked = set(db.session.scalars(select(Offer.party).where(Offer.answered_at.is_(None))))
    turns = [(party, places) for party, places in parties.items() if party not in asked]
    if not slot.smaller_first:
        turns = turns[:1]
    return [party for party, places in turns if places <= slot.places_left and slot.is_open]


def _without_message() -> list[int]:
    """Offers nobody was told of."""
    texts = " ".join(db.session.scalars(select(Notice.text)))
    offers = db.session.scalars(select(Offer))
    return [offer.id for offer in offers if offer.token not in texts]


class TestQuotas:
    """Two guardians of one family book different slots of the same week at the same moment."""

    @pytest.mark.parametrize("quota", ["person_per_week", "household_per_week"])
    def test_are_kept_when_both_press_at_once(self, app: Flask, quota: str) -> None:
        for _ in range(ROUNDS):
            slots, accounts, persons = _a_family_and_two_slots(app, quota)
            acts = [
                _book(slot, account, person)
                for slot, account, person in zip(slots, accounts, persons, strict=True)
            ]
            assert at_once(app, acts) == {"confirmed": 1, "refused": 1}

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_are_not_kept_without_the_lock_of_the_household(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slots, accounts, persons = _a_family_and_two_slots(app, "household_per_week")
        both_looked = threading.Barrier(2)

        def look(*facts: Any) -> Any:
            kept = queries.bookings_of_household(*facts)
            both_looked.wait(timeout=60)
            return kept

        monkeypatch.setattr(eligibility, "bookings_of_household", look)
        acts = [
            _book(slot, account, person, lock=False)
            for slot, account, person in zip(slots, accounts, persons, strict=True)
        ]
        assert at_once(app, acts) == {"confirmed": 2}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestWithoutTheGuards:
    """The harness sees what each guard prevents; SQLite lets one writer in at a time anyway."""

    def test_without_the_lock_of_the_slot_two_cancellations_free_two_places(
        self, app: Flask, a_task: Callable[[int], Task], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task = a_task(0)
        booking_id = _held(app, task, BookingState.CONFIRMED)
        both_looked = threading.Barrier(2)
        monkeypatch.setattr(actions, "lock_slots", lambda *_slots: None)
        monkeypatch.setattr(rules, "check_may_cancel", lambda *_facts: both_looked.wait(timeout=60))

        def give_up() -> str:
            with transaction():
                booking = db.session.get_one(Booking, booking_id)
                return str(cancel(booking, by=Actor(task.staff, task.now)))

        assert at_once(app, [give_up, give_up]) == {"True": 2}
        with app.app_context():
            assert list(inconsistencies()) != []

    def test_without_the_claim_an_offer_is_declined_and_expires(
        self, app: Flask, a_task: Callable[[int], Task], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task = a_task(0)
        _held(app, task, BookingState.OFFERED)
        both_looked = threading.Barrier(2)

        def answer(*_of_offer: Any) -> bool:
            both_looked.wait(timeout=60)
            return True

        monkeypatch.setattr(waiting_list, "lock_slots", lambda *_slots: None)
        monkeypatch.setattr(waiting_list, "_answer", answer)

        def decline() -> str:
            with transaction():
                offer = db.session.scalars(select(Offer)).one()
                return str(waiting_list.decline(offer, by=Actor(None, task.now)))

        def expire() -> str:
            with transaction():
                offer = db.session.scalars(select(Offer)).one()
                return str(waiting_list.expire(offer, now=offer.until))

        at_once(app, [decline, expire])
        with app.app_context():
            assert list(inconsistencies()) != []


def _held(app: Flask, task: Task, state: BookingState) -> int:
    """A booking that holds one of the three places of the second slot; another holds one too."""
    with app.app_context():
        slot = db.session.get_one(Slot, task.slots[1])
        slot.places_left -= 2
        booking, other = (
            a_booking(slot, db.session.get_one(Person, persons[0]), state=kind)
            for (_account, persons), kind in zip(
                task.families, (state, BookingState.CONFIRMED), strict=False
            )
        )
        db.session.add_all([booking, other])
        db.session.flush()
        if state is BookingState.OFFERED:
            db.session.add(
                Offer(
                    party=booking.party,
                    slot=slot,
                    household_id=booking.household_id,
                    token="a token",
                    made_at=task.now,
                    until=task.now + timedelta(hours=1),
                )
            )
        db.session.commit()
        return booking.id


def _a_family_and_two_slots(app: Flask, quota: str) -> tuple[list[int], list[int], list[int]]:
    """Two slots of the same kind, apart in time; two guardians; whom each books for."""
    with app.app_context():
        home = a_household()
        guardians = [a_guardian(home), a_guardian(home)]
        children = [a_child(home), a_child(home)]
        limit: dict[str, Any] = {quota: 1}
        activity = an_activity(**limit)
        slots = [a_slot(activity, starts_at=tomorrow(hour), **limit) for hour in (9, 14)]
        db.session.add_all([*guardians, *children, *slots])
        db.session.commit()
        booked_for = (
            [children[0].id] * 2 if quota == "person_per_week" else [one.id for one in children]
        )
        return [slot.id for slot in slots], [one.account_id for one in guardians], booked_for


def _book(slot_id: int, account_id: int, person_id: int, *, lock: bool = True) -> Callable[[], str]:
    def act() -> str:
        with transaction():
            account = db.session.get_one(Guardian, account_id).account
            [person] = my_persons(account, [person_id], lock=lock)
            slot = queries.slot_or_404(slot_id)
            return book(slot, person, by=Actor(account_id, clock.now())).state.value

    return act
