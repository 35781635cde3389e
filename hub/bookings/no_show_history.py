"""What somebody missed, whom taking her out of the family and entering her again does not clear."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select

from hub.audit import AuditEntry
from hub.bookings.household_limits import Kept
from hub.db import db
from hub.families.models import Person


def missed_by(person: Person, kept: Sequence[Kept]) -> list[Kept]:
    """Her no-shows, and those of whoever has been taken out, from before she was entered.

    Nobody can tell any more whose those were; the staff excuses what was not hers.
    """
    missed = [booking for booking in kept if booking.is_missed]
    nameless = [booking for booking in missed if booking.person_id is None]
    hers = [booking for booking in missed if booking.person_id == person.id]
    if not nameless:
        return hers
    added = AuditEntry.subject == Person.__tablename__, AuditEntry.subject_id == person.id
    entered_at = db.session.scalar(
        select(func.max(AuditEntry.at)).where(*added, AuditEntry.act == "add")
    )
    return hers + [
        replace(booking, person_id=person.id)
        for booking in nameless
        if entered_at is not None and booking.starts_at < entered_at
    ]
