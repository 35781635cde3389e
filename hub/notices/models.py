"""The outbox: messages, written in the transaction of what they tell."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.db import Model, pk, text20, text500

if TYPE_CHECKING:
    from hub.accounts.models import Account  # a later feature: known by its table's name only


# Spelled out, as the index is: a database uses an index of some rows only where it reads, and need
# not guess from a parameter, that no other rows are asked for.
DUE = "sent_at IS NULL AND given_up_at IS NULL"
GIVEN_UP = "sent_at IS NULL AND given_up_at IS NOT NULL"


class Notice(Model):
    """One message to one account; it exists if and only if what it tells was committed."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_due", "due_at", sqlite_where=text(DUE), postgresql_where=text(DUE)),
        Index(
            "ix_notice_given_up", "id", sqlite_where=text(GIVEN_UP), postgresql_where=text(GIVEN_UP)
        ),
        Index(None, "account_id", "made_at"),
    )

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    text: Mapped[text500]  # of the message
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]  # not sent before; every try moves it on, so that a try is a claim
    expires_at: Mapped[datetime]  # not sent after: it would tell what no longer helps
    sent_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[text20] = mapped_column(default="")

    account: Mapped["Account"] = relationship()
