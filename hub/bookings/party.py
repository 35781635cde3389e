"""What stands or falls together: the dates and persons of one party."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from hub.bookings import rules
from hub.bookings.models import Booking
from hub.bookings.state_labels import StateLabel, state_label
from hub.refusals import refusal_of


@dataclass(frozen=True)
class Date:
    """One date of somebody's 期 as her booking's page lists it."""

    booking: Booking
    label: StateLabel
    leave: str  # what she may do about her coming: ask for leave, or take it back; else empty


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
        Date(date, state_label(date, now), _leave(date, now))
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
