"""Until when an offered place is held."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import clock
from hub.bookings.deadlines import LAST_CALL, MORNING, NIGHT, offer_until, week_of

MONDAY = date(2026, 11, 23)
FAR = 20 * 24 * 60  # minutes after Monday's midnight: no start that matters
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=1000)).map(lambda later: on(0) + later)
plainly = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def on(minute: int) -> datetime:
    """So many minutes after Monday's midnight in Chongqing."""
    return clock.at(MONDAY, time.min) + timedelta(minutes=minute)


def told(instant: datetime | None) -> str:
    return f"{clock.local(instant):%a %H:%M}" if instant else "nobody is asked"


@pytest.mark.parametrize(
    ("made", "minutes", "until"),
    [
        (10 * 60, 120, "Mon 12:00"),
        (19 * 60, 120, "Mon 21:00"),  # all of it by day
        (19 * 60 + 1, 120, "Tue 08:01"),
        (20 * 60 + 30, 120, "Tue 09:30"),  # half an hour today, the rest tomorrow
        (20 * 60 + 59, 1, "Mon 21:00"),
        (21 * 60, 120, "Tue 10:00"),
        (23 * 60 + 59, 120, "Tue 10:00"),
        (0, 120, "Mon 10:00"),  # after midnight it is the same day's morning
        (8 * 60 - 1, 120, "Mon 10:00"),
        (8 * 60, 120, "Mon 10:00"),
        (8 * 60, 13 * 60, "Mon 21:00"),
        (8 * 60, 13 * 60 + 1, "Tue 08:01"),
        (8 * 60, 30 * 60, "Wed 12:00"),  # several nights
    ],
)
def test_an_offers_time_runs_by_day_only(made: int, minutes: int, until: str) -> None:
    assert told(offer_until(on(made), on(FAR), minutes)) == until


@pytest.mark.parametrize(
    ("made", "starts", "until"),
    [
        (10 * 60, 12 * 60 + 30, "Mon 12:00"),  # two hours just fit
        (10 * 60, 12 * 60 + 29, "Mon 11:59"),
        (10 * 60, 11 * 60, "Mon 10:30"),  # half of what remains, from an hour on
        (10 * 60, 10 * 60 + 40, "Mon 10:20"),
        (10 * 60, 10 * 60 + 10, "Mon 10:05"),
        (10 * 60, 10 * 60 + 9, "nobody is asked"),
        (10 * 60, 10 * 60, "nobody is asked"),
        (10 * 60, 9 * 60, "nobody is asked"),
        (22 * 60, 33 * 60, "Tue 08:30"),  # the night before an early slot
        (22 * 60, 32 * 60, "Tue 07:30"),  # which begins when the clock would go on
        (22 * 60, 23 * 60, "Mon 22:30"),  # late the same evening
    ],
)
def test_an_offer_ends_before_the_start_and_leaves_time_for_the_next(
    made: int, starts: int, until: str
) -> None:
    assert told(offer_until(on(made), on(starts), 120)) == until


def test_the_last_call_is_exact() -> None:
    start = on(12 * 60)
    assert offer_until(start - LAST_CALL, start, 120) == start - LAST_CALL / 2
    assert offer_until(start - LAST_CALL + timedelta(microseconds=1), start, 120) is None


@plainly
@given(INSTANTS, st.timedeltas(LAST_CALL, timedelta(days=60)), st.integers(1, 10_000))
def test_an_offer_is_never_over_at_once_nor_open_at_the_start(
    now: datetime, ahead: timedelta, minutes: int
) -> None:
    until = offer_until(now, now + ahead, minutes)
    assert until is not None
    assert now < until < now + ahead


@plainly
@given(INSTANTS, st.integers(1, 10_000))
def test_an_offer_far_ahead_lasts_its_minutes_and_ends_by_day(now: datetime, minutes: int) -> None:
    until = offer_until(now, now + timedelta(days=60), minutes)
    assert until is not None
    assert until >= now + timedelta(minutes=minutes)
    assert MORNING <= clock.local(until).time() <= NIGHT


@pytest.mark.parametrize("minute", [0, 1, 3 * 24 * 60, 7 * 24 * 60 - 1])
def test_a_week_is_from_monday_to_monday_in_chongqing(minute: int) -> None:
    assert week_of(on(minute)) == (on(0), on(7 * 24 * 60))


def test_a_week_does_not_turn_at_eight_in_the_morning() -> None:
    assert week_of(on(-1)) == (on(-7 * 24 * 60), on(0))  # Sunday 23:59, in UTC still Sunday too
    assert week_of(on(7 * 60)) == (on(0), on(7 * 24 * 60))  # Monday 7:00, in UTC still Sunday
