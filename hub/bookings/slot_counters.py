"""Take and give back places of slots: the only way in and out; the caller holds the transaction.

A slot's three counters – places left, places kept for the desk, persons waiting – are changed
here and nowhere else, together with the states of the bookings they count.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, bindparam, case, delete, literal, or_, select, update
from sqlalchemy.orm import attributes
from sqlalchemy.sql.dml import ReturningUpdate

from hub.bookings.models import Booking, BookingState, Ending, Excuse
from hub.catalogue.models import Admission
from hub.db import db
from hub.timetable.models import Series, Slot, SlotState

# Else SQLAlchemy would compare an UPDATE with every slot it has loaded; we know the one it changes.
UNSYNCHRONISED = {"synchronize_session": False}
Change = ReturningUpdate[int, int, int]  # of one slot, answered by its three counters
COUNTERS = ("places_left", "desk_places", "waiting")


def lock_slots(*slots: Slot) -> None:
    """Lock these slots until the transaction ends, and read them again.

    The other dates of a whole 期 are locked as well, because the parties that wait for it are
    served at all of them; always in the order of ids, so that two acts never wait for each other
    in a circle. Slots are locked before the rows of bookings.
    """
    here: ColumnElement[bool] = Slot.id.in_([slot.id for slot in slots])
    if series := {slot.series_id for slot in slots} - {None}:
        whole = select(Series.id).where(Series.id.in_(series), Series.is_whole)
        here = or_(here, Slot.series_id.in_(whole))
    locked = select(Slot).where(here).order_by(Slot.id)
    fresh = locked.with_for_update(key_share=True, of=Slot)
    # Fetched, because rows that are not fetched are locked but not read.
    db.session.scalars(fresh, execution_options={"populate_existing": True}).all()


def seat(
    bookings: Sequence[Booking],
    state: BookingState = BookingState.CONFIRMED,
    *,
    now: datetime,
    from_desk: bool = False,
    is_next: bool = False,
) -> bool:
    """Give bookings that stand or fall together their places: confirmed, or held for an offer.

    One UPDATE per slot, so two families never share the last place. Returns False and changes
    nothing if one of the slots has not enough places left. Where parties wait, a newcomer passes
    them only if the slot's policy lets smaller parties through (those that fit have been served
    before); `is_next` says that these are next. `from_desk` also takes places kept for the desk,
    for which nobody waits.
    Several slots are locked before, so that what was taken of the first can be put back.
    """
    before = {_slot_id(one): (one.slot.places_left, one.slot.desk_places) for one in bookings}
    taken: list[int] = []
    for slot_id, places in _by_slot(booking for booking in bookings if not booking.holds):
        if not _take(slot_id, places, from_desk, is_next):
            for taken_id in taken:
                left, desk_places = before[taken_id]
                _count(taken_id, places_left=left, desk_places=desk_places)
            return False
        taken.append(slot_id)
    _become(bookings, state, now)
    return True


def release(
    bookings: Sequence[Booking],
    state: BookingState,
    *,
    now: datetime,
    ending: Ending | None = None,
) -> None:
    """Take bookings out of the places they hold; the caller then serves the waiting list."""
    for slot_id, places in _by_slot(booking for booking in bookings if booking.holds):
        _count(slot_id, places_left=Slot.places_left + places)
    _become(bookings, state, now, ending)


def put_on_waiting_list(
    bookings: Sequence[Booking], *, now: datetime, however_many: bool = False
) -> bool:
    """Let bookings wait for a place; False if the waiting list of one of the slots is full."""
    for slot_id, persons in _counted(bookings):
        room = Slot.waiting + persons <= Slot.waiting_limit
        if not however_many and not _is_so(slot_id, room):
            return False
    release(bookings, BookingState.WAITING, now=now)
    return True


def resize(slot: Slot, capacity: int) -> bool:
    """Change the capacity of a locked slot; False if more places are taken than would be left.

    Places kept for the desk shrink before anybody's place is asked for.
    """
    desk_places = max(0, min(slot.desk_places, capacity - slot.taken))
    left = capacity - slot.taken - desk_places
    if left < 0:
        return False
    _count(slot.id, capacity=capacity, places_left=left, desk_places=desk_places)
    slot.capacity = capacity
    return True


def open_desk_places(slot: Slot) -> None:
    """Open what is still kept for the desk of a locked slot to everybody."""
    _count(slot.id, places_left=Slot.places_left + Slot.desk_places, desk_places=0)


def _take(slot_id: int, places: int, from_desk: bool, ahead_of_waiting: bool) -> bool:
    return _write(slot_id, _taking(places, from_desk, ahead_of_waiting))


@lru_cache(maxsize=100)
def _taking(places: int, from_desk: bool, ahead_of_waiting: bool) -> Change:
    """Build the UPDATE once per number of places: all who book at the same moment wait for it."""
    kept = case((Slot.desk_places >= places, places), else_=Slot.desk_places)
    at_desk = kept if from_desk else literal(0)
    enough = Slot.places_left + at_desk >= places
    kept_for_it = literal(from_desk) & (Slot.desk_places >= places)
    nobody_first = or_(
        Slot.waiting == 0, Slot.smaller_first, literal(ahead_of_waiting), kept_for_it
    )
    return _change(
        Slot.state == SlotState.OPEN,
        or_(
            Slot.admission != Admission.DRAW, Slot.drawn_at.is_not(None)
        ),  # no place is given before the draw
        enough,
        nobody_first,
        places_left=Slot.places_left - (places - at_desk),
        desk_places=Slot.desk_places - at_desk,
    )


def _become(
    bookings: Sequence[Booking],
    state: BookingState,
    now: datetime,
    ending: Ending | None = None,
) -> None:
    """Write the state and its history; keep the slot's number of waiting persons in step.

    Whatever excused a no-show ends with it: missed again later, it counts again.
    """
    cancelled_at = now if state is BookingState.CANCELLED else None
    persons: dict[int, int] = defaultdict(int)
    if missed := [booking.id for booking in bookings if booking.state is BookingState.NO_SHOW]:
        db.session.execute(delete(Excuse).where(Excuse.booking_id.in_(missed)))
    for booking in bookings:
        was_waiting = booking.state is BookingState.WAITING
        persons[_slot_id(booking)] += (state is BookingState.WAITING) - was_waiting
        booking.state, booking.cancelled_at, booking.ending = state, cancelled_at, ending
        booking.changes, booking.changed_at = (booking.changes or 0) + 1, now
        if state is BookingState.CONFIRMED and booking.confirmed_at is None:
            booking.confirmed_at = now
    for slot_id, more in sorted(persons.items()):
        if more:
            _count(slot_id, waiting=Slot.waiting + more)


def _count(slot_id: int, *conditions: ColumnElement[bool], **values: object) -> bool:
    """Change one slot's counters by one UPDATE; False if the conditions are not met."""
    return _write(slot_id, _change(*conditions, **values))


