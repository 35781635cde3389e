"""Who may see /desk: which level a page is open to, and of it the objects of their centres.

Anything of another centre is 404.
"""

from datetime import datetime

from flask import abort
from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from hub.accounts.models import CLEARANCES, Account
from hub.bookings.models import LIVE, Booking
from hub.bookings.numbers import is_number
from hub.catalogue.models import Activity, Centre, District
from hub.db import db
from hub.families.models import Person
from hub.timetable.models import Slot
from hub.web.security import Admits, open_to

CENTRES_PER_PAGE = 20

for_desk = open_to(Admits.DESK)  # everybody who works at a desk, managers and administrators too
for_managers = open_to(Admits.MANAGER)


def only_centre_id(account: Account) -> int | None:
    """Return the one centre this account works for; None if it is several, or all."""
    centre_ids = {role.centre_id for role in account.roles}
    return next(iter(centre_ids)) if len(centre_ids) == 1 else None


def my_centres(
    account: Account, words: str = "", page_number: int = 1
) -> tuple[list[Centre], bool]:
    """Return one page of the centres this account works for, and whether more follow."""
    query = (
        select(Centre)
        .join(Centre.district)
        .options(joinedload(Centre.district))
        .where(is_mine(account), *(_mentions(word) for word in words.split()))
        .order_by(District.position, Centre.name)
        .offset((page_number - 1) * CENTRES_PER_PAGE)
        .limit(CENTRES_PER_PAGE + 1)
    )
    found = list(db.session.scalars(query))
    return found[:CENTRES_PER_PAGE], len(found) > CENTRES_PER_PAGE


def my_centre(account: Account, centre_id: int) -> Centre:
    """Return a centre this account works for; else 404."""
    query = (
        select(Centre)
        .options(joinedload(Centre.district), selectinload(Centre.opening_hours))
        .where(Centre.id == centre_id, is_mine(account))
    )
    return db.session.scalar(query) or abort(404)


def my_slot(account: Account, slot_id: int) -> Slot:
    """Return a slot of a centre this account works for, with all that is shown of it; else 404."""
    query = _slots().where(Slot.id == slot_id, is_mine(account))
    return db.session.scalar(query) or abort(404)


def managed_slot(account: Account, slot_id: int) -> Slot:
    """Return a slot of a centre this account manages; 403 if it only works at the desk there."""
    slot = my_slot(account, slot_id)
    return slot if manages(account, slot.centre_id) else abort(403)


def managed_centre(account: Account, centre_id: int) -> Centre:
    """Return a centre this account manages; 403 if it only works at the desk there."""
    centre = my_centre(account, centre_id)
    return centre if manages(account, centre.id) else abort(403)


def manages(account: Account, centre_id: int) -> bool:
    """Whether this account is a manager of a centre, or more."""
    here = [role for role in account.roles if role.centre_id in (None, centre_id)]
    return any(CLEARANCES[role.name] >= Admits.MANAGER for role in here)


def is_mine(account: Account) -> ColumnElement[bool]:
    """Condition: the centre is one that this account works for."""
    centre_ids = {role.centre_id for role in account.roles}
    return true() if None in centre_ids else Centre.id.in_(centre_ids)


def _mentions(word: str) -> ColumnElement[bool]:
    columns = Centre.name, Centre.pinyin, Centre.initials, Centre.community, District.name
    return or_(*(column.icontains(word, autoescape=True) for column in columns))


def _slots() -> Select[Slot]:
    return (
        select(Slot)
        .join(Slot.centre)
        .options(
            joinedload(Slot.activity).joinedload(Activity.kind),
            joinedload(Slot.centre),
            joinedload(Slot.room),
            joinedload(Slot.lead),
        )
    )


def my_booking(account: Account, number: str) -> Booking:
    """Return a booking, in whatever state, at a centre this account works for; else 404."""
    query = (
        select(Booking)
        .join(Booking.slot)
        .join(Slot.centre)
        .options(
            contains_eager(Booking.slot).options(
                contains_eager(Slot.centre),
                joinedload(Slot.activity).joinedload(Activity.kind),
                joinedload(Slot.room),
            ),
            joinedload(Booking.person),
        )
        .where(Booking.number == number, is_mine(account))
    )
    return (db.session.scalar(query) if is_number(number) else None) or abort(404)


def my_coming_person(account: Account, person_id: int, now: datetime) -> tuple[Person, str]:
    """Return a person with a coming booking at the account's centres, and its number; else 404."""
    query = (
        select(Person, Booking.number)
        .join(Booking, Booking.person_id == Person.id)
        .join(Booking.slot)
        .join(Slot.centre)
        .where(
            Person.id == person_id,
            Booking.state.in_(LIVE),
            Booking.ends_at > now,
            is_mine(account),
        )
        .order_by(Booking.starts_at, Booking.id)
    )
    row = db.session.execute(query.limit(1)).first()
    return (row[0], row[1]) if row else abort(404)
