"""Until when an offered place is held, and from when to when a week lasts. Pure."""

from datetime import datetime, time, timedelta

from hub import clock

# An offer's time runs by day only: nobody must get up at night to keep a place.
MORNING, NIGHT = time(8), time(21)
# What is left to whoever is served next when an offer runs out just before the start.
SPARE = timedelta(minutes=30)
# Less than this before the start nobody is asked any more: the answer would come too late.
LAST_CALL = timedelta(minutes=10)
NOTHING = timedelta(0)


def offer_until(now: datetime, starts_at: datetime, offer_minutes: int) -> datetime | None:
    """The end of an offer made now, after now and before the start; None from the last call on.

    The minutes run from 8:00 to 21:00 in Chongqing; at night they stand still. Close to the start
    the time is cut, so that half of what remains (half an hour at most) is left for the next one.
    `offer_minutes` is at least one.
    """
    remains = starts_at - now
    if remains < LAST_CALL:
        return None
    latest = starts_at - min(SPARE, remains / 2)
    return min(_by_day(now, timedelta(minutes=offer_minutes)), latest)


def week_of(instant: datetime) -> tuple[datetime, datetime]:
    """From the Monday midnight in Chongqing at or before an instant to the next one."""
    day = clock.local(instant).date()
    monday = day - timedelta(days=day.weekday())
    return clock.day_bounds(monday, monday + timedelta(days=6))


def _by_day(now: datetime, left: timedelta) -> datetime:
    """The instant at which this much daytime has passed."""
    day = clock.local(now).date()
    begin = max(now, clock.at(day, MORNING))
    while left > (of_this_day := max(clock.at(day, NIGHT) - begin, NOTHING)):
        left -= of_this_day
        day += timedelta(days=1)
        begin = clock.at(day, MORNING)
    return begin + left
