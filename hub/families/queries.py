"""Who is in a household: everything is found only among what the account looks after."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from flask import abort
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from hub.accounts.models import Account
from hub.column_rows import Reading
from hub.db import db
from hub.families.models import Guardian, Household, Person

SEEN = Reading(Household, persons=Reading(Person))


def my_household(account: Account) -> Household | None:
    """Return the household of this account, its persons in the order they were entered, or None."""
    found = db.session.scalars(_household_of(), {"account_id": account.id})
    return found.unique().one_or_none()


def households_with(phones: Collection[str]) -> dict[str, Household]:
    """Return the households of guardians with these phones (+86…), by phone, persons loaded."""
    guardians = (
        select(Account.phone, Household)
        .join(Guardian, Guardian.account_id == Account.id)
        .join(Guardian.household)
        .where(Account.phone.in_(phones))
        .options(joinedload(Household.persons))
        .execution_options(populate_existing=True)
    )
    return {row[0]: row[1] for row in db.session.execute(guardians).unique()}


def my_person(account: Account, person_id: int, *, lock: bool = False) -> Person:
    """Return a person of the account's household; else 404.

    With `lock`, others who lock the same person wait until this transaction ends, so that two
    bookings of one person, or a booking and a removal, follow each other.
    """
    mine = (
        select(Person)
        .join(Guardian, Guardian.household_id == Person.household_id)
        .where(Guardian.account_id == account.id, Person.id == person_id)
    )
    if lock:
        mine = mine.with_for_update(of=Person)
    return db.session.scalars(mine).one_or_none() or abort(404)


def locked_person(person_id: int) -> Person:
    """Lock a person of whatever household, and return them as they are now; else 404.

    For the staff, who found the person by a booking of their centre.
    """
    found = select(Person).where(Person.id == person_id).with_for_update(of=Person)
    fresh = db.session.scalars(found, execution_options={"populate_existing": True})
    return fresh.one_or_none() or abort(404)


def visitors_household(visitor: Any) -> Household | None:
    """Return the visitor's household, read-only; None for strangers and those without one."""
    if not visitor.is_authenticated:
        return None
    found = SEEN.rows(_household_seen(), account_id=visitor.id)
    return found[0] if found else None


def my_persons(account: Account, person_ids: Sequence[int], *, lock: bool = False) -> list[Person]:
    """Return persons of the account's household in the order they were entered; else 404.

    With `lock` the household is locked: others who book or remove for it meanwhile wait until this
    transaction ends, so that quotas are counted one booking after the other.
    """
    wanted = {"account_id": account.id, "person_ids": person_ids}
    persons = list(db.session.scalars(_persons_of(lock=lock), wanted))
    return persons if len(persons) == len(set(person_ids)) > 0 else abort(404)


@cache
def _persons_of(*, lock: bool) -> Select[Person]:
    """Build the query once: everybody who books at the same moment waits for it."""
    mine = (
        select(Person)
        .join(Person.household)
        .join(Guardian, Guardian.household_id == Household.id)
        .where(
            Guardian.account_id == bindparam("account_id"),
            Person.id.in_(bindparam("person_ids", expanding=True)),
        )
        .order_by(Person.id)
    )
    # Not FOR UPDATE: a place that is offered to them meanwhile refers to the household's row.
    return mine.with_for_update(of=(Household, Person), key_share=True) if lock else mine


@cache
def _household_seen() -> Select[*tuple[Any, ...]]:
    """Build the query once: nearly every page of a signed-in visitor asks it."""
    mine = Guardian.account_id == bindparam("account_id")
    households = SEEN.select().join(Guardian, Guardian.household_id == Household.id)
    return households.where(mine).order_by(Person.id)


@cache
def _household_of() -> Select[Household]:
    return (
        select(Household)
        .join(Guardian, Guardian.household_id == Household.id)
        .where(Guardian.account_id == bindparam("account_id"))
        .options(joinedload(Household.persons))
        .execution_options(populate_existing=True)  # persons entered a moment ago are among them
    )
