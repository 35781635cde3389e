"""Slots: the dated 场次 that people book."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.catalogue.models import Activity, Centre, Policy, Room, StaffMember
from hub.db import Model, enum_column, pk, text200


class SlotState(enum.StrEnum):
    """Whether a slot takes place; a called-off one stays in sight."""

    OPEN = "open"
    CALLED_OFF = "called_off"


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
        CheckConstraint("opens_at <= closes_at", name="window"),
        Index(None, "centre_id", "starts_at"),
        Index(None, "activity_id", "starts_at"),
        Index(None, "room_id", "starts_at"),
        Index(None, "lead_id", "starts_at"),
        Index(None, "starts_at"),
    )

    id: Mapped[pk]
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("staff_member.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    opens_at: Mapped[datetime]  # booking is open from this instant on, it included …
    closes_at: Mapped[datetime]  # … and until this one, it excluded
    cancel_until: Mapped[datetime]  # this instant included
    capacity: Mapped[int]
    places_left: Mapped[int]
    state: Mapped[SlotState] = mapped_column(enum_column(SlotState), default=SlotState.OPEN)
    called_off_reason: Mapped[text200] = mapped_column(default="")

    activity: Mapped[Activity] = relationship()
    centre: Mapped[Centre] = relationship()
    room: Mapped[Room] = relationship()
    lead: Mapped[StaffMember | None] = relationship()

    @property
    def is_open(self) -> bool:
        return self.state is SlotState.OPEN

    @property
    def is_full(self) -> bool:
        return self.places_left == 0

    @property
    def taken(self) -> int:
        return self.capacity - self.places_left
