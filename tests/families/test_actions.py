"""Making a household and entering its persons, with two at once."""

import itertools
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound

from hub import clock
from hub.accounts.models import Account
from hub.actor import Actor
from hub.audit import AuditEntry
from hub.bookings.models import Booking
from hub.bookings.my_bookings.removal import coming_bookings_of
from hub.bookings.single_slot.actions import book
from hub.db import db, transaction
from hub.families.actions import add_person, household_of, remove_person
from hub.families.models import Guardian, Household, Person, Sex
from hub.families.queries import my_household, my_person
from hub.families.rules import MOST_PERSONS
from hub.refusals import Refused
from hub.timetable.models import Slot
from tests.aliases import Save
from tests.cast import Cast
from tests.makers import a_slot, an_account

PRESSES = 8


@pytest.fixture
def at_once(app: Flask) -> Callable[..., list[Any]]:
    """Do something in so many requests at the same time; what each returned or raised."""

    def run(act: Callable[[], Any], times: int = PRESSES) -> list[Any]:
        barrier, results = threading.Barrier(times), []

        def press() -> None:
            with app.test_request_context():
                barrier.wait()
                try:
                    results.append(act())
                except Refused as refusal:
                    results.append(refusal)
                finally:
                    db.session.remove()

        threads = [threading.Thread(target=press) for _ in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(results) == times, "a request failed"
        return results

    return run


def counted(app: Flask, *what: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(*what)) or 0


def test_many_tabs_at_once_make_one_household(
    app: Flask, saved: Save, at_once: Callable[..., list[Any]]
) -> None:
    account_id = saved(an_account())

    def first_time() -> int:
        account = db.session.get_one(Account, account_id)
        my_household(account)  # each tab has looked, and found none
        with transaction():
            return household_of(account, clock.now()).id

    assert len(set(at_once(first_time))) == 1
    assert counted(app, Household) == counted(app, Guardian) == 1


def test_a_form_sent_many_times_enters_one_person(
    app: Flask, cast: Cast, at_once: Callable[..., list[Any]]
) -> None:
    def press() -> str:
        account = db.session.get_one(Account, cast.stranger)
        with transaction():
            household = household_of(account, clock.now())
            return add_person(
                account,
                household,
                name="阿满",
                birth_date=date(2020, 1, 1),
                sex=Sex.FEMALE,
                now=clock.now(),
            ).name

    results = at_once(press)
    assert results.count("阿满") == 1
    assert all(isinstance(result, Refused) for result in results if result != "阿满")


def test_many_at_once_do_not_overfill_a_household(
    app: Flask, cast: Cast, at_once: Callable[..., list[Any]]
) -> None:
    names = iter([f"家人{letter}" for letter in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳"])

    def press() -> str:
        account = db.session.get_one(Account, cast.mother)
        name = next(names)
        with transaction():
            household = household_of(account, clock.now())
            return add_person(
                account,
                household,
                name=name,
                birth_date=date(2020, 1, 1),
                sex=Sex.MALE,
                now=clock.now(),
            ).name

    refused = [result for result in at_once(press, 16) if isinstance(result, Refused)]
    assert len(refused) == 16 + 3 - MOST_PERSONS
    mine = Person.household_id == cast.household
    assert counted(app, select(Person).where(mine).subquery()) == MOST_PERSONS


def test_who_entered_a_person_is_written_down(app: Flask, cast: Cast) -> None:
    with app.test_request_context():
        account = db.session.get_one(Account, cast.grandmother)
        with transaction():
            household = household_of(account, clock.now())
            person = add_person(
                account,
                household,
                name="阿满",
                birth_date=date(2020, 1, 1),
                sex=Sex.FEMALE,
                now=clock.now(),
            )
        entry = db.session.scalars(select(AuditEntry)).one()
        assert (entry.act, entry.subject, entry.subject_id) == ("add", "person", person.id)
        assert (entry.account_id, entry.household_id) == (cast.grandmother, cast.household)
        assert "阿满" not in entry.detail


def test_a_person_is_never_removed_from_under_a_booking(
    app: Flask, cast: Cast, saved: Save, at_once: Callable[..., list[Any]]
) -> None:
    slot_id = saved(a_slot())
    presses = itertools.count()

    def press() -> str:
        removes = next(presses) % 2
        account = db.session.get_one(Account, cast.mother)
        try:
            with transaction():
                person = my_person(account, cast.xiaoman, lock=True)
                if removes and not coming_bookings_of(person, clock.now()):
                    remove_person(account, person)
                elif not removes:
                    slot = db.session.get_one(Slot, slot_id)
                    book(slot, person, by=Actor(account.id, clock.now()))
        except NotFound:
            return "gone"
        return "done"

    at_once(press)
    with app.app_context():
        booked = db.session.scalar(select(func.count(Booking.id)))
        assert booked == (1 if db.session.get(Person, cast.xiaoman) else 0)
