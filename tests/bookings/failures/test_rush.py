"""Failures of the opening minute, each test named after what it prevents."""

from datetime import timedelta

import pytest

from hub import clock as the_clock
from hub.refusals import Refused
from tests.aliases import Clock
from tests.bookings.acts import TICK, Desk


class TestTheRush:
    def test_nobody_is_put_off_within_the_first_second(self, desk: Desk, clock: Clock) -> None:
        opens_at = the_clock.now() + timedelta(hours=1, microseconds=123_456)
        slot = desk.a_slot(opens_at=opens_at, capacity=2)
        clock.move_to(opens_at - TICK)
        with pytest.raises(Refused, match="还没到预约时间"):
            desk.book(slot, desk.cast.xiaoman)
        clock.move_to(opens_at)
        first = desk.book(slot, desk.cast.xiaoman)
        clock.move_to(opens_at + TICK)
        second = desk.book(slot, desk.cast.amu, account_id=desk.cast.other_mother)
        assert desk.states(first, second) == ["confirmed", "confirmed"]
