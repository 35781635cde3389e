"""Households, the accounts that look after them, and the persons in them."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from hub.accounts.models import Account
from hub.db import Model, enum_column, pk, text20, text60, text200
from hub.families.rules import child_key


class Sex(enum.StrEnum):
    """As the reports of the centres count: women and children apart."""

    FEMALE = "female"
    MALE = "male"


class Household(Model):
    """People who are booked for together; two guardians may share one."""

    __tablename__ = "household"

    id: Mapped[pk]
    created_at: Mapped[datetime]

    persons: Mapped[list["Person"]] = relationship(order_by="Person.id")


class Guardian(Model):
    """An account that books for a household; an account has one household."""

    __tablename__ = "guardian"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    household_id: Mapped[int] = mapped_column(
        ForeignKey("household.id", ondelete="CASCADE"), index=True
    )

    account: Mapped[Account] = relationship()
    household: Mapped[Household] = relationship()


class Person(Model):
    """A person who can be booked for; child or adult is decided by the birth date on the day.

    The same child may stand in several households, with and without the family name: all of them
    are found by `child_key`, which is kept in step with the name and the birth date.
    """

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("household_id", "name", "birth_date"),
        Index(None, "child_key"),
    )

    id: Mapped[pk]
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id", ondelete="CASCADE"))
    name: Mapped[text20]
    birth_date: Mapped[date]
    sex: Mapped[Sex] = mapped_column(enum_column(Sex))
    entered_at: Mapped[datetime | None]  # None: before this was kept
    child_key: Mapped[text20]

    household: Mapped[Household] = relationship(back_populates="persons")

    @validates("name", "birth_date")
    def _keep_key(self, fact: str, value: Any) -> Any:
        name = value if fact == "name" else self.name
        born = value if fact == "birth_date" else self.birth_date
        if name and born:
            self.child_key = child_key(name, born)
        return value


class Namesake(Model):
    """The staff's decision that two persons are two, however alike name and birth date, and why."""

    __tablename__ = "namesake"
    __table_args__ = (
        CheckConstraint("person_id < other_id", name="order"),
        Index(None, "other_id"),
        Index(None, "centre_id", "at"),
    )

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    other_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))  # whose staff decided
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    reason: Mapped[text200]


class Correction(Model):
    """A person's name and birth date before and after they were corrected, while they held places.

    What was written at first is what later corrections are measured by: many small ones would else
    make another person.
    """

    __tablename__ = "correction"
    __table_args__ = (Index(None, "centre_id", "at"),)

    id: Mapped[pk]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    name_before: Mapped[text20]
    name_after: Mapped[text20]
    birth_date_before: Mapped[date]
    birth_date_after: Mapped[date]
    # By the staff of a centre, who may correct more than slips.
    reason: Mapped[text200] = mapped_column(default="")
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))


class Priority(Model):
    """A person's priority in draws: the group, and which of the staff has seen the proof."""

    __tablename__ = "priority"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    group: Mapped[text60]
    verified_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    verified_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
