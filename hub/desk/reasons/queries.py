"""What the staff of a centre did that needs a reason, for its manager."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from hub.accounts.models import Account
from hub.bookings.models import Booking, Excuse
from hub.bookings.waiting_list.models import Reordering
from hub.catalogue.models import Centre
from hub.db import db
from hub.families.models import Correction, Namesake, Person
from hub.timetable.models import Slot

DAYS = 60
MOST = 100  # rows of each sort


@dataclass(frozen=True)
class Reason:
    """Why, when and by whom something was done to a booking."""

    at: datetime
    reason: str
    by: str  # empty if the account is gone
    booking: Booking


@dataclass(frozen=True)
class CalledOff:
    """A slot that was called off; `by` is empty where a scheduled job did it."""

    slot: Slot
    by: str


@dataclass(frozen=True)
class OfPerson:
    """What was decided about a person, beyond one booking."""

    at: datetime
    reason: str
    by: str  # empty if the account is gone
    name: str
    what: str


@dataclass(frozen=True)
class Reasons:
    """What needs a reason, the latest first."""

    moved_up: list[Reason]
    excused: list[Reason]
    called_off: list[CalledOff]
    namesakes: list[OfPerson]
    corrected: list[OfPerson]

    @property
    def persons(self) -> int:
        bookings = [one.booking for one in self.moved_up + self.excused]
        of_bookings = len({booking.person_id for booking in bookings if booking.person_id})
        return of_bookings + len(self.namesakes) + len(self.corrected)


def reasons_at(centre: Centre, now: datetime) -> Reasons:
    """Return what was moved up, excused, called off and decided here lately; five queries."""
    since = now - timedelta(days=DAYS)
    return Reasons(
        _of_bookings(Reordering, centre, since),
        _of_bookings(Excuse, centre, since),
        [CalledOff(slot, by or "") for slot, by in db.session.execute(_called_off(centre, since))],
        _namesakes(centre, since),
        _corrections(centre, since),
    )


def _of_bookings(
    told: type[Reordering] | type[Excuse], centre: Centre, since: datetime
) -> list[Reason]:
    rows = db.session.execute(
        select(told.at, told.reason, Account.name, Booking)
        .join(Booking, Booking.id == told.booking_id)
        .join(Booking.slot)
        .outerjoin(Account, Account.id == told.account_id)
        .options(contains_eager(Booking.slot).joinedload(Slot.activity), joinedload(Booking.person))
        .where(told.centre_id == centre.id, told.at >= since)
        .order_by(told.at.desc(), Booking.id.desc())
        .limit(MOST)
    )
    return [Reason(at, reason, by or "", booking) for at, reason, by, booking in rows]


def _namesakes(centre: Centre, since: datetime) -> list[OfPerson]:
    other = aliased(Person)
    rows = db.session.execute(
        select(Namesake.at, Namesake.reason, Account.name, Person.name, other.name)
        .join(Person, Person.id == Namesake.person_id)
        .join(other, other.id == Namesake.other_id)
        .outerjoin(Account, Account.id == Namesake.account_id)
        .where(Namesake.centre_id == centre.id, Namesake.at >= since)
        .order_by(Namesake.at.desc(), Namesake.person_id)
        .limit(MOST)
    )
    return [OfPerson(at, reason, by or "", name, twin) for at, reason, by, name, twin in rows]


def _corrections(centre: Centre, since: datetime) -> list[OfPerson]:
    rows = db.session.execute(
        select(Correction, Account.name)
        .outerjoin(Account, Account.id == Correction.account_id)
        .where(Correction.centre_id == centre.id, Correction.at >= since)
        .order_by(Correction.at.desc(), Correction.id.desc())
        .limit(MOST)
    )
    return [
        OfPerson(
            row.at,
            row.reason,
            by or "",
            row.name_before,
            f"{row.name_after} {row.birth_date_before} → {row.birth_date_after}"
            if row.birth_date_before != row.birth_date_after
            else row.name_after,
        )
        for row, by in rows
    ]


def _called_off(centre: Centre, since: datetime) -> Select[Slot, str]:
    return (
        select(Slot, Account.name)
        .outerjoin(Account, Account.id == Slot.called_off_by_id)
        .options(joinedload(Slot.activity))
        .where(Slot.centre_id == centre.id, Slot.called_off_at >= since)
        .order_by(Slot.called_off_at.desc(), Slot.id.desc())
        .limit(MOST)
    )