def _change(*conditions: ColumnElement[bool], **values: object) -> Change:
    change = update(Slot).where(Slot.id == bindparam("of_slot"), *conditions).values(**values)
    return change.returning(Slot.places_left, Slot.desk_places, Slot.waiting)


def _write(slot_id: int, change: Change) -> bool:
    here = {"of_slot": slot_id}
    counted = db.session.execute(change, here, execution_options=UNSYNCHRONISED).one_or_none()
    slot = db.session.identity_map.get(db.session.identity_key(Slot, slot_id))
    if counted and slot:
        for name, value in zip(COUNTERS, counted, strict=True):
            attributes.set_committed_value(slot, name, value)
    return counted is not None


def _is_so(slot_id: int, condition: ColumnElement[bool]) -> bool:
    return db.session.scalar(select(Slot.id).where(Slot.id == slot_id, condition)) is not None


def _by_slot(bookings: Iterable[Booking]) -> list[tuple[int, int]]:
    """Return how many places these bookings take in each slot, in the order of locking."""
    places: dict[int, int] = defaultdict(int)
    for booking in bookings:
        places[_slot_id(booking)] += booking.places
    return sorted(places.items())


def _counted(bookings: Iterable[Booking]) -> list[tuple[int, int]]:
    persons: dict[int, int] = defaultdict(int)
    for booking in bookings:
        persons[_slot_id(booking)] += booking.state is not BookingState.WAITING
    return sorted(persons.items())


def _slot_id(booking: Booking) -> int:
    return booking.slot_id or booking.slot.id  # a booking that is not saved yet knows only its slot
