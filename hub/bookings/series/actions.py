"""Whole 期: booked for all the dates to come or for none, and given up as one.

The caller holds the transaction and has locked the household, as for any booking.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import case, func, select

from hub.bookings import household_limits, rules
from hub.bookings.models import Arrival, Booking, BookingState, Channel, Excuse
from hub.bookings.single_slot.actions import book_dates
from hub.bookings.state_labels import Shown, shown
from hub.db import db
from hub.families.models import Person
from hub.refusals import refusal_of
from hub.timetable.models import Series, Slot


@dataclass(frozen=True)
class Date:
    """One date of somebody's 期 as her booking's page lists it."""

    booking: Booking
    shown: Shown
    leave: str  # what she may do about her coming: ask for leave, or take it back; else empty


@dataclass(frozen=True)
class Bar:
    """What the last 期 of an activity says about who may book the next one."""

    percent: int
    attended: dict[int, tuple[int, int]]  # person → how often she came, and was missing


def enrol(
    dates: Sequence[Slot],
    persons: Sequence[Person],
    *,
    account_id: int,
    now: datetime,
    channel: Channel = Channel.WEB,
    request_key: str | None = None,
) -> Sequence[Booking]:
    """Give persons of one household places, or turns, in all dates to come of a whole 期, or none.

    `dates` are all the slots of the 期 in their order; one that was called off is passed over. See
    `actions.book_party`, whose promises hold here for all the dates together. A family comes
    before the 期 begins; the staff also books what is left of one that has begun.
    """
    held = [slot for slot in dates if slot.is_open]
    if channel is Channel.WEB:
        rules.check_begins_later((held or dates)[0], now)
        check_attendance(bar_of(dates[0].series, [person.id for person in persons]), persons)
    return book_dates(
        to_come(dates, now) or dates[-1:],
        persons,
        account_id=account_id,
        now=now,
        channel=channel,
        request_key=request_key,
    )


def dates_given_up(
    booking: Booking, party: Iterable[Booking], now: datetime, *, everybody: bool = False
) -> list[Booking]:
    """Of a party those that go when this booking is cancelled: in a whole 期 all dates to come.

    With `everybody` so do those of the other persons.
    """
    together = [
        other
        for other in party
        if other.is_live
        and other.starts_at > now
        and (everybody or other.person_id == booking.person_id)
        and (booking.slot.is_of_whole or other.slot_id == booking.slot_id)
    ]
    return together if booking in together else [booking, *together]


def enrolment_of(booking: Booking, party: Iterable[Booking], now: datetime) -> list[Date]:
    """The dates that were booked for this person together with this one, in their order."""
    if not booking.slot.is_of_whole:
        return []
    hers = [other for other in party if other.person_id == booking.person_id]
    return [
        Date(date, shown(date, now), _leave(date, now))
        for date in sorted(hers, key=lambda date: (date.starts_at, date.id))
    ]


def _leave(date: Booking, now: datetime) -> str:
    if refusal_of(rules.check_may_leave, date, now) is None:
        return _("请假")
    return _("又能来了") if refusal_of(rules.check_may_return, date, now) is None else ""


def in_cards(bookings: Iterable[Booking]) -> list[tuple[Booking, int]]:
    """Each booking with a 1, but what is one 期 to a person only once, with how many dates it is.

    Which of them stands for it is the first that comes. What became of each date that is over is
    told one by one, unless they were cancelled together.
    """
    cards: dict[tuple[object, ...], tuple[Booking, int]] = {}
    for booking in bookings:
        whole = booking.slot.is_of_whole and (booking.is_live or booking.cancelled_at is not None)
        alike = (booking.party, booking.person_id, booking.is_live, booking.cancelled_at)
        key = alike if whole else (booking.id,)
        first, count = cards.get(key, (booking, 0))
        cards[key] = first, count + 1
    return list(cards.values())


def to_come(dates: Iterable[Slot], now: datetime) -> list[Slot]:
    """The dates that take place and have not begun."""
    return [slot for slot in dates if slot.is_open and slot.starts_at > now]


def tightest(dates: Sequence[Slot]) -> Slot:
    """The date that says how many more can have all of these."""
    return min(dates, key=lambda slot: (slot.places_left, -slot.waiting))


def bar_of(series: Series | None, person_ids: Collection[int]) -> Bar | None:
    """How these persons attended the 期 of the activity before this one; None without a bar.

    Who was excused or on leave was not missing.
    """
    last = _before(series) if series else None
    if last is None or last.attendance_percent is None:
        return None
    missed = (Booking.state == BookingState.NO_SHOW) & Excuse.booking_id.is_(None)
    attended = db.session.execute(
        select(
            Booking.person_id,
            func.count(Arrival.booking_id),
            func.coalesce(func.sum(case((missed, 1), else_=0)), 0),
        )
        .join(Booking.slot)
        .outerjoin(Arrival, Arrival.booking_id == Booking.id)
        .outerjoin(Excuse, Excuse.booking_id == Booking.id)
        .where(Slot.series_id == last.id, Booking.person_id.in_(person_ids))
        .group_by(Booking.person_id)
    )
    return Bar(last.attendance_percent, {row[0]: (row[1], row[2]) for row in attended})


def check_attendance(bar: Bar | None, persons: Iterable[Person]) -> None:
    """Refuse whoever came to too little of the last 期, where the policy says so."""
    if bar is None:
        return
    for person in persons:
        came, missed = bar.attended.get(person.id, (0, 0))
        household_limits.check_attendance(bar.percent, came, missed, person.name)


def _before(series: Series) -> Series | None:
    earlier = Series.activity_id == series.activity_id, Series.ends_on < series.starts_on
    return db.session.scalar(
        select(Series).where(*earlier).order_by(Series.ends_on.desc(), Series.id.desc()).limit(1)
    )
