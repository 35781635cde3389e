"""The audit: who did what, and who read whose data, written in the same transaction.

For people to read; no logic reads it.
"""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from hub import clock
from hub.db import Model, db, pk, text60, text200


class AuditEntry(Model):
    """One write: who did what to which row, and for whom."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "subject", "subject_id"), Index(None, "account_id", "at"))

    id: Mapped[pk]
    at: Mapped[datetime]
    account_id: Mapped[int | None]  # no foreign key: the entry outlives the account
    household_id: Mapped[int | None]  # on whose behalf
    act: Mapped[text60]
    subject: Mapped[text60]
    subject_id: Mapped[int]
    detail: Mapped[text200] = mapped_column(default="")  # never personal data


class ReadEntry(Model):
    """One read of personal data by the staff: who, which page, about how many persons."""

    __tablename__ = "read_entry"
    __table_args__ = (Index(None, "account_id", "at"), Index(None, "subject", "subject_id"))

    id: Mapped[pk]
    at: Mapped[datetime]
    account_id: Mapped[int]
    subject: Mapped[text60]
    subject_id: Mapped[int]
    persons: Mapped[int]


def record(
    act: str,
    subject: Model,
    *,
    account_id: int | None,
    household_id: int | None = None,
    detail: str = "",
) -> None:
    """Record a write in the caller's transaction; `subject` needs its id, so flush it first."""
    db.session.add(
        AuditEntry(
            at=clock.now(),
            account_id=account_id,
            household_id=household_id,
            act=act,
            subject=str(subject.__tablename__),
            subject_id=subject.id,  # type: ignore[attr-defined]  # every table here has one
            detail=detail,
        )
    )


def record_read(subject: str, subject_id: int, *, account_id: int, persons: int) -> None:
    """Record, in the caller's transaction, that one of the staff saw so many persons' data."""
    db.session.add(
        ReadEntry(
            at=clock.now(),
            account_id=account_id,
            subject=subject,
            subject_id=subject_id,
            persons=persons,
        )
    )
