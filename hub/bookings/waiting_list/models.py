"""Offers of places, and the staff's reasons for moving somebody up."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Account
from hub.bookings.models import Booking
from hub.db import Model, enum_column, pk, text20, text60, text200
from hub.timetable.models import Slot


class Answer(enum.StrEnum):
    """How an offer ended; withdrawn means by the centre, or because the family cancelled."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


_is_open = text("answered_at IS NULL")


class Offer(Model):
    """Places held for a waiting party until an instant, and its answer.

    The token opens the page on which the family answers without signing in: random, never computed.
    """

    __tablename__ = "offer"
    __table_args__ = (
        Index(
            "uq_offer_open_party",
            "party",
            unique=True,
            sqlite_where=_is_open,
            postgresql_where=_is_open,
        ),
        Index(None, "answered_at", "until"),
        Index(None, "household_id", "answered_at"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
        CheckConstraint("made_at < until", name="until"),
    )

    id: Mapped[pk]
    party: Mapped[text20]
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"), index=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    token: Mapped[text60] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    until: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[Answer | None] = mapped_column(enum_column(Answer))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    slot: Mapped[Slot] = relationship()


class Reordering(Model):
    """That the staff let a party pass those who wait, and why: the manager and they read it."""

    __tablename__ = "reordering"
    __table_args__ = (Index(None, "slot_id", "at"), Index(None, "centre_id", "at"))

    id: Mapped[pk]
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))  # the slot's
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    reason: Mapped[text200]

    booking: Mapped[Booking] = relationship()
    account: Mapped[Account | None] = relationship()
