"""Promise, freeze, number and hold the draws of slots and of whole 期.

The caller holds the transaction. Slots are locked before the draw's row, and each step is claimed
by one UPDATE: it happens once. The worker finds and does what is due (jobs.scheduled_jobs).
"""

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, exists, func, insert, or_, select, text, update
from sqlalchemy.orm import aliased, load_only

from hub.actor import Actor
from hub.audit import record
from hub.bookings import messages, rules
from hub.bookings.audit import record_all
from hub.bookings.draw.models import TO_DRAW, TO_FREEZE, Draw, DrawEntry
from hub.bookings.draw.queries import draw_of, drawn_together, entered_parties, list_of, rows_of
from hub.bookings.draw.rules import (
    LATEST,
    NUMBER,
    Entry,
    Outcome,
    allot,
    commitment,
    draw_secret,
    drawn_until,
    order,
    seed_of,
)
from hub.bookings.models import Booking, BookingState, Ending
from hub.bookings.slot_counters import (
    UNSYNCHRONISED,
    lock_slots,
    put_on_waiting_list,
    release,
    seat,
)
from hub.bookings.waiting_list.actions import serve_waiting_list
from hub.bookings.waiting_list.queries import busy_elsewhere
from hub.db import db
from hub.refusals import Refused
from hub.timetable.models import Series, Slot, SlotState

BATCH = 200  # of one step in one round of the worker
# Spelled out, as the index is: a bound value would not match it.
IS_TO_COME = text("slot.admission = 'draw' AND slot.drawn_at IS NULL")


def unpromised(now: datetime) -> Sequence[int]:
    """Return the slots whose draw has not been promised; of a whole 期 all slots.

    Two queries, because an OR of two NOT EXISTS makes PostgreSQL read all slots.
    """
    is_whole = exists().where(Series.id == Slot.series_id, Series.is_whole)
    own = exists().where(Draw.slot_id == Slot.id)
    sibling = aliased(Slot)
    of_series = exists().where(Draw.slot_id == sibling.id, sibling.series_id == Slot.series_id)
    found = [
        (opens_at, slot_id)
        for without_draw in ((~is_whole, ~own), (is_whole, ~of_series))
        for opens_at, slot_id in db.session.execute(
            select(Slot.opens_at, Slot.id)
            .where(IS_TO_COME, Slot.state == SlotState.OPEN, Slot.starts_at > now, *without_draw)
            .order_by(Slot.opens_at, Slot.id)
            .limit(BATCH)
        )
    ]
    return [slot_id for _opens_at, slot_id in sorted(found)[:BATCH]]


def to_freeze(now: datetime) -> Sequence[int]:
    """Return the draws whose entries have ended and whose list is still open."""
    return db.session.scalars(
        select(Draw.id)
        .join(Draw.slot)
        .where(text(TO_FREEZE), Slot.entries_until <= now, _is_held())
        .order_by(Draw.id)
        .limit(BATCH)
    ).all()


def to_draw(_now: datetime) -> Sequence[int]:
    """Return the draws with a closed list that have their public number, or need none."""
    asked = (
        select(func.coalesce(func.sum(Booking.places), 0))
        .where(Booking.slot_id == Draw.slot_id, Booking.state == BookingState.ENTERED)
        .scalar_subquery()
    )
    return db.session.scalars(
        select(Draw.id)
        .join(Draw.slot)
        .where(text(TO_DRAW), _is_held())
        .where(or_(Draw.numbered_at.is_not(None), asked <= Slot.places_left))
        .order_by(Draw.id)
        .limit(BATCH)
    ).all()


def to_give_up(now: datetime) -> Sequence[int]:
    """Return the slots that begin so soon that their draw, which has not been held, is given up."""
    # By the index of the draws to come: that of all starts would read every slot there ever was.
    opened = Slot.opens_at <= now + LATEST, Slot.state == SlotState.OPEN
    to_come = (
        select(Slot)
        .where(IS_TO_COME, *opened)
        .options(load_only(Slot.starts_at, Slot.entries_until))
        .order_by(Slot.opens_at, Slot.id)
    )
    due = [slot.id for slot in db.session.scalars(to_come) if now >= drawn_until(slot)]
    return due[:BATCH]


def promise_one(slot_id: int, now: datetime) -> bool:
    """Promise the draw of a slot; False if it was promised before."""
    slot = db.session.get_one(Slot, slot_id)
    lock_slots(slot)
    if not slot.takes_entries or draw_of(slot) is not None:
        return False
    promise(slot, now)
    return True


def freeze_one(draw_id: int, now: datetime) -> bool:
    """Close the list of a draw; False if it was closed before."""
    return freeze(db.session.get_one(Draw, draw_id), now)


def draw_one(draw_id: int, now: datetime) -> bool:
    """Hold a draw; False if it was held before or is not due."""
    return run_draw(db.session.get_one(Draw, draw_id), now)


def give_up_one(slot_id: int, now: datetime) -> bool:
    """Give up the draw of a slot; False if it was held or given up before, or is still due."""
    slot = db.session.get_one(Slot, slot_id)
    lock_slots(slot)
    return slot.takes_entries and give_up(promise(slot, now), now)


