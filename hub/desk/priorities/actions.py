"""Verifying and removing a priority; the caller holds the transaction."""

from hub.actor import Actor
from hub.audit import record
from hub.db import db
from hub.families.models import Person, Priority


def verify_priority(person: Person, group: str, by: Actor) -> None:
    """The staff has seen the proof that a person goes first in a draw."""
    priority = db.session.get(Priority, person.id) or Priority(person_id=person.id)
    priority.group, priority.verified_by_id, priority.verified_at = group, by.account_id, by.now
    db.session.add(priority)
    _note("verify_priority", person, by.account_id)


def remove_priority(person: Person, by: Actor) -> None:
    """It was a mistake, or holds no longer."""
    priority = db.session.get(Priority, person.id)
    if priority is not None:
        db.session.delete(priority)
        _note("remove_priority", person, by.account_id)


def _note(act: str, person: Person, account_id: int | None) -> None:
    db.session.flush()
    record(act, person, account_id=account_id, household_id=person.household_id)
