"""Bookings: one person's place, or turn, in one slot."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Account
from hub.db import Model, enum_column, pk, text20, text60
from hub.families.models import Household, Person
from hub.timetable.models import Slot


class BookingState(enum.StrEnum):
    """A booking's life; waiting and confirmed are live."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Channel(enum.StrEnum):
    """How the booking reached us."""

    WEB = "web"
    PHONE = "phone"
    DESK = "desk"
    GROUP = "group"


LIVE = (BookingState.WAITING, BookingState.CONFIRMED)
_is_live = text("state IN ('waiting', 'confirmed')")


class Booking(Model):
    """One person's place in a slot, or turn on its waiting list (lowest id first).

    A person is never in two slots at once: `starts_at` and `ends_at` are the slot's, so that the
    database can see an overlap (a trigger on SQLite, an exclusion constraint on PostgreSQL, both
    written in the migration). A person who is deleted leaves the booking behind without a name.
    """

    __tablename__ = "booking"
    __table_args__ = (
        Index(
            "uq_booking_live_slot_id_person_id",
            "slot_id",
            "person_id",
            unique=True,
            sqlite_where=_is_live,
            postgresql_where=_is_live,
        ),
        Index(None, "slot_id", "state", "id"),
        Index(None, "person_id", "starts_at"),
        Index(None, "household_id", "starts_at"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
    )

    id: Mapped[pk]
    number: Mapped[text20] = mapped_column(unique=True)  # ten digits, the last a check digit
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    made_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    state: Mapped[BookingState] = mapped_column(enum_column(BookingState))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    fee_fen: Mapped[int]
    made_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    # The form's own key: a form that is sent twice is accepted once.
    request_key: Mapped[text60 | None] = mapped_column(unique=True)

    slot: Mapped[Slot] = relationship()
    person: Mapped[Person | None] = relationship()
    household: Mapped[Household] = relationship()
    made_by: Mapped[Account | None] = relationship()

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_confirmed(self) -> bool:
        return self.state is BookingState.CONFIRMED

    @property
    def is_waiting(self) -> bool:
        return self.state is BookingState.WAITING
