"""Whom a slot is for, by age: the one rule, as a function and as a condition of the database."""

import enum
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, or_

from hub.catalogue.models import Audience
from hub.families.rules import ADULT_YEARS, OLDEST_YEARS
from hub.timetable.models import Slot

ADULT_MONTHS = ADULT_YEARS * 12


class Misfit(enum.Enum):
    """Why a slot is not for somebody."""

    FOR_ADULTS = enum.auto()
    FOR_CHILDREN = enum.auto()
    AGE = enum.auto()  # too young or too old


@dataclass(frozen=True)
class Ages:
    """A range of ages in months, both ends included; one age if both are the same."""

    first: int
    last: int

    @property
    def is_adult(self) -> bool:
        return self.first >= ADULT_MONTHS

    @classmethod
    def of_years(cls, years: int) -> "Ages":
        """Return the months of one year of age; all adults are one range."""
        if years >= ADULT_YEARS:
            return cls(ADULT_MONTHS, OLDEST_YEARS * 12 + 11)
        return cls(years * 12, years * 12 + 11)


class ForWhom(Protocol):
    """What a slot says about who takes its place; the ages are those on its day."""

    @property
    def audience(self) -> Audience: ...
    @property
    def youngest_months(self) -> int | None: ...
    @property
    def oldest_months(self) -> int | None: ...


def misfit(slot: ForWhom, ages: Ages) -> Misfit | None:
    """Return why nobody of these ages may take a place; None if some month of them fits.

    Both ends of the slot's ages are included. A search by years asks with a range, a booking with
    the one age that the birth date gives.
    """
    if (slot.audience is Audience.ADULT) is not ages.is_adult:
        return Misfit.FOR_CHILDREN if ages.is_adult else Misfit.FOR_ADULTS
    youngest, oldest = slot.youngest_months, slot.oldest_months
    too_young = youngest is not None and ages.last < youngest
    too_old = oldest is not None and ages.first > oldest
    return Misfit.AGE if too_young or too_old else None


def fits(slot: ForWhom, ages: Ages) -> bool:
    """Whether somebody of these ages may take a place."""
    return misfit(slot, ages) is None


def that_fit(ages: Ages) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that find the slots of `fits`; a test holds the two together."""
    is_adult = Slot.audience == Audience.ADULT
    return (
        is_adult if ages.is_adult else ~is_adult,
        or_(Slot.youngest_months.is_(None), Slot.youngest_months <= ages.last),
        or_(Slot.oldest_months.is_(None), Slot.oldest_months >= ages.first),
    )
