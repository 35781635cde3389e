"""Recount everything that must add up: for `hub check`, and for tests after every step."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import aliased

from hub.bookings.draw.models import Draw, DrawEntry
from hub.bookings.models import HOLDING, LIVE, Booking, BookingState
from hub.bookings.waiting_list.models import Offer
from hub.catalogue.models import Admission
from hub.db import db
from hub.timetable.models import Slot, SlotState

PATIENCE = timedelta(minutes=10)  # the worker looks every few seconds
ROWS = 20  # of one kind of inconsistency; more would only repeat it


def inconsistencies() -> Iterator[str]:
    """Yield one sentence for each thing that does not add up."""
    for slot_id, capacity, left, desk, held, waiting, counted in db.session.execute(_miscounted()):
        yield (
            f"slot {slot_id}: {held} given + {desk} for the desk + {left} left of {capacity}, "
            f"{waiting} wait but {counted} are counted"
        )
    for question, query in _questions():
        for row in db.session.scalars(query):
            yield question.format(row)


def overdue_offers(now: datetime) -> Iterator[str]:
    """Yield one sentence for each offer that is long over and that nobody has ended."""
    since = now - PATIENCE
    over = select(Offer.id).where(Offer.answered_at.is_(None), Offer.until < since)
    for offer_id in db.session.scalars(over.order_by(Offer.until).limit(ROWS)):
        yield f"offer {offer_id}: over, and it still holds its places; is the worker running?"


@cache
def _miscounted() -> Select[int, int, int, int, int, int, int]:
    held = func.coalesce(func.sum(case((Booking.state.in_(HOLDING), Booking.places), else_=0)), 0)
    waiting = func.coalesce(func.sum(case((Booking.state == BookingState.WAITING, 1), else_=0)), 0)
    return (
        select(
            Slot.id,
            Slot.capacity,
            Slot.places_left,
            Slot.desk_places,
            held,
            waiting,
            Slot.waiting,
        )
        .outerjoin(Booking, Booking.slot_id == Slot.id)
        .group_by(Slot.id)
        .having(
            or_(
                Slot.places_left + Slot.desk_places + held != Slot.capacity,
                Slot.waiting != waiting,
            )
        )
        .order_by(Slot.id)
        .limit(ROWS)
    )


@cache
def _questions() -> tuple[tuple[str, Select[int]], ...]:
    return tuple((question, query.limit(ROWS)) for question, query in _all_questions())


def _all_questions() -> Iterator[tuple[str, Select[int]]]:
    open_offer = select(Offer.id).where(Offer.party == Booking.party, Offer.answered_at.is_(None))
    yield (
        "booking {}: a place is held for it, but no offer is open",
        select(Booking.id).where(
            Booking.state == BookingState.OFFERED, ~open_offer.correlate(Booking).exists()
        ),
    )
    held = select(Booking.id).where(
        Booking.party == Offer.party, Booking.state == BookingState.OFFERED
    )
    yield (
        "offer {}: open, but it holds no place",
        select(Offer.id).where(Offer.answered_at.is_(None), ~held.correlate(Offer).exists()),
    )
    yield (
        "booking {}: live in a slot that was called off",
        select(Booking.id)
        .join(Booking.slot)
        .where(Slot.state == SlotState.CALLED_OFF, Booking.state.in_(LIVE)),
    )
    yield (
        "booking {}: its times are not those of its slot",
        select(Booking.id)
        .join(Booking.slot)
        .where(or_(Booking.starts_at != Slot.starts_at, Booking.ends_at != Slot.ends_at)),
    )
    yield (
        "booking {}: entered for a draw that is over, or for none",
        select(Booking.id)
        .join(Booking.slot)
        .where(
            Booking.state == BookingState.ENTERED,
            or_(Slot.entries_until.is_(None), Slot.drawn_at.is_not(None)),
        ),
    )
    yield (
        "draw {}: its slot does not know that it was drawn, or knows too much",
        select(Draw.id).join(Draw.slot).where(Draw.drawn_at.is_(None) != Slot.drawn_at.is_(None)),
    )
    undrawn = select(DrawEntry.draw_id).where(
        DrawEntry.draw_id == Draw.id, DrawEntry.position.is_(None)
    )
    yield (
        "draw {}: drawn, but an entry has no position",
        select(Draw.id)
        .join(Draw.slot)
        .where(Draw.drawn_at.is_not(None), Slot.draw_given_up_at.is_(None))
        .where(undrawn.correlate(Draw).exists()),
    )
    at, stands_at = aliased(Slot), aliased(Draw)
    draw_of_slot = (
        select(stands_at.id)
        .join(at, stands_at.slot_id == at.id)
        .where((at.id == Slot.id) | (at.series_id == Slot.series_id))
        .correlate(Slot)
    )
    yield (
        "slot {}: counts as drawn, but no draw was held",
        select(Slot.id).where(
            Slot.drawn_at.is_not(None),
            ~draw_of_slot.where(stands_at.drawn_at.is_not(None)).exists(),
        ),
    )
    yield (
        "booking {}: entered for a draw that was never promised",
        select(Booking.id)
        .join(Booking.slot)
        .where(Booking.state == BookingState.ENTERED, ~draw_of_slot.exists()),
    )
    yield (
        "booking {}: has a place, though the draw is still to come",
        select(Booking.id)
        .join(Booking.slot)
        .where(
            Booking.state.in_(HOLDING),
            Slot.admission == Admission.DRAW,
            Slot.drawn_at.is_(None),
        ),
    )