def promise(slot: Slot, now: datetime) -> Draw:
    """Return the draw of a locked slot; if there is none yet, make and commit it."""
    draw = draw_of(slot)
    if draw is None:
        secret = draw_secret()
        draw = Draw(
            slot=drawn_together(slot)[0],
            secret=secret,
            commitment=commitment(secret),
            committed_at=now,
        )
        db.session.add(draw)
        db.session.flush()
        record("promise_draw", draw, account_id=None)
    return draw


def enter(bookings: Sequence[Booking], slot: Slot, now: datetime) -> None:
    """Enter new bookings for the draw of a locked slot. Raises Refused once its list is closed.

    Nobody can enter for what is not promised: where the worker has not been yet, it is done here.
    """
    draw = promise(slot, now)
    rules.check_takes_entries(slot, now, is_frozen=draw.frozen_at is not None)
    release(bookings, BookingState.ENTERED, now=now)


def freeze(draw: Draw, now: datetime) -> bool:
    """Close the list and give each party its number and tier; False if it was closed before."""
    lock_slots(draw.slot)
    if not _claim(draw, Draw.frozen_at.is_(None), frozen_at=now):
        return False
    entries = list_of(draw)
    if entries:
        db.session.execute(insert(DrawEntry), entries)
    record("freeze_draw", draw, account_id=None, detail=str(len(entries)))
    return True


def enter_number(draw: Draw, number: str, source: str, by: Actor) -> None:
    """Save the public number and its source, once. Raises Refused."""
    if not NUMBER.fullmatch(number):
        raise Refused(_("公开数字是 3 位，只写这 3 个数字，中间不空格，比如 407。"))
    lock_slots(draw.slot)
    db.session.refresh(draw)
    held = [slot for slot in drawn_together(draw.slot) if slot.is_open]
    if not held:
        raise Refused(_("这一场停办了，不摇号。"))
    if draw.slot.draw_given_up_at or by.now >= drawn_until(held[0]):
        raise Refused(_("已经过了最晚的摇号时间，这一场不再摇号，名额先到先得。"))
    if draw.frozen_at is None:
        raise Refused(_("名单还没公布，现在不能写公开数字。"))
    if draw.drawn_at is not None or not _claim(
        draw,
        Draw.numbered_at.is_(None),
        public_number=number,
        public_source=" ".join(source.split()),
        numbered_by_id=by.account_id,
        numbered_at=by.now,
    ):
        raise Refused(_("这一场的公开数字已经定了，不能再改。"))
    record("number_draw", draw, account_id=by.account_id, detail=number)


def run_draw(draw: Draw, now: datetime) -> bool:
    """Hold the draw and give each party what it drew; False if it was held before or is not due.

    Without its public number nothing is drawn, unless all who are entered fit; and nothing so late
    that families cannot come any more (`give_up`).
    """
    lock_slots(draw.slot)
    db.session.refresh(draw)
    together = drawn_together(draw.slot)
    held = [slot for slot in together if slot.is_open]
    if draw.frozen_at is None or not held or now >= drawn_until(held[0]):
        return False
    parties, elsewhere = _who_can_come(entered_parties(held))
    listed = rows_of(draw)
    # Of a party some may have withdrawn since the list was closed, or all.
    asked = {
        row.registration: min(row.places, _asked(parties[row.party]))
        for row in listed
        if row.party in parties
    }
    places = min(slot.places_left for slot in held)
    if draw.numbered_at is None and sum(asked.values()) > places:
        return False
    if not _claim(draw, Draw.drawn_at.is_(None), drawn_at=now, places=places):
        return False
    for slot in together:
        slot.drawn_at = now
    _let_go(elsewhere, now)
    for row in listed:
        row.places = asked.get(row.registration, row.places)
    db.session.flush()

    in_order = _order(draw, listed, asked, held[0])
    drawn = {
        outcome: [parties[row.party] for row in in_order if row.outcome == outcome]
        for outcome in (Outcome.PLACE, Outcome.WAITING, Outcome.NONE)
    }
    _give(drawn, now)
    record("draw", draw, account_id=None, detail=f"{places} places, {len(asked)} of {len(listed)}")
    _tell(drawn, held[0], now)
    for slot in held:
        serve_waiting_list(slot, by=Actor(None, now))
    return True


def give_up(draw: Draw, now: datetime) -> bool:
    """Give up a draw that was not held in time: entries end, their families are told, places open.

    From then on places go to those who come first. False if it was held before, or is still due.
    """
    lock_slots(draw.slot)
    db.session.refresh(draw)
    together = drawn_together(draw.slot)
    held = [slot for slot in together if slot.is_open]
    if not held or now < drawn_until(held[0]):
        return False
    if not _claim(draw, Draw.drawn_at.is_(None), drawn_at=now):
        return False
    for slot in together:
        slot.drawn_at = slot.draw_given_up_at = now
    parties = entered_parties(held)
    entered = [one for party in parties.values() for one in party]
    release(entered, BookingState.CANCELLED, ending=Ending.NOT_DRAWN, now=now)
    db.session.flush()
    record("give_up_draw", draw, account_id=None)
    record_all("give_up_draw", entered, None)
    for party in parties.values():
        messages.tell_draw_given_up(party, now)
    return True


