"""Until when one may cancel (and the text of it), an offer lasts, a week runs. Pure."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub import clock, text

if TYPE_CHECKING:
    from hub.timetable.models import Slot

# An offer's time runs by day only: nobody must get up at night to keep a place.
MORNING, NIGHT = time(8), time(21)
# Left for the next party when an offer runs out just before the start.
SPARE = timedelta(minutes=30)
# No offers are made later than this before the start: the answer would come too late.
LAST_CALL = timedelta(minutes=10)
EARLIEST_CHECK_IN = timedelta(hours=2)  # before the start: earlier arrivals are not for this slot
NOTHING = timedelta(0)


def offer_until(now: datetime, starts_at: datetime, offer_minutes: int) -> datetime | None:
    """Return when an offer made now ends, between now and the start; None from the last call on.

    The minutes run from 8:00 to 21:00 in Chongqing and stand still at night. Close to the start the
    time is cut, so that half of what remains (at most half an hour) is left for the next party.
    `offer_minutes` is at least 1.
    """
    remains = starts_at - now
    if remains < LAST_CALL:
        return None
    latest = starts_at - min(SPARE, remains / 2)
    return min(_by_day(now, timedelta(minutes=offer_minutes)), latest)


def cancel_deadline(slot: "Slot", made_at: datetime) -> datetime:
    """Return until when a place booked at `made_at` is given up freely, this instant included.

    The dates of a whole 期 share the deadline of its first date. A date that was booked alone
    after it is given up freely until it starts.
    """
    is_alone_later = slot.is_of_whole and made_at > slot.cancel_until
    return slot.starts_at if is_alone_later else slot.cancel_until


def cancel_terms(slot: "Slot", made_at: datetime, *, is_whole: bool = False) -> str:
    """Say until when a place booked at `made_at` can be cancelled; `is_whole` means all dates."""
    when = text.when(cancel_deadline(slot, made_at))
    if is_whole:
        return _("%(when)s 之前可以整期取消", when=when)
    return _("%(when)s 之前都可以取消", when=when)


def week_of(instant: datetime) -> tuple[datetime, datetime]:
    """Return the Monday midnight in Chongqing at or before an instant, and the next one."""
    day = clock.local(instant).date()
    monday = day - timedelta(days=day.weekday())
    return clock.day_bounds(monday, monday + timedelta(days=6))


def _by_day(now: datetime, left: timedelta) -> datetime:
    """Return the instant at which this much daytime has passed."""
    day = clock.local(now).date()
    begin = max(now, clock.at(day, MORNING))
    while left > (of_this_day := max(clock.at(day, NIGHT) - begin, NOTHING)):
        left -= of_this_day
        day += timedelta(days=1)
        begin = clock.at(day, MORNING)
    return begin + left
