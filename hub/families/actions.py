"""Make households; enter, correct and remove persons; the caller holds the transaction."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hub import audit
from hub.accounts.models import Account
from hub.db import db
from hub.families.models import Guardian, Household, Person, Sex
from hub.families.queries import my_household
from hub.families.rules import check_may_add, check_not_there


def household_of(account: Account, now: datetime, by: Account | None = None) -> Household:
    """Return the household of this account, made the first time; two tabs at once agree on one.

    `by` is the member of the staff who makes it for somebody else.
    """
    household = my_household(account)
    if household is not None:
        return household
    try:
        with db.session.begin_nested():
            household = Household(created_at=now, persons=[])
            db.session.add(household)
            db.session.flush()
            db.session.add(Guardian(account_id=account.id, household_id=household.id))
    except IntegrityError:  # the other tab was quicker: an account is a guardian once
        household = my_household(account)
        if household is None:
            raise
        return household
    made_by = by or account
    audit.record("make", household, account_id=made_by.id, household_id=household.id)
    return household


def add_person(
    account: Account,
    household: Household,
    *,
    name: str,
    birth_date: date,
    sex: Sex,
    now: datetime,
) -> Person:
    """Enter a person. Raises Refused if the household is full or has this person already."""
    persons = _locked_persons(household)
    check_not_there(persons, name, birth_date)
    check_may_add(persons)
    person = Person(
        household_id=household.id, name=name, birth_date=birth_date, sex=sex, entered_at=now
    )
    db.session.add(person)
    _record("add", person, account)
    return person


def person_like(household: Household, name: str, birth_date: date) -> Person | None:
    """Return the person of the household with this name and birth date, or None."""
    same = Person.name == name, Person.birth_date == birth_date
    return db.session.scalar(select(Person).where(Person.household_id == household.id, *same))


def change_person(
    account: Account, person: Person, *, name: str, birth_date: date, sex: Sex
) -> None:
    """Correct a person's facts. Raises Refused if that would make two of one person."""
    check_not_there(_locked_persons(person.household), name, birth_date, but=person.id)
    person.name, person.birth_date, person.sex = name, birth_date, sex
    _record("change", person, account)


def remove_person(account: Account, person: Person) -> None:
    """Remove a person; past bookings stay, without the name.

    Whether coming bookings stand in the way is asked by `hub.bookings.my_bookings.removal`, which
    knows the bookings.
    """
    _record("remove", person, account)
    db.session.delete(person)


def _locked_persons(household: Household) -> list[Person]:
    """Return the persons as they are now; others who add one wait for this transaction.

    The weaker lock, so that bookings, which only refer to the household, need not wait.
    """
    db.session.execute(
        select(Household.id).where(Household.id == household.id).with_for_update(key_share=True)
    )
    return list(db.session.scalars(select(Person).where(Person.household_id == household.id)))


def _record(act: str, person: Person, account: Account) -> None:
    db.session.flush()
    audit.record(act, person, account_id=account.id, household_id=person.household_id)
