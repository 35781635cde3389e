"""Reads over the waiting list: open offers, and positions."""

from collections.abc import Sequence
from functools import cache

from flask import abort
from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import aliased, joinedload

from hub.bookings.models import HOLDING, Booking, BookingState
from hub.bookings.waiting_list.models import Offer
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
