"""Serve the waiting list, answer offers, move parties up.

The caller holds the transaction; slots are locked before (`slot_counters.lock_slots`).
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, joinedload

from hub.actor import Actor
from hub.bookings import messages, rules
from hub.bookings.audit import record_all
from hub.bookings.deadlines import offer_until
from hub.bookings.models import Booking, BookingState, Ending
from hub.bookings.slot_counters import UNSYNCHRONISED, lock_slots, release, seat
from hub.bookings.waiting_list.models import Answer, Offer, Reordering
from hub.bookings.waiting_list.queries import busy_elsewhere
from hub.db import db
from hub.refusals import refusal_of
from hub.timetable.models import Slot

# Ended bookings do not tell whether a party waits for all dates of a 期 or for one.
ENDED = (BookingState.CANCELLED,)


def serve_waiting_list(slot: Slot, by: Actor) -> None:
    """Give free places to the parties that wait, in order: held until they answer, or at once.

    A party is served only when all of it fits; later parties are served meanwhile only if the
    slot's policy lets smaller parties through. No offers are made in the last minutes before the
    start: then free places go to those who press first.
    """
    if not slot.is_open or slot.takes_entries or by.now >= slot.starts_at or not slot.waiting:
        return
    for party in _waiting_parties(slot):
        if not slot.places_left:
            return
        first, until = party[0].slot, None  # a whole 期 begins with its first date
        if slot.offer_minutes:
            until = offer_until(by.now, first.starts_at, slot.offer_minutes)
        if by.now >= first.starts_at or (slot.offer_minutes and until is None):
            continue
        state = BookingState.OFFERED if until else BookingState.CONFIRMED
        if _seat_next(party, state, by.now):
            _tell_turn(party, until, by.account_id, by.now)
        elif not slot.smaller_first:
            return


def serve_waiting_lists(slots: Iterable[Slot], by: Actor) -> None:
    """Serve the waiting lists of several slots, and of the other dates of their 期.

    A party that waited for all dates and gave one up, or one of whose dates was called off, may fit
    now.
    """
    here = {slot.id: slot for slot in slots}
    if series := {slot.series_id for slot in here.values()} - {None}:
        dates = select(Slot).where(Slot.series_id.in_(series), Slot.waiting > 0)
        here |= {slot.id: slot for slot in db.session.scalars(dates)}
    for _slot_id, slot in sorted(here.items()):
        serve_waiting_list(slot, by=by)


def end_waiting_for_begun_series(slot: Slot, *, now: datetime) -> None:
    """End and tell the parties that waited for the whole of a 期 that has begun.

    The slot is one of its dates, locked. Parties that wait for a single date go on waiting, and so
    do those of whose places the staff took one back.
    """
    of_party = aliased(Booking)
    has_some = exists().where(
        of_party.party == Booking.party, of_party.state.not_in((BookingState.WAITING, *ENDED))
    )
    begun = (
        select(Booking.party)
        .join(Booking.slot)
        .where(Slot.series_id == slot.series_id, Booking.starts_at <= now)
        .where(Booking.state == BookingState.WAITING, ~has_some)
    )
    in_vain = select(Booking).where(
        Booking.party.in_(begun), Booking.state == BookingState.WAITING, Booking.starts_at > now
    )
    parties: dict[str, list[Booking]] = {}
    for booking in db.session.scalars(
        in_vain.options(joinedload(Booking.person)).order_by(Booking.starts_at, Booking.id)
    ):
        parties.setdefault(booking.party, []).append(booking)
    for party in parties.values():
        release(party, BookingState.CANCELLED, ending=Ending.EXPIRED, now=now)
        db.session.flush()
        record_all("expire", party, None)
        messages.tell_begun(party, now)


def accept(offer: Offer, by: Actor) -> bool:
    """Accept an offer: the held places are confirmed. False if the offer had ended before.

    One that is over ends here, whatever the worker does. Raises Refused where somebody does not
    fit any more.
    """
    bookings = _held_by(offer)
    if by.now >= offer.until:
        expire(offer, now=by.now)
        return False
    if not _answer(offer, Answer.ACCEPTED, by.account_id, by.now):
        return False
    if not _still_fits(bookings):
        raise rules.fits_no_more()
    seat(bookings, now=by.now)
    db.session.flush()
    record_all("accept", bookings, by.account_id)
    # Waiting bookings of the same party were not asked while this offer was open.
    serve_waiting_lists((booking.slot for booking in bookings), by=by)
    return True


def decline(offer: Offer, by: Actor) -> bool:
    """Decline an offer: the held places go to the next party. False if it had ended before."""
    return _give_up(offer, Answer.DECLINED, Ending.DECLINED, by.account_id, by.now)


def expire(offer: Offer, *, now: datetime) -> bool:
    """End an offer not answered in time and serve the next party. False if it had ended before."""
    if now < offer.until:
        return False
    bookings = _held_by(offer)
    if not _give_up(offer, Answer.EXPIRED, Ending.EXPIRED, None, now):
        return False
    messages.tell_offer_expired(bookings, now)
    return True


def expire_overdue(slots: Iterable[Slot], *, now: datetime) -> bool:
    """End the offers of these slots that are over; whether there were any.

    The worker does it in time; those who want one of the places do not wait for it.
    """
    over = Offer.slot_id.in_([slot.id for slot in slots]), Offer.answered_at.is_(None)
    ended_before = select(Offer).where(*over, Offer.until <= now)
    overdue = db.session.scalars(ended_before.order_by(Offer.until, Offer.id)).all()
    ended = [expire(offer, now=now) for offer in overdue]
    return any(ended)


def withdraw_offers(parties: Sequence[str], by: Actor) -> None:
    """End the open offers of parties that hold no offered place any more."""
    still_held = select(Booking.party).where(
        Booking.party.in_(parties), Booking.state == BookingState.OFFERED
    )
    db.session.execute(
        update(Offer)
        .where(Offer.party.in_(parties), Offer.answered_at.is_(None))
        .where(Offer.party.not_in(still_held))
        .values(answered_at=by.now, answer=Answer.WITHDRAWN, account_id=by.account_id),
        execution_options=UNSYNCHRONISED,
    )


def move_up(booking: Booking, reason: str, by: Actor) -> bool:
    """Put a waiting party at the head of the list, with a reason; False if it does not wait."""
    lock_slots(booking.slot)
    db.session.refresh(booking)
    if not booking.is_waiting:
        return False
    move_to_head([booking], now=by.now)
    write_reason(booking, reason, by)
    record_all("move_up", [booking], by.account_id)
    serve_waiting_list(booking.slot, by=by)
    return True


def write_reason(booking: Booking, reason: str, by: Actor) -> None:
    """Keep why a booking passed those who wait: the manager reads it, and so do they."""
    db.session.add(
        Reordering(
            slot_id=booking.slot_id,
            centre_id=booking.slot.centre_id,
            booking=booking,
            account_id=by.account_id,
            at=by.now,
            reason=reason,
        )
    )
    db.session.flush()


def move_to_head(bookings: Sequence[Booking], *, now: datetime) -> None:
    """Make these parties the next ones of their slots, in the order given."""
    for booking in reversed(bookings):
        waiting = Booking.state == BookingState.WAITING
        party = select(Booking).where(Booking.party == booking.party, waiting)
        slots = party.with_only_columns(Booking.slot_id)
        before = select(func.min(Booking.turn)).where(Booking.slot_id.in_(slots), waiting)
        first = db.session.scalar(before)
        for member in db.session.scalars(party):
            member.turn = (first or 0) - 1
        db.session.flush()


def _waiting_parties(slot: Slot) -> list[list[Booking]]:
    """Return the waiting parties in order, each with all its turns, its first date first.

    A party that waits for a whole 期 waits in all its dates; one of whose places the staff took one
    back waits for that one alone. A party with an open offer is left out: it answers one at a time;
    so is one in which somebody does not fit any more, or has a place elsewhere at the same time.
    """
    answers = exists().where(Offer.party == Booking.party, Offer.answered_at.is_(None))
    waiting = (
        select(Booking)
        .where(Booking.slot_id == slot.id, Booking.state == BookingState.WAITING, ~answers)
        .options(joinedload(Booking.person))
        .order_by(Booking.turn, Booking.id)
    )
    parties: dict[str, list[Booking]] = {}
    for booking in db.session.scalars(waiting):
        parties.setdefault(booking.party, []).append(booking)
    if slot.series_id and parties:
        _add_dates(parties, slot)
    busy = busy_elsewhere([booking.id for party in parties.values() for booking in party])
    return [
        party
        for party in parties.values()
        if _still_fits(party) and busy.isdisjoint(booking.id for booking in party)
    ]


def _seat_next(party: Sequence[Booking], state: BookingState, now: datetime) -> bool:
    """Seat the party that is next; False if it does not fit, or is booked elsewhere this moment.

    A family may take a place at the same time in another slot while this is done; then the
    database refuses the second one, and this party goes on waiting.
    """
    try:
        with db.session.begin_nested():
            is_seated = seat(party, state, now=now, is_next=True)
            db.session.flush()
    except IntegrityError:
        lock_slots(*{booking.slot_id: booking.slot for booking in party}.values())
        return False
    return is_seated


def _still_fits(party: Sequence[Booking]) -> bool:
    """Whether everybody of a party still fits: what was entered may have been corrected since."""
    return all(
        booking.person is not None
        and refusal_of(
            rules.check_fits, booking.slot, booking.person.name, booking.person.birth_date
        )
        is None
        for booking in party
    )


def _add_dates(parties: dict[str, list[Booking]], slot: Slot) -> None:
    elsewhere = (
        select(Booking)
        .where(Booking.party.in_(parties), Booking.slot_id != slot.id)
        .where(Booking.state.not_in(ENDED))
        .options(joinedload(Booking.person))
    )
    dates: dict[str, list[Booking]] = {}
    for booking in db.session.scalars(elsewhere):
        dates.setdefault(booking.party, []).append(booking)
    for party, bookings in dates.items():
        if all(booking.is_waiting for booking in bookings):
            together = parties[party] + bookings
            parties[party] = sorted(together, key=lambda booking: (booking.starts_at, booking.id))


def _tell_turn(
    party: Sequence[Booking],
    until: datetime | None,
    account_id: int | None,
    now: datetime,
) -> None:
    if until is None:
        record_all("confirm", party, account_id)
        messages.tell_place(party, now)
        return
    offer = Offer(
        party=party[0].party,
        slot=party[0].slot,
        household_id=party[0].household_id,
        token=secrets.token_urlsafe(16),
        made_at=now,
        until=until,
    )
    db.session.add(offer)
    record_all("offer", party, account_id)
    messages.tell_offer(offer, party, now)


def _give_up(
    offer: Offer, answer: Answer, ending: Ending, account_id: int | None, now: datetime
) -> bool:
    bookings = _held_by(offer)
    if not _answer(offer, answer, account_id, now):
        return False
    release(bookings, BookingState.CANCELLED, ending=ending, now=now)
    db.session.flush()
    record_all(answer.value, bookings, account_id)
    serve_waiting_lists((booking.slot for booking in bookings), by=Actor(account_id, now))
    return True


def _held_by(offer: Offer) -> list[Booking]:
    """Lock the slots, then return the bookings for which the offer holds places."""
    lock_slots(offer.slot)
    held = select(Booking).where(
        Booking.party == offer.party, Booking.state == BookingState.OFFERED
    )
    return list(
        db.session.scalars(
            held.options(joinedload(Booking.person), joinedload(Booking.slot)).order_by(Booking.id),
            execution_options={"populate_existing": True},
        )
    )


def _answer(offer: Offer, answer: Answer, account_id: int | None, now: datetime) -> bool:
    """Claim the offer by one UPDATE, so that it is answered once; False if it had been."""
    claim = (
        update(Offer)
        .where(Offer.id == offer.id, Offer.answered_at.is_(None))
        .values(answered_at=now, answer=answer, account_id=account_id)
        .returning(Offer.id)
    )
    claimed = db.session.scalar(claim, execution_options=UNSYNCHRONISED)
    db.session.expire(offer, ["answered_at", "answer", "account_id"])
    return claimed is not None
