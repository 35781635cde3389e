"""Reads over draws: the draw of a slot, who is entered, the frozen list and its outcomes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from hub.accounts.models import Account, Role, RoleName
from hub.bookings.draw.models import Draw, DrawEntry
from hub.bookings.draw.rules import Entry, Outcome
from hub.bookings.models import Booking, BookingState
from hub.bookings.waiting_list.models import Offer
from hub.db import db
from hub.families.models import Guardian, Priority
from hub.timetable.models import Slot

ENTRIES_ON_A_PAGE = 100


@dataclass(frozen=True)
class Group:
    """Parties of the same tier, how many there were and how many got places."""

    tier: int
    lost_before: bool
    parties: int
    placed: int

    @property
    def percent(self) -> int:
        return self.placed * 100 // self.parties if self.parties else 0


@dataclass(frozen=True)
class ListEntry:
    """One party on the list as its page shows it."""

    registration: int
    tier: int
    lost_before: bool
    places: int
    position: int | None
    outcome: str  # an Outcome; empty before the draw


def draw_of(slot: Slot) -> Draw | None:
    """Return the draw that a slot is part of, read anew; a whole 期 has one for all its slots."""
    here = select(Draw).join(Draw.slot).where(_together(slot))
    return db.session.scalar(here, execution_options={"populate_existing": True})


def drawn_together(slot: Slot) -> list[Slot]:
    """Return the slots that one draw decides, in order: all of a whole 期, else this one."""
    together = select(Slot).where(_together(slot)).order_by(Slot.starts_at, Slot.id)
    return list(db.session.scalars(together))


def entered(slot: Slot) -> tuple[int, int]:
    """Return how many parties are entered by now, and how many places they ask for."""
    parties, places = db.session.execute(
        select(func.count(Booking.party.distinct()), func.coalesce(func.sum(Booking.places), 0))
        .where(Booking.slot_id == slot.id, Booking.state == BookingState.ENTERED)
        .select_from(Booking)
    ).one()
    return parties, places


def list_of(draw: Draw) -> list[dict[str, Any]]:
    """Return the rows of the list as it is frozen: the parties entered by now, first come first."""
    here = (
        Booking.slot_id.in_([slot.id for slot in drawn_together(draw.slot)]),
        Booking.state == BookingState.ENTERED,
    )
    in_slots = (
        select(Booking.party, func.sum(Booking.places), func.min(Booking.id))
        .where(*here)
        .group_by(Booking.party, Booking.slot_id)
    )
    places: dict[str, int] = defaultdict(int)
    came: dict[str, int] = {}
    for party, asked, first in db.session.execute(in_slots):
        places[party] = max(places[party], asked)  # in each slot of a 期 the same
        came[party] = min(came.get(party, first), first)
    of_party = select(Booking.party).where(*here)
    known = of_party.join(Priority, Priority.person_id == Booking.person_id)
    goes_first = set(db.session.scalars(known))
    lost_before = set(
        db.session.scalars(of_party.where(Booking.person_id.in_(_lost_last_time(draw))))
    )
    return [
        {
            "draw_id": draw.id,
            "registration": registration,
            "party": party,
            "tier": 0 if party in goes_first else 1,
            "lost_before": party in lost_before,
            "places": places[party],
        }
        for registration, party in enumerate(sorted(came, key=came.__getitem__), start=1)
    ]


def rows_of(draw: Draw) -> Sequence[DrawEntry]:
    """Return the frozen list, to be drawn."""
    listed = select(DrawEntry).where(DrawEntry.draw_id == draw.id)
    return db.session.scalars(listed.order_by(DrawEntry.registration)).all()


def entered_parties(slots: Sequence[Slot]) -> dict[str, list[Booking]]:
    """Return the entered parties, each with its bookings in all of the slots."""
    here = (
        select(Booking)
        .where(Booking.slot_id.in_([slot.id for slot in slots]))
        .where(Booking.state == BookingState.ENTERED)
        .options(joinedload(Booking.person))
        .order_by(Booking.starts_at, Booking.id)
    )
    parties: dict[str, list[Booking]] = defaultdict(list)
    for booking in db.session.scalars(here, execution_options={"populate_existing": True}):
        parties[booking.party].append(booking)
    return parties


def list_entries(draw: Draw, page_number: int) -> tuple[list[ListEntry], bool]:
    """Return one page of the list, as drawn once it is drawn, and whether there is more."""
    first = (page_number - 1) * ENTRIES_ON_A_PAGE
    order = DrawEntry.registration if draw.drawn_at is None else DrawEntry.position
    rows = db.session.execute(
        _list_entries(draw).order_by(order).offset(first).limit(ENTRIES_ON_A_PAGE + 1)
    )
    found = [ListEntry(*row) for row in rows]
    return found[:ENTRIES_ON_A_PAGE], len(found) > ENTRIES_ON_A_PAGE


def my_list_entries(account: Account, draw: Draw) -> list[ListEntry]:
    """Return the entries of the account's household."""
    mine = (
        select(Booking.party)
        .join(Guardian, Guardian.household_id == Booking.household_id)
        .where(Guardian.account_id == account.id, Booking.slot_id == draw.slot_id)
    )
    of_mine = _list_entries(draw).where(DrawEntry.party.in_(mine)).order_by(DrawEntry.registration)
    return [ListEntry(*row) for row in db.session.execute(of_mine)]


