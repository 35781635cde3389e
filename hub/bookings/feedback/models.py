"""Feedback of families on slots that are over."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Account
from hub.bookings.models import Booking
from hub.db import Model, text200


class Feedback(Model):
    """What a family says of a slot that is over: one answer per booking, for the manager only."""

    __tablename__ = "feedback"
    __table_args__ = (Index(None, "centre_id", "at"), Index(None, "at"))

    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))  # the slot's
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    at: Mapped[datetime]  # of the last change
    is_glad: Mapped[bool]
    word: Mapped[text200] = mapped_column(default="")
    may_call: Mapped[bool] = mapped_column(default=False)  # if False, nobody learns who said it

    booking: Mapped[Booking] = relationship()
    account: Mapped[Account | None] = relationship()
