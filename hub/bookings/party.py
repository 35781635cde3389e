"""The bookings of one party as its pages group them, and which of them are given up together."""

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
    """One date of a person's 期 as the page of the booking lists it."""

    booking: Booking
    label: StateLabel
    leave: str  # the act offered: ask for leave, or take it back; else empty


def dates_given_up(
    booking: Booking, party: Iterable[Booking], now: datetime, *, everybody: bool = False
) -> list[Booking]:
    """Return the bookings of a party that end when this one is cancelled.

    In a whole 期 these are all coming dates of the person; with `everybody`, also those of the
    other persons of the party.
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
    """Return the dates booked for this person together with this one; empty for a single slot."""
    if not booking.slot.is_of_whole:
        return []
    of_person = [other for other in party if other.person_id == booking.person_id]
    return [
        Date(date, state_label(date, now), _leave(date, now))
        for date in sorted(of_person, key=lambda date: (date.starts_at, date.id))
    ]


def _leave(date: Booking, now: datetime) -> str:
    if refusal_of(rules.check_may_leave, date, now) is None:
        return _("请假")
    return _("又能来了") if refusal_of(rules.check_may_return, date, now) is None else ""


def in_cards(bookings: Iterable[Booking], now: datetime) -> list[tuple[Booking, int]]:
    """Group bookings into cards: pairs of the booking to show and how many dates it stands for.

    What is one 期 to a person is one card, shown as its first date. Past dates are cards of their
    own, because each has its own outcome, unless they were cancelled together.
    """
    cards: dict[tuple[object, ...], tuple[Booking, int]] = {}
    for booking in bookings:
        is_to_come = booking.is_live and booking.ends_at > now
        whole = booking.slot.is_of_whole and (is_to_come or booking.cancelled_at is not None)
        alike = (booking.party, booking.person_id, is_to_come, booking.cancelled_at)
        key = alike if whole else (booking.id,)
        first, count = cards.get(key, (booking, 0))
        cards[key] = first, count + 1
    return list(cards.values())
