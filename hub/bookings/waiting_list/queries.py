"""Reads over the waiting list: open offers, and positions."""

from collections.abc import Collection, Sequence
from functools import cache

from flask import abort
from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select
from sqlalchemy.orm import aliased, joinedload

from hub.bookings.models import HOLDING, Booking, BookingState
from hub.bookings.queries import LONGEST_SLOT
from hub.bookings.waiting_list.models import Offer, Reordering
from hub.db import db
from hub.timetable.models import Slot


def open_offers(bookings: Sequence[Booking]) -> dict[str, Offer]:
    """Return the unanswered offers of these bookings' parties, by party."""
    parties = {booking.party for booking in bookings if booking.is_offered}
    if not parties:
        return {}
    unanswered = Offer.party.in_(parties), Offer.answered_at.is_(None)
    return {offer.party: offer for offer in db.session.scalars(select(Offer).where(*unanswered))}


def offer_or_404(token: str) -> tuple[Offer, int, int]:
    """Return the offer of a link, how many places of its slot it holds, and on how many dates."""
    found = db.session.execute(_offer_of_token(), {"token": token}).one_or_none()
    if found is None:
        abort(404)
    offer, places, dates = found
    return offer, places, dates


@cache
def _offer_of_token() -> Select[Offer, int, int]:
    party = Booking.party == Offer.party
    held = party, Booking.slot_id == Offer.slot_id, Booking.state.in_(HOLDING)
    places = select(func.coalesce(func.sum(Booking.places), 0)).where(*held)
    dates = select(func.count(Booking.slot_id.distinct())).where(party)
    return (
        select(
            Offer,
            places.correlate(Offer).scalar_subquery(),
            dates.correlate(Offer).scalar_subquery(),
        )
        .where(Offer.token == bindparam("token"))
        .options(
            joinedload(Offer.slot).options(
                joinedload(Slot.activity), joinedload(Slot.centre), joinedload(Slot.room)
            )
        )
    )


def busy_elsewhere(booking_ids: Collection[int]) -> set[int]:
    """Return those of these bookings whose person has a place elsewhere at the same time."""
    if not booking_ids:
        return set()
    busy = select(Booking.id).where(Booking.id.in_(booking_ids), is_busy())
    return set(db.session.scalars(busy))


def is_busy() -> ColumnElement[bool]:
    """Condition: the booking's person has a place elsewhere at the same time."""
    other = aliased(Booking)
    return exists().where(
        other.person_id == Booking.person_id,
        other.starts_at < Booking.ends_at,
        other.ends_at > Booking.starts_at,
        other.state.in_(HOLDING),
        other.id != Booking.id,
    )


def turns_beside(booking: Booking) -> Sequence[Booking]:
    """Return the turns and entries of the booking's person at the same time as this place."""
    queues = Booking.state.in_((BookingState.WAITING, BookingState.ENTERED))
    return db.session.scalars(_at_the_same_time(booking).where(queues)).all()


def place_beside(booking: Booking) -> Booking | None:
    """Return the place that the booking's person has elsewhere at the same time, or None."""
    return db.session.scalars(_at_the_same_time(booking).where(Booking.state.in_(HOLDING))).first()


def _at_the_same_time(booking: Booking) -> Select[Booking]:
    """Select the other bookings of the booking's person that overlap with it."""
    return (
        select(Booking)
        .where(
            Booking.person_id == booking.person_id,
            Booking.id != booking.id,
            Booking.starts_at < booking.ends_at,
            Booking.starts_at > booking.starts_at - LONGEST_SLOT,
            Booking.ends_at > booking.starts_at,
        )
        .options(joinedload(Booking.slot).joinedload(Slot.activity))
        .order_by(Booking.id)
    )


def passed_by(booking: Booking) -> Sequence[Reordering]:
    """Return why others have passed this booking since it waits, the latest first."""
    passed = select(Reordering).where(
        Reordering.slot_id == booking.slot_id,
        Reordering.at >= booking.made_at,
        Reordering.booking_id.not_in(select(Booking.id).where(Booking.party == booking.party)),
    )
    return db.session.scalars(passed.order_by(Reordering.at.desc(), Reordering.id.desc())).all()


def positions(bookings: Sequence[Booking]) -> dict[int, int]:
    """Return the position of each of these bookings that waits, by id: 1 is served next."""
    waiting = [booking.id for booking in bookings if booking.is_waiting]
    if not waiting:
        return {}
    rows = db.session.execute(_positions().where(Booking.id.in_(waiting)))
    return {booking_id: before + 1 for booking_id, _number, before in rows}


def positions_of(numbers: Sequence[str]) -> dict[str, int]:
    """Return the position of each of these bookings that waits, by number: 1 is served next."""
    waiting = Booking.number.in_(numbers), Booking.state == BookingState.WAITING
    rows = db.session.execute(_positions().where(*waiting))
    return {number: before + 1 for _booking_id, number, before in rows}


@cache
def _positions() -> Select[int, str, int]:
    before = aliased(Booking)
    return (
        select(Booking.id, Booking.number, func.count(before.party.distinct()))
        .outerjoin(
            before,
            (before.slot_id == Booking.slot_id)
            & (before.state == BookingState.WAITING)
            & (before.party != Booking.party)
            & (
                (before.turn < Booking.turn)
                | (before.turn == Booking.turn) & (before.id < Booking.id)
            ),
        )
        .group_by(Booking.id, Booking.number)
    )
