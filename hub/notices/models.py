"""The outbox: what people are to be told, written in the transaction it tells of."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.db import Model, pk, text20, text500

if TYPE_CHECKING:
    from hub.accounts.models import Account  # a later feature: known by its table's name only


class Notice(Model):
    """One message to one account; it exists if and only if what it tells was committed."""

    __tablename__ = "notice"
    __table_args__ = (Index(None, "sent_at", "due_at"), Index(None, "account_id", "made_at"))

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    text: Mapped[text500]
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]  # not before; moved on by every try, so that a try is a claim
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[text20] = mapped_column(default="")

    account: Mapped["Account"] = relationship()
