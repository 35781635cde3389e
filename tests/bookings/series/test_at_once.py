"""Whole 期 booked and given up by many at the same moment."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from hub.bookings.attendance.actions import (
    ask_leave,
)
from tests.at_once import at_once
from tests.bookings.series.acts import (
    Family,
    act_on,
    give_up,
)
from tests.bookings.series.whole import (
    DATES,
    a_family,
    a_whole,
    booking_on,
    enrol_family,
    places,
    states,
)


class TestAtOnce:
    def test_two_families_and_the_last_place_of_every_date_give_one_family_all_of_them(
        self, app: Flask
    ) -> None:
        for _round in range(5):
            series = a_whole(app, capacity=1, waiting_limit=0)
            families = [a_family(app) for _ in range(6)]

            def act(family: Family, series: int = series) -> Callable[[], str]:
                return lambda: states(app, enrol_family(app, series, family))[0]

            ends = at_once(app, [act(family) for family in families])
            assert ends == {"confirmed": 1, "refused": 5}
            assert places(app, series) == [(0, 0)] * DATES

    def test_enrolling_giving_up_and_leaving_at_once_adds_up_and_passes_nobody_over(
        self, app: Flask
    ) -> None:
        for _round in range(3):
            series = a_whole(app, capacity=3, waiting_limit=20, offer_minutes=0)
            have = [enrol_family(app, series, a_family(app)) for _ in range(3)]
            families = [a_family(app) for _ in range(6)]

            def enrolling(family: Family, series: int = series) -> Callable[[], str]:
                return lambda: enrol_family(app, series, family)

            def leaving(number: str) -> Callable[[], Any]:
                return lambda: act_on(app, booking_on(app, number, 1), ask_leave)

            def giving_up(number: str) -> Callable[[], Any]:
                return lambda: give_up(app, number)

            at_once(
                app,
                [
                    *(enrolling(family) for family in families),
                    giving_up(have[0]),
                    giving_up(have[1]),
                    leaving(have[2]),
                ],
            )
            left = places(app, series)
            assert left == [(0, 4), (1, 4), (0, 4), (0, 4)]
