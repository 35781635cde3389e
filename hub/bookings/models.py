"""Bookings: one person's place in one slot, or turn on its waiting list; and their attendance."""

import enum
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Account
from hub.actor import Channel
from hub.db import Model, enum_column, pk, text20, text60, text200
from hub.families.models import Household, Person
from hub.timetable.models import Slot


class BookingState(enum.StrEnum):
    """The states of a booking: entered to confirmed are live; offered and confirmed hold places."""

    ENTERED = "entered"
    WAITING = "waiting"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    ON_LEAVE = "on_leave"


class Ending(enum.StrEnum):
    """Why a booking was cancelled."""

    FAMILY = "family"
    STAFF = "staff"
    CALLED_OFF = "called_off"
    MOVED = "moved"
    DECLINED = "declined"
    EXPIRED = "expired"
    NOT_DRAWN = "not_drawn"


LIVE = (
    BookingState.ENTERED,
    BookingState.WAITING,
    BookingState.OFFERED,
    BookingState.CONFIRMED,
)
HOLDING = (BookingState.OFFERED, BookingState.CONFIRMED)
_is_live = text("state IN ('entered', 'waiting', 'offered', 'confirmed')")


class Booking(Model):
    """One person's place in a slot, or turn on its waiting list (lowest turn first, then id).

    A person never has two places at once, but may wait beside one: `starts_at` and `ends_at` are
    copied from the slot, so that the database can refuse an overlap (triggers on SQLite, an
    exclusion constraint on PostgreSQL, both written in a migration). A person who is deleted leaves
    the booking without a name.
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
        Index(None, "slot_id", "state", "turn", "id"),
        Index(None, "person_id", "starts_at"),
        Index(None, "household_id", "starts_at"),
        Index(None, "party"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
        CheckConstraint("(state = 'cancelled') = (ending IS NOT NULL)", name="why_cancelled"),
        CheckConstraint("places BETWEEN 1 AND 2", name="places"),
    )

    id: Mapped[pk]
    number: Mapped[text20] = mapped_column(unique=True)  # ten digits, the last a check digit
    # The bookings that stand or fall together – the persons of a family in one slot, or all dates
    # of a whole 期 – carry the number of the first of them; a single booking carries its own.
    party: Mapped[text20]
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    made_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    state: Mapped[BookingState] = mapped_column(enum_column(BookingState))
    ending: Mapped[Ending | None] = mapped_column(enum_column(Ending))
    places: Mapped[int] = mapped_column(default=1)  # two for a child whose adult counts
    # 0 for a new turn; drawn and moved-up turns are negative, and so come before.
    turn: Mapped[int] = mapped_column(BigInteger, default=0)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    fee_fen: Mapped[int]
    made_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]  # when it was first confirmed, whatever came of it later
    changes: Mapped[int] = mapped_column(
        default=0
    )  # how often its state changed, counted by slot_counters
    changed_at: Mapped[datetime | None]
    moved_to_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id", ondelete="SET NULL"))
    # The form's own key: a form that is sent twice is accepted once.
    request_key: Mapped[text60 | None] = mapped_column(unique=True)

    slot: Mapped[Slot] = relationship()
    person: Mapped[Person | None] = relationship()
    household: Mapped[Household] = relationship()
    made_by: Mapped[Account | None] = relationship()
    arrival: Mapped["Arrival | None"] = relationship(viewonly=True)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def holds(self) -> bool:
        """Whether it holds places of the slot."""
        return self.state in HOLDING

    @property
    def is_confirmed(self) -> bool:
        return self.state is BookingState.CONFIRMED

    @property
    def is_waiting(self) -> bool:
        return self.state is BookingState.WAITING

    @property
    def is_offered(self) -> bool:
        return self.state is BookingState.OFFERED

    @property
    def is_on_leave(self) -> bool:
        return self.state is BookingState.ON_LEAVE

    @property
    def is_entered(self) -> bool:
        return self.state is BookingState.ENTERED

    @property
    def has_arrived(self) -> bool:
        return self.arrival is not None


class Arrival(Model):
    """A check-in: when a person came, and which of the staff saw it."""

    __tablename__ = "arrival"

    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    booking: Mapped[Booking] = relationship()


class Excuse(Model):
    """The staff's decision that a no-show does not count, and why."""

    __tablename__ = "excuse"
    __table_args__ = (Index(None, "centre_id", "at"),)

    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))  # the slot's
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    reason: Mapped[text200]

    booking: Mapped[Booking] = relationship()
