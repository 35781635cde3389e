"""Failures of waiting lists, each test named after what it prevents."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as the_clock
from hub.actor import Actor, Channel
from hub.audit import AuditEntry
from hub.bookings.draw.models import Draw
from hub.bookings.single_slot.actions import cancel
from hub.bookings.slot_changes import actions as slot_changes
from hub.bookings.waiting_list import actions as waiting_list
from hub.bookings.waiting_list.models import Answer, Offer
from hub.catalogue.models import Admission
from hub.db import db, transaction
from hub.refusals import Refused
from tests.aliases import Clock
from tests.bookings.acts import TICK, Desk, _booking
from tests.cast import Cast
from tests.makers import tomorrow


class TestWaitingList:
    def test_nobody_waits_at_eleven_of_twelve(self, desk: Desk) -> None:
        slot = desk.a_slot(capacity=12)
        numbers = [family[0] for family in desk.book_strangers(slot, *[1] * 13)]
        assert desk.states(*numbers) == ["confirmed"] * 12 + ["waiting"]
        desk.cancel(numbers[-1])
        desk.cancel(numbers[0])
        assert desk.left(slot) == 1
        [[late]] = desk.book_strangers(slot, 1)
        assert desk.states(late) == ["confirmed"]

    def test_the_waiting_list_takes_as_many_as_it_says_and_a_party_as_a_whole(
        self, desk: Desk
    ) -> None:
        slot = desk.a_slot(capacity=1, waiting_limit=3)
        desk.book_strangers(slot, 1, 2)
        with pytest.raises(Refused, match="候补也排满了"):
            desk.book_strangers(slot, 2)
        [[third]] = desk.book_strangers(slot, 1)
        assert desk.states(third) == ["waiting"]
        with pytest.raises(Refused, match="候补也排满了"):
            desk.book_strangers(slot, 1)

    @pytest.mark.parametrize("minutes", [10, 11, 30, 60, 600])
    def test_an_offer_ends_before_the_start_with_time_left_for_the_next(
        self, desk: Desk, app: Flask, clock: Clock, minutes: int
    ) -> None:
        slot = desk.a_slot(capacity=1, cancel_until=tomorrow(14))
        [[holder], [first]] = desk.book_strangers(slot, 1, 1)
        clock.move_to(tomorrow(14) - timedelta(minutes=minutes))
        desk.cancel(holder)
        assert desk.states(first) == ["offered"]
        with app.app_context():
            until = db.session.scalars(select(Offer.until)).one()
            assert the_clock.now() < until < tomorrow(14)

    def test_nobody_is_asked_in_the_last_minutes_nor_after_the_start(
        self, desk: Desk, clock: Clock
    ) -> None:
        slot = desk.a_slot(capacity=2, cancel_until=tomorrow(14))
        [[holder], [late], [waits]] = desk.book_strangers(slot, 1, 1, 1)
        clock.move_to(tomorrow(14) - timedelta(minutes=10) + TICK)
        desk.cancel(holder)
        assert desk.states(waits) == ["waiting"]
        clock.move_to(tomorrow(14))
        staff = Actor(desk.cast.clerk, the_clock.now(), Channel.DESK)
        desk.to(late, lambda it: cancel(it, staff))
        desk.resize(slot, 5)
        assert desk.states(waits) == ["waiting"]
        assert desk.messages() == []

    @pytest.mark.parametrize("smaller_first", [True, False])
    def test_in_the_last_minutes_a_place_is_for_who_presses_first(
        self, desk: Desk, clock: Clock, app: Flask, smaller_first: bool
    ) -> None:
        given = {"cancel_until": tomorrow(14), "smaller_first": smaller_first}
        slot = desk.a_slot(capacity=1, **given)
        [[holder], [_waits]] = desk.book_strangers(slot, 1, 1)
        clock.move_to(tomorrow(14) - timedelta(minutes=5))
        desk.cancel(holder)
        [[quick]] = desk.book_strangers(slot, 1)
        assert desk.states(quick) == ["confirmed"]

    def test_who_waits_and_presses_in_the_last_minutes_has_the_place_and_it_is_written_down(
        self, desk: Desk, clock: Clock, app: Flask, cast: Cast
    ) -> None:
        slot = desk.a_slot(capacity=1, cancel_until=tomorrow(14))
        [[holder]] = desk.book_strangers(slot, 1)
        waits = desk.book(slot, cast.xiaoman)
        clock.move_to(tomorrow(14) - timedelta(minutes=5))
        desk.cancel(holder)
        assert desk.book(slot, cast.xiaoman, account_id=cast.grandmother) == waits
        assert desk.states(waits) == ["confirmed"]
        with app.app_context():
            acts = select(AuditEntry.act, AuditEntry.account_id).where(
                AuditEntry.subject_id == _booking(waits).id, AuditEntry.subject == "booking"
            )
            written = list(db.session.execute(acts.order_by(AuditEntry.id)))
            assert written == [("book", cast.mother), ("confirm", cast.grandmother)]

    def test_the_first_is_served_first_though_booking_has_closed_meanwhile(
        self, desk: Desk, clock: Clock
    ) -> None:
        """Whether a slot still takes bookings says nothing of who stands in its line."""
        slot = desk.a_slot(capacity=1, closes_at=tomorrow(10))
        [[holder], [first], [second]] = desk.book_strangers(slot, 1, 1, 1)
        clock.move_to(tomorrow(10, 30))
        desk.cancel(holder)
        assert desk.states(first, second) == ["offered", "waiting"]
        desk.answer(first, waiting_list.decline)
        assert desk.states(first, second) == ["cancelled", "offered"]

    def test_more_places_confirm_nobody_who_has_entered_for_a_draw(
        self, desk: Desk, app: Flask
    ) -> None:
        slot_id = desk.a_slot(
            admission=Admission.DRAW,
            entries_until=tomorrow(8),
            capacity=1,
            activity={"admission": Admission.DRAW},
        )
        now = the_clock.now()
        with app.app_context(), transaction():
            db.session.add(Draw(slot_id=slot_id, secret="s", commitment="c", committed_at=now))
        [[one], [other]] = desk.book_strangers(slot_id, 1, 1)
        desk.resize(slot_id, 5)
        assert desk.states(one, other) == ["entered", "entered"]
        desk.cancel(one)
        with pytest.raises(Refused):
            desk.to(one, lambda it: slot_changes.restore(it, by=Actor(desk.cast.clerk, now)))
        assert desk.left(slot_id) == 5

    def test_more_places_ask_who_waits_and_confirm_nobody_without_asking(self, desk: Desk) -> None:
        slot = desk.a_slot(capacity=1)
        [_, [first], [second]] = desk.book_strangers(slot, 1, 1, 1)
        desk.resize(slot, 2)
        assert desk.states(first, second) == ["offered", "waiting"]

    def test_a_party_that_was_asked_as_one_waits_as_one_when_a_place_is_taken_back(
        self, desk: Desk
    ) -> None:
        slot = desk.a_slot(capacity=2)
        [[one, other], [first, second]] = desk.book_strangers(slot, 2, 2)
        desk.cancel(one, other)
        assert desk.states(first, second) == ["offered", "offered"]
        desk.resize(slot, 1, first)
        assert desk.states(first, second) == ["waiting", "waiting"]
        desk.resize(slot, 2)
        assert desk.states(first, second) == ["offered", "offered"]
        assert sum("名额减少" in text for text in desk.messages()) == 1

    def test_who_waits_beside_an_offer_of_its_family_is_asked_when_it_is_accepted(
        self, desk: Desk
    ) -> None:
        """A party has one offer to answer at a time, and is not forgotten after it."""
        slot = desk.a_slot(capacity=2)
        [[first, second]] = desk.book_strangers(slot, 2)
        desk.resize(slot, 2, first)
        assert desk.states(first, second) == ["offered", "confirmed"]
        desk.resize(slot, 3, second)
        assert desk.states(first, second) == ["offered", "waiting"]
        assert desk.answer(first, waiting_list.accept)
        assert desk.states(first, second) == ["confirmed", "offered"]
        assert desk.left(slot) == 1

    def test_an_offer_is_taken_until_the_instant_it_ends_and_ends_once(
        self, desk: Desk, app: Flask, clock: Clock
    ) -> None:
        slot = desk.a_slot(capacity=1)
        [[holder], [first], [second]] = desk.book_strangers(slot, 1, 1, 1)
        desk.cancel(holder)
        with app.app_context():
            offer_id, until = db.session.execute(select(Offer.id, Offer.until)).one()

        def at(instant: datetime, act: Callable[..., bool], **given: Any) -> bool:
            clock.move_to(instant)

            def answer() -> Any:
                offer = db.session.get_one(Offer, offer_id)
                return act(offer, **given)

            return bool(desk.do(answer))

        assert not at(until - TICK, waiting_list.expire, now=until - TICK)
        assert not at(until, waiting_list.accept, by=Actor(None, until))  # and ends it
        assert not at(until, waiting_list.expire, now=until)
        assert not at(until, waiting_list.decline, by=Actor(None, until))
        assert desk.states(first, second) == ["cancelled", "offered"]
        with app.app_context():
            assert db.session.get_one(Offer, offer_id).answer is Answer.EXPIRED

    def test_a_smaller_party_is_served_before_one_that_does_not_fit_only_if_the_policy_says_so(
        self, desk: Desk
    ) -> None:
        for smaller_first, becomes in ((True, ["waiting", "offered"]), (False, ["waiting"] * 2)):
            slot = desk.a_slot(capacity=2, smaller_first=smaller_first)
            [[holder], _, [big, _big], [small]] = desk.book_strangers(slot, 1, 1, 2, 1)
            desk.cancel(holder)
            assert desk.states(big, small) == becomes
            [[newcomer]] = desk.book_strangers(slot, 1)
            assert desk.states(newcomer) == ["waiting"]