def _who_can_come(
    entered: Mapping[str, list[Booking]],
) -> tuple[dict[str, list[Booking]], list[Booking]]:
    """Return the parties without those who took a place elsewhere at the same time, and these.

    Of a whole 期 the person leaves with all dates.
    """
    busy = busy_elsewhere([one.id for party in entered.values() for one in party])
    gone = {
        (one.party, one.person_id) for party in entered.values() for one in party if one.id in busy
    }
    parties = {
        number: [one for one in party if (number, one.person_id) not in gone]
        for number, party in entered.items()
    }
    elsewhere = [
        one for party in entered.values() for one in party if (one.party, one.person_id) in gone
    ]
    return {number: party for number, party in parties.items() if party}, elsewhere


def _let_go(elsewhere: Sequence[Booking], now: datetime) -> None:
    """End the entries of those who took a place elsewhere at the same time, and tell them."""
    release(elsewhere, BookingState.CANCELLED, ending=Ending.NOT_DRAWN, now=now)
    db.session.flush()
    record_all("leave_draw", elsewhere, None)
    of_person: dict[tuple[str, int | None], list[Booking]] = defaultdict(list)
    for booking in elsewhere:
        of_person[booking.party, booking.person_id].append(booking)
    for bookings in of_person.values():
        messages.tell_left_draw(bookings, now)


def _order(
    draw: Draw, listed: Sequence[DrawEntry], standing: Container[int], slot: Slot
) -> list[DrawEntry]:
    """Return the list in the drawn order, each row with its position and outcome."""
    lines = {row.registration: row for row in listed}
    entries = [Entry(n, row.tier, row.lost_before, row.places) for n, row in lines.items()]
    if draw.numbered_at:
        entries = order(entries, seed_of(draw.secret, draw.public_number))
    in_line = [entry for entry in entries if entry.registration in standing]
    outcomes = allot(in_line, draw.places or 0, slot.waiting_limit, slot.smaller_first)
    for position, entry in enumerate(entries, start=1):
        row = lines[entry.registration]
        row.position = position
        row.outcome = outcomes.get(entry.registration, Outcome.WITHDRAWN).value
    return [lines[entry.registration] for entry in entries]


def _give(drawn: Mapping[Outcome, Sequence[Sequence[Booking]]], now: datetime) -> None:
    """Give each party what it drew: places, turns before all later ones, or nothing."""
    placed = _all(drawn[Outcome.PLACE])
    if placed and not seat(placed, now=now, is_next=True):
        raise RuntimeError("a draw gave out more places than there are")
    waiting = drawn[Outcome.WAITING]
    for turn, party in enumerate(waiting, start=-len(waiting)):
        for booking in party:
            booking.turn = turn
    put_on_waiting_list(_all(waiting), now=now, however_many=True)
    nothing = _all(drawn[Outcome.NONE])
    release(nothing, BookingState.CANCELLED, ending=Ending.NOT_DRAWN, now=now)
    db.session.flush()
    record_all("draw", _all([*drawn[Outcome.PLACE], *waiting, *drawn[Outcome.NONE]]), None)


def _tell(drawn: Mapping[Outcome, Sequence[Sequence[Booking]]], slot: Slot, now: datetime) -> None:
    here = select(Booking.household_id).where(Booking.slot_id == slot.id)
    guardians = messages.guardians_of(here)
    for party in drawn[Outcome.PLACE]:
        messages.tell_place(party, now, guardians)
    for party in drawn[Outcome.WAITING]:
        messages.tell_not_drawn(party, now, waits=True, guardians=guardians)
    for party in drawn[Outcome.NONE]:
        messages.tell_not_drawn(party, now, waits=False, guardians=guardians)


def _asked(party: Sequence[Booking]) -> int:
    """Return how many places a party asks for; in a 期, on the date for which it asks for most."""
    by_slot: dict[int, int] = defaultdict(int)
    for booking in party:
        by_slot[booking.slot_id] += booking.places
    return max(by_slot.values())


def _claim(draw: Draw, unclaimed: ColumnElement[bool], **values: object) -> bool:
    """Change the draw by one UPDATE; False if somebody has done it before."""
    claim = update(Draw).where(Draw.id == draw.id, unclaimed).values(**values).returning(Draw.id)
    claimed = db.session.scalar(claim, execution_options=UNSYNCHRONISED)
    db.session.refresh(draw)
    return claimed is not None


def _is_held() -> ColumnElement[bool]:
    """Condition: the slot is not called off, or it is of a 期 of which another date takes place."""
    other = aliased(Slot)
    of_series = exists().where(
        other.series_id == Slot.series_id, other.state == SlotState.OPEN, other.drawn_at.is_(None)
    )
    return or_(Slot.state == SlotState.OPEN, of_series)


def _all(parties: Sequence[Sequence[Booking]]) -> list[Booking]:
    return [booking for party in parties for booking in party]
