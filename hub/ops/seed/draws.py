"""The demo's draws: some with a result to look at, some whose entries are open."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from hub.accounts.queries import account_with
from hub.actor import Actor
from hub.bookings.draw import actions as draws
from hub.bookings.draw.models import Draw
from hub.bookings.single_slot.actions import book
from hub.catalogue.models import Admission
from hub.db import db
from hub.families.models import Person
from hub.notices.models import Notice
from hub.ops.seed import people
from hub.ops.seed.bookings import Diary, Span, fits
from hub.ops.seed.files import rows_of
from hub.timetable.models import Slot, SlotState

PER_PLACE = 2  # how many ask for each place
EVENING = timedelta(hours=2)  # after entries end the number is there, and the draw is over
NUMBER, SOURCE = "407", "演示数据，不是真的开奖号码"


def hold_draws(home_id: int, now: datetime) -> None:
    """Let neighbours enter the draws whose entries are open, and hold those that are closed.

    The resident enters the first that is still to come. Nobody is told of what is made up.
    """
    account, household = people.resident()
    resident = [(person, account.id) for person in household] if account else []
    diary, neighbours = Diary(now - timedelta(days=14)), people.neighbours()
    for slot in _slots_with_draws(home_id, now):
        entries_until = slot.entries_until or slot.starts_at
        draw = draws.promise(slot, slot.opens_at - timedelta(days=1))
        is_over = entries_until + EVENING <= now
        _enter(slot, neighbours, diary, Span(slot.opens_at, min(entries_until, now)))
        if is_over:
            _hold(draw, entries_until)
        elif resident:
            last = min(entries_until, now) - timedelta(seconds=1)
            _enter(slot, resident, diary, Span(last - timedelta(seconds=1), last))
            resident = []
    db.session.flush()
    untold = Notice.sent_at.is_(None)
    db.session.execute(update(Notice).where(untold).values(sent_at=Notice.made_at))


def _enter(slot: Slot, everybody: Sequence[tuple[Person, int]], diary: Diary, span: Span) -> None:
    """Enter as many of them as the demo wants, each at a moment of their own."""
    chance = Random(f"{slot.activity.title} {slot.starts_at}")  # noqa: S311 – a demo
    fitting = [
        (person, account_id)
        for person, account_id in everybody
        if fits(person, slot) and diary.is_free(person, slot)
    ]
    chosen = chance.sample(fitting, min(len(fitting), PER_PLACE * slot.capacity))
    for (person, account_id), moment in zip(chosen, span.moments(len(chosen), chance), strict=True):
        book(slot, person, by=Actor(account_id, moment))
        diary.note(person, slot)


def _hold(draw: Draw, entries_until: datetime) -> None:
    draws.freeze(draw, entries_until)
    clerk = account_with(rows_of("demo_staff.json")["accounts"][0]["phone"])
    if clerk:
        evening = entries_until + EVENING
        draws.enter_number(draw, NUMBER, SOURCE, by=Actor(clerk.id, evening))
        draws.run_draw(draw, evening)


def _slots_with_draws(centre_id: int, now: datetime) -> Sequence[Slot]:
    here = (
        Slot.centre_id == centre_id,
        Slot.admission == Admission.DRAW,
        Slot.state == SlotState.OPEN,
        Slot.opens_at < now - timedelta(days=1),
    )
    query = select(Slot).where(*here).options(joinedload(Slot.activity))
    return db.session.scalars(query.order_by(Slot.starts_at, Slot.id)).all()
