"""Draws and the lines of their frozen lists."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.db import Model, pk, text20, text60, text200
from hub.timetable.models import Slot

# Spelled out, as the indexes are, so that a database can tell that an index of few rows suffices.
TO_FREEZE = "draw.drawn_at IS NULL AND draw.frozen_at IS NULL"
TO_DRAW = "draw.drawn_at IS NULL AND draw.frozen_at IS NOT NULL"


def _due(name: str, which: str) -> Index:
    where = text(which.replace("draw.", ""))
    return Index(f"ix_draw_{name}", "id", sqlite_where=where, postgresql_where=where)


class Draw(Model):
    """A draw (摇号) anyone can check: commitment, then the list, a public number, the order.

    For a whole 期 it stands at the first slot. The secret is shown once the order is.
    """

    __tablename__ = "draw"
    __table_args__ = (
        CheckConstraint("(public_number = '') = (numbered_at IS NULL)", name="public_number"),
        CheckConstraint("frozen_at <= numbered_at AND numbered_at <= drawn_at", name="order"),
        _due("to_freeze", TO_FREEZE),
        _due("to_draw", TO_DRAW),
    )

    id: Mapped[pk]
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"), unique=True)
    secret: Mapped[text200]
    commitment: Mapped[text200]  # SHA-256 of the secret, shown before entries open
    committed_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]  # the list is closed and shown
    # A number that nobody could know before.
    public_number: Mapped[text60] = mapped_column(default="")
    public_source: Mapped[text200] = mapped_column(default="")
    numbered_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL")
    )
    numbered_at: Mapped[datetime | None]
    drawn_at: Mapped[datetime | None]
    places: Mapped[int | None]  # how many there were to draw for, to recompute it

    slot: Mapped[Slot] = relationship()


class DrawEntry(Model):
    """One party on the frozen list, by a number that says nothing about it, and what it drew."""

    __tablename__ = "draw_entry"

    draw_id: Mapped[int] = mapped_column(
        ForeignKey("draw.id", ondelete="CASCADE"), primary_key=True
    )
    registration: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    party: Mapped[text20] = mapped_column(index=True)
    tier: Mapped[int]  # 0 goes before 1
    lost_before: Mapped[bool]
    places: Mapped[int]
    position: Mapped[int | None]  # in the drawn order, from 1
    outcome: Mapped[text20] = mapped_column(default="")
