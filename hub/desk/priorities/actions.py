"""Verify and remove priorities in draws; the caller holds the transaction."""

from hub.actor import Actor
from hub.audit import record
from hub.db import db
from hub.families.models import Person, Priority


def verify_priority(person: Person, group: str, by: Actor) -> None:
    """Record that the staff has seen the proof of a priority in draws."""
    priority = db.session.get(Priority, person.id) or Priority(person_id=person.id)
    priority.group, priority.verified_by_id, priority.verified_at = group, by.account_id, by.now
    db.session.add(priority)
    _record("verify_priority", person, by.account_id)


def remove_priority(person: Person, by: Actor) -> None:
    """Remove a priority that was a mistake or holds no longer."""
    priority = db.session.get(Priority, person.id)
    if priority is not None:
        db.session.delete(priority)
        _record("remove_priority", person, by.account_id)


def _record(act: str, person: Person, account_id: int | None) -> None:
    db.session.flush()
    record(act, person, account_id=account_id, household_id=person.household_id)
