"""The private address of a household's calendar."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model, text60


class CalendarFeed(Model):
    """The private address at which calendars fetch a household's bookings, without signing in."""

    __tablename__ = "calendar_feed"

    household_id: Mapped[int] = mapped_column(
        ForeignKey("household.id", ondelete="CASCADE"), primary_key=True
    )
    token: Mapped[text60] = mapped_column(unique=True)  # random, never computed
    made_at: Mapped[datetime]
