"""Households, the accounts that look after them, and the persons in them."""

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Account
from hub.db import Model, enum_column, pk, text20, text60


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
    """A person who can be booked for; child or adult is decided by the birth date on the day."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("household_id", "name", "birth_date"),)

    id: Mapped[pk]
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id", ondelete="CASCADE"))
    name: Mapped[text20]
    birth_date: Mapped[date]
    sex: Mapped[Sex] = mapped_column(enum_column(Sex))
    entered_at: Mapped[datetime | None]  # None: before this was kept

    household: Mapped[Household] = relationship(back_populates="persons")


class Correction(Model):
    """A person's name and birth date before and after they were corrected, while they held places.

    What was written at first is what later corrections are measured by: many small ones would else
    make another person.
    """

    __tablename__ = "correction"

    id: Mapped[pk]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    name_before: Mapped[text20]
    name_after: Mapped[text20]
    birth_date_before: Mapped[date]
    birth_date_after: Mapped[date]


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
