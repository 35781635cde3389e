"""Slots: the dated 场次 that people book, and the 期 that some of them belong to."""

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.catalogue.models import Activity, Admission, Centre, Policy, Room, StaffMember
from hub.db import Model, enum_column, pk, text60, text200


class SlotState(enum.StrEnum):
    """Whether a slot takes place; a called-off one stays in sight."""

    OPEN = "open"
    CALLED_OFF = "called_off"


FREE = "places_left > 0 AND state = 'open'"  # the slots that have places: these words, not values

# The worker's questions: the name of the index, the instant that is due, and for which slots.
DUE = (
    ("desk_release", "desk_release_at", "desk_places > 0"),
    ("minimum", "cancel_until", "minimum > 0 AND minimum_checked_at IS NULL"),
    ("reminder", "starts_at", "reminded_at IS NULL"),
    ("late", "starts_at", "late_released_at IS NULL"),
    ("draw", "opens_at", "admission = 'draw' AND drawn_at IS NULL"),
    ("waiting_list", "starts_at", "waiting > 0 AND places_left > 0"),
)


def _due(name: str, instant: str, which: str) -> Index:
    return _index_of_few(f"ix_slot_due_{name}", which, instant)


def _index_of_few(name: str, which: str, *columns: str) -> Index:
    where = text(which)
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class Series(Model):
    """A 期: dates that belong together; a whole one is booked for all of its dates or none."""

    __tablename__ = "series"
    __table_args__ = (
        UniqueConstraint("activity_id", "name"),
        CheckConstraint("attendance_percent BETWEEN 1 AND 100", name="attendance_percent"),
    )

    id: Mapped[pk]
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    name: Mapped[text60]
    is_whole: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    # Persons who came to less of it may not book the next 期 of the activity; None: no such rule.
    attendance_percent: Mapped[int | None]

    activity: Mapped[Activity] = relationship()


class Slot(Policy, Model):
    """One dated session of an activity, with the policy as it was when the slot was made.

    Two open slots never share a room or a lead at the same time: triggers on SQLite, exclusion
    constraints on PostgreSQL, both written in the migration.
    """

    __tablename__ = "slot"
    __table_args__ = (
        *Policy.__table_args__,
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint("places_left >= 0 AND places_left <= capacity", name="places_left"),
        CheckConstraint(
            "desk_places >= 0 AND desk_places + places_left <= capacity", name="desk_places"
        ),
        CheckConstraint("waiting >= 0", name="waiting"),
        CheckConstraint("opens_at <= closes_at", name="window"),
        CheckConstraint("(admission = 'draw') = (entries_until IS NOT NULL)", name="entries_until"),
        Index(None, "centre_id", "starts_at"),
        Index(None, "activity_id", "starts_at"),
        Index(None, "room_id", "starts_at"),
        Index(None, "lead_id", "starts_at"),
        Index(None, "starts_at"),
        Index(None, "series_id", "starts_at"),
        # In a city that is booked out a search for places would read weeks of full slots.
        _index_of_few("ix_slot_free", FREE, "starts_at", "id"),
        # What the worker looks for: few rows of many.
        *(_due(*of) for of in DUE),
    )

    id: Mapped[pk]
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("staff_member.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    opens_at: Mapped[datetime]  # booking is open from this instant on, it included …
    closes_at: Mapped[datetime]  # … and until this one, it excluded
    cancel_until: Mapped[datetime]  # this instant included
    entries_until: Mapped[datetime | None]  # entries for the draw are taken until then, it excluded
    drawn_at: Mapped[datetime | None]  # from then on first come, first served
    draw_given_up_at: Mapped[datetime | None]  # not held in time: all places are first come
    # Taken + kept for the desk + left = capacity; only bookings.slot_counters changes these three.
    capacity: Mapped[int]
    places_left: Mapped[int]
    desk_places: Mapped[int] = mapped_column(default=0)
    desk_release_at: Mapped[datetime | None]  # the clock's work is done by the worker …
    waiting: Mapped[int] = mapped_column(default=0)  # how many persons wait for a place
    state: Mapped[SlotState] = mapped_column(enum_column(SlotState), default=SlotState.OPEN)
    called_off_reason: Mapped[text200] = mapped_column(default="")
    called_off_at: Mapped[datetime | None]
    called_off_by_id: Mapped[int | None]  # an account, kept when it is gone; None: a scheduled job
    # … which notes here what it has done, so that nothing is done twice.
    minimum_checked_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    late_released_at: Mapped[datetime | None]

    activity: Mapped[Activity] = relationship()
    series: Mapped[Series | None] = relationship()
    centre: Mapped[Centre] = relationship()
    room: Mapped[Room] = relationship()
    lead: Mapped[StaffMember | None] = relationship()

    @property
    def is_open(self) -> bool:
        return self.state is SlotState.OPEN

    @property
    def is_of_whole(self) -> bool:
        """Whether it is a date of a 期 that is booked for all of its dates or none."""
        return self.series is not None and self.series.is_whole

    @property
    def is_full(self) -> bool:
        return self.places_left == 0

    @property
    def taken(self) -> int:
        """How many places are given or held."""
        return self.capacity - self.desk_places - self.places_left

    @property
    def takes_entries(self) -> bool:
        """Whether booking now means to enter for a draw that is still to come."""
        return self.admission is Admission.DRAW and self.drawn_at is None
