"""Reads over one household's bookings: what is to come, what is past, where one may move to."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Integer, Select, bindparam, or_, select, true
from sqlalchemy.orm import joinedload

from hub.accounts.models import Account
from hub.bookings.models import LIVE, Booking, Excuse
from hub.bookings.queries import booking_cards
from hub.catalogue.models import Admission
from hub.db import db
from hub.families.models import Guardian
from hub.timetable.models import Series, Slot, SlotState
from hub.timetable.queries import CARDS

PAGE = 20


MOST_TO_MOVE_TO = 12


def number_of(booking_id: int) -> str:
    """Return the number of a booking that another one refers to."""
    return db.session.scalars(select(Booking.number).where(Booking.id == booking_id)).one()


def is_excused(booking: Booking) -> bool:
    """Whether the staff excused the no-show."""
    return db.session.get(Excuse, booking.id) is not None


def slot_id_of(account: Account, number: str) -> int | None:
    """Return the slot of a booking at a centre where this account works, or None."""
    slot = select(Slot.id).join(Booking, Booking.slot_id == Slot.id)
    centre_ids = {role.centre_id for role in account.roles}
    here = true() if None in centre_ids else Slot.centre_id.in_(centre_ids)
    return db.session.scalar(slot.where(Booking.number == number, here))


def coming_bookings(account: Account, now: datetime) -> Sequence[Booking]:
    """Return the household's live bookings that are not over, soonest first."""
    return db.session.scalars(_coming(), {"account_id": account.id, "now": now}).all()


@cache
def _coming() -> Select[Booking]:
    mine = Guardian.account_id == bindparam("account_id")
    coming = booking_cards().where(
        mine, Booking.state.in_(LIVE), Booking.ends_at > bindparam("now")
    )
    return coming.order_by(Booking.starts_at, Booking.id)


def past_bookings(account: Account, now: datetime, page_number: int) -> tuple[list[Booking], bool]:
    """Return one page of ended or cancelled bookings, latest first, and whether there are more."""
    wanted = {"account_id": account.id, "now": now, "first": (page_number - 1) * PAGE}
    rows = db.session.scalars(_past(), wanted).all()
    return list(rows[:PAGE]), len(rows) > PAGE


@cache
def _past() -> Select[Booking]:
    mine = Guardian.account_id == bindparam("account_id")
    over = ~Booking.state.in_(LIVE) | (Booking.ends_at <= bindparam("now"))
    newest = booking_cards().where(mine, over).order_by(Booking.starts_at.desc(), Booking.id.desc())
    return newest.offset(bindparam("first", type_=Integer)).limit(PAGE + 1)


def booked_with(phone: str, number: str) -> Booking | None:
    """Return the booking with this number and guardian's phone; None if either is wrong."""
    whose = select(Guardian.household_id).join(Guardian.account).where(Account.phone == phone)
    known = Booking.number == number, Booking.household_id.in_(whose)
    slot = joinedload(Booking.slot).options(joinedload(Slot.activity), joinedload(Slot.centre))
    return db.session.scalar(select(Booking).where(*known).options(slot))


def slots_to_move_to(booking: Booking, now: datetime) -> Sequence[Slot]:
    """Return the slots of the same activity with places for this booking now, soonest first."""
    return CARDS.rows(
        CARDS.select()
        .where(
            Slot.activity_id == booking.slot.activity_id,
            Slot.id != booking.slot_id,
            Slot.starts_at > now,
            Slot.opens_at <= now,
            Slot.closes_at > now,
            Slot.places_left >= booking.places,
            Slot.state == SlotState.OPEN,
            or_(Slot.admission == Admission.FIRST_COME, Slot.drawn_at.is_not(None)),
            or_(Slot.waiting == 0, Slot.smaller_first),
            Series.is_whole.is_not(True),
        )
        .order_by(Slot.starts_at)
        .limit(MOST_TO_MOVE_TO)
    )
