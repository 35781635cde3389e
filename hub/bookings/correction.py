"""Correct a person's facts; what the person holds stands against making another person of them.

It concerns families and bookings, so it lives in the later of the two.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from hub.accounts.models import Account
from hub.actor import Actor
from hub.bookings import rules
from hub.bookings.models import LIVE, Booking, BookingState
from hub.bookings.same_child import check_same_child
from hub.db import db
from hub.families import actions
from hub.families.models import Correction, Person, Priority, Sex
from hub.families.rules import is_small_correction
from hub.refusals import Refused, WayOn
from hub.timetable.models import Slot

REMEMBERED = timedelta(days=180)  # the longest that a missed booking can count for a pause


def correct_person(
    account: Account,
    person: Person,
    *,
    name: str,
    birth_date: date,
    sex: Sex,
    by: Actor,
    reason: str = "",
    centre_id: int | None = None,
) -> None:
    """Correct a person, whose row is locked, and write it down where the person holds something.

    Else a place, a verified priority or a pause would pass to another child, and a child too young
    would be made older for one booking. A family corrects slips only; the staff of a centre any
    mistake, with a reason. What the person holds must still fit. Raises Refused.
    """
    before, after = (person.name, person.birth_date), (name, birth_date)
    bookings = _counting(person, by.now) if before != after else []
    if bookings or (before != after and db.session.get(Priority, person.id) is not None):
        if not reason:
            _check_slip(person, bookings, after)
        for booking in bookings:
            if booking.is_live:
                rules.check_fits(booking.slot, name, birth_date)
        row = Correction(
            person_id=person.id,
            at=by.now,
            account_id=account.id,
            name_before=person.name,
            name_after=name,
            birth_date_before=person.birth_date,
            birth_date_after=birth_date,
            reason=reason,
            centre_id=centre_id,
        )
        db.session.add(row)
    actions.change_person(account, person, name=name, birth_date=birth_date, sex=sex)
    for booking in bookings:
        if booking.is_live:
            check_same_child([booking.slot], [person], by)


def _check_slip(person: Person, bookings: Sequence[Booking], after: tuple[str, date]) -> None:
    first = _first_facts(person, bookings)
    others = {one.name for one in person.household.persons if one.id != person.id}
    if after[0] in others or not is_small_correction(first, after):
        raise Refused(
            _(
                "%(name)s还有预约、照顾资格或没来的记录，姓名和生日只能改写错的一个字。"
                "要改别的，请先取消预约，或者请中心帮忙。",
                name=person.name,
            ),
            WayOn(_("看我的预约"), "bookings.my_bookings"),
        )


def _counting(person: Person, now: datetime) -> Sequence[Booking]:
    """Return the person's bookings to come, and those missed that may count for a pause."""
    live = Booking.state.in_(LIVE) & (Booking.ends_at > now)
    missed = (Booking.state == BookingState.NO_SHOW) & (Booking.starts_at > now - REMEMBERED)
    mine = select(Booking).where(Booking.person_id == person.id, or_(live, missed))
    slot = joinedload(Booking.slot).joinedload(Slot.activity)
    return db.session.scalars(mine.options(slot).order_by(Booking.made_at)).all()


def _first_facts(person: Person, bookings: Sequence[Booking]) -> tuple[str, date]:
    """Return the name and the birth date with which the first of these bookings was made."""
    corrections = select(Correction).where(Correction.person_id == person.id)
    if bookings:
        corrections = corrections.where(Correction.at >= bookings[0].made_at)
    first = db.session.scalars(corrections.order_by(Correction.id)).first()
    if first is None:
        return person.name, person.birth_date
    return first.name_before, first.birth_date_before
