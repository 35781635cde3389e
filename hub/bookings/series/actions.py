"""Book whole 期: all dates to come or none.

The caller holds the transaction and has locked the household, as for any booking.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from hub.actor import Actor, Channel
from hub.bookings import household_limits, rules
from hub.bookings.models import Booking
from hub.bookings.series.queries import Bar, bar_of
from hub.bookings.single_slot.actions import book_dates
from hub.families.models import Person
from hub.timetable.models import Slot


def enrol(dates: Sequence[Slot], persons: Sequence[Person], by: Actor) -> Sequence[Booking]:
    """Give persons of one household places, or turns, in all coming dates of a whole 期, or none.

    `dates` are all slots of the 期 in order; those called off are passed over. What
    `single_slot.actions.book_party` promises holds here for all dates together. Families book
    before the 期 begins; the staff also books what is left of one that has begun. Raises Refused.
    """
    held = [slot for slot in dates if slot.is_open]
    if by.channel is Channel.WEB:
        rules.check_begins_later((held or dates)[0], by.now)
        check_attendance(bar_of(dates[0].series, [person.id for person in persons]), persons)
    return book_dates(to_come(dates, by.now) or dates[-1:], persons, by=by)


def to_come(dates: Iterable[Slot], now: datetime) -> list[Slot]:
    """Return the dates that take place and have not begun."""
    return [slot for slot in dates if slot.is_open and slot.starts_at > now]


def tightest(dates: Sequence[Slot]) -> Slot:
    """Return the date that limits how many more persons can have all of these dates."""
    return min(dates, key=lambda slot: (slot.places_left, -slot.waiting))


def check_attendance(bar: Bar | None, persons: Iterable[Person]) -> None:
    """Refuse persons who came to too little of the last 期, where the policy says so."""
    if bar is None:
        return
    for person in persons:
        came, missed = bar.attended.get(person.id, (0, 0))
        household_limits.check_attendance(bar.percent, came, missed, person.name)