def frozen_list(draw: Draw) -> tuple[list[Entry], set[int]]:
    """Return the whole list by registration, and the registrations withdrawn since."""
    entries, withdrawn = [], set()
    for row in db.session.execute(_list_entries(draw).order_by(DrawEntry.registration)):
        line = ListEntry(*row)
        entries.append(Entry(line.registration, line.tier, line.lost_before, line.places))
        if line.outcome == Outcome.WITHDRAWN:
            withdrawn.add(line.registration)
    return entries, withdrawn


def groups(draw: Draw) -> list[Group]:
    """Return the groups of the draw without the withdrawn parties."""
    placed = case((DrawEntry.outcome == Outcome.PLACE, 1), else_=0)
    rows = db.session.execute(
        select(DrawEntry.tier, DrawEntry.lost_before, func.count(), func.sum(placed))
        .where(DrawEntry.draw_id == draw.id, DrawEntry.outcome != Outcome.WITHDRAWN)
        .group_by(DrawEntry.tier, DrawEntry.lost_before)
        .order_by(DrawEntry.tier, DrawEntry.lost_before.desc())
    )
    return [Group(*row) for row in rows]


def listed(draw: Draw) -> int:
    """Return how many parties are on the frozen list."""
    on_list = DrawEntry.draw_id == draw.id
    return db.session.scalars(select(func.count()).where(on_list)).one()


def role_of_who_numbered(draw: Draw, centre_id: int) -> RoleName | None:
    """Return the role of the account that typed the number in: shown instead of a name."""
    names = db.session.scalars(
        select(Role.name)
        .where(Role.account_id == draw.numbered_by_id)
        .where((Role.centre_id == centre_id) | Role.centre_id.is_(None))
    ).all()
    return max(names, key=list(RoleName).index, default=None)


def _together(slot: Slot) -> ColumnElement[bool]:
    if slot.series is not None and slot.series.is_whole:
        return Slot.series_id == slot.series_id
    return Slot.id == slot.id


def _lost_last_time(draw: Draw) -> Select[int | None]:
    """Select the persons who took part in the activity's last draw and got no place there."""
    entries = exists().where(DrawEntry.draw_id == Draw.id)
    last = (
        select(Draw.id, Draw.slot_id)
        .join(Draw.slot)
        .where(Slot.activity_id == draw.slot.activity_id, Draw.drawn_at.is_not(None), entries)
        .where(Slot.draw_given_up_at.is_(None))
        .order_by(Draw.drawn_at.desc(), Draw.id.desc())
        .limit(1)
        .subquery()
    )
    there, elsewhere = aliased(Booking), aliased(Booking)
    # The household is what its index begins with.
    offered = exists().where(Offer.household_id == there.household_id, Offer.party == there.party)
    had_a_place = select(there.person_id).where(
        there.slot_id == select(last.c.slot_id).scalar_subquery(),
        there.person_id.is_not(None),
        or_(there.confirmed_at.is_not(None), offered),
    )
    return (
        select(elsewhere.person_id)
        .join(DrawEntry, DrawEntry.party == elsewhere.party)
        .where(DrawEntry.draw_id == select(last.c.id).scalar_subquery())
        .where(DrawEntry.outcome.in_((Outcome.WAITING, Outcome.NONE)))
        .where(elsewhere.person_id.not_in(had_a_place))
    )


def _list_entries(draw: Draw) -> Select[int, int, bool, int, int | None, str]:
    """Select the entries; before the draw, a party without an entry left counts as withdrawn."""
    still = aliased(Booking)
    stands = exists().where(still.party == DrawEntry.party, still.state == BookingState.ENTERED)
    outcome = (
        case((stands, ""), else_=Outcome.WITHDRAWN.value)
        if draw.drawn_at is None
        else DrawEntry.outcome
    )
    return select(
        DrawEntry.registration,
        DrawEntry.tier,
        DrawEntry.lost_before,
        DrawEntry.places,
        DrawEntry.position,
        outcome,
    ).where(DrawEntry.draw_id == draw.id)
