"""Parties that lost the last draw of an activity go ahead in the next."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub.actor import Actor
from hub.bookings.draw.models import DrawEntry
from hub.bookings.draw.queries import frozen_list
from hub.bookings.jobs.scheduled_jobs import (
    DRAW,
    PROMISE_DRAWS,
)
from hub.bookings.models import Booking
from hub.bookings.single_slot.actions import cancel
from hub.db import db, transaction
from tests.aliases import Clock, Families, Make
from tests.bookings.draw.acts import (
    CONFIRMED,
    clock_now,
    did,
    drawn,
    enter,
    freeze,
    somebody,
    the_draw,
)
from tests.makers import tomorrow

pytestmark = pytest.mark.usefixtures("within")


class TestWhoLostLastTime:
    """Parties that lost go first inside their tier, unless they got a place after all."""

    def two_draws(
        self,
        a_draw: Any,
        families: Any,
        clock: Any,
        between: Callable[[int, list[int]], None] = lambda _slot, _lost: None,
        **given: Any,
    ) -> list[bool]:
        """Three families for one place, then all three again: who counts as having lost."""
        first = a_draw(capacity=1, waiting_limit=1, **given)
        everybody = families(1, 1, 1)
        for family in everybody:
            enter(first, family)
        second = a_draw(starts_at=tomorrow(18) + timedelta(days=10))
        drawn(first, clock)
        outcomes = (
            select(DrawEntry.outcome, Booking.person_id)
            .join(Booking, Booking.party == DrawEntry.party)
            .where(Booking.slot_id == first)
        )
        by_party = {
            outcome: everybody.index([person_id])
            for outcome, person_id in db.session.execute(outcomes)
        }
        between(first, [by_party["place"], by_party["waiting"], by_party["none"]])
        for family in everybody:
            enter(second, family)
        freeze(second, clock)
        lost = [entry.lost_before for entry in frozen_list(the_draw(second))[0]]
        return [lost[by_party[outcome]] for outcome in ("place", "waiting", "none")]

    def test_who_had_none(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        assert self.two_draws(a_draw, families, clock) == [False, True, True]

    def test_not_who_was_offered_one_from_the_waiting_list(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        def give_up(slot_id: int, _lost: list[int]) -> None:
            here = Booking.slot_id == slot_id, Booking.state == CONFIRMED
            with transaction():
                booking = db.session.scalars(select(Booking).where(*here)).one()
                cancel(booking, Actor(somebody(), clock_now()))

        assert self.two_draws(a_draw, families, clock, give_up) == [False, False, True]

    def test_not_who_was_given_one_at_once_and_cancelled_it(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        def give_up_twice(slot_id: int, _lost: list[int]) -> None:
            here = Booking.slot_id == slot_id, Booking.state == CONFIRMED
            for _ in range(2):
                with transaction():
                    booking = db.session.scalars(select(Booking).where(*here)).one()
                    cancel(booking, Actor(somebody(), clock_now()))

        found = self.two_draws(a_draw, families, clock, give_up_twice, offer_minutes=0)
        assert found == [False, False, True]

    def test_only_the_last_draw_counts(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        def another(_slot_id: int, _lost: list[int]) -> None:
            slot = a_draw(capacity=1, starts_at=tomorrow(10) + timedelta(days=6))
            for family in families(1, 1):
                enter(slot, family)
            drawn(slot, clock)

        assert self.two_draws(a_draw, families, clock, another) == [False, False, False]

    def test_a_draw_that_nobody_entered_is_none(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        def empty(_slot_id: int, _lost: list[int]) -> None:
            slot = a_draw(starts_at=tomorrow(10) + timedelta(days=6))
            did(PROMISE_DRAWS)
            freeze(slot, clock)
            assert did(DRAW) == 1

        assert self.two_draws(a_draw, families, clock, empty) == [False, True, True]
