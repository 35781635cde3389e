"""What a draw gives to each party."""

import pytest
from sqlalchemy import select

from hub.actor import Actor
from hub.bookings.draw import actions as draws
from hub.bookings.draw.queries import frozen_list
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.jobs.scheduled_jobs import (
    DRAW,
)
from hub.bookings.models import Booking, Ending
from hub.bookings.single_slot.actions import cancel, cancel_all
from hub.bookings.slot_changes.actions import call_off, change_capacity
from hub.bookings.slot_counters import lock_slots, seat
from hub.bookings.waiting_list.actions import serve_waiting_list
from hub.db import db, transaction
from hub.refusals import Refused
from hub.timetable.models import Slot
from tests.aliases import Clock, Families, Make
from tests.bookings.draw.acts import (
    CANCELLED,
    CONFIRMED,
    ENTERED,
    NUMBER,
    WAITING,
    clock_now,
    did,
    drawn,
    enter,
    freeze,
    fresh,
    number,
    outcomes,
    somebody,
    states,
    the_draw,
    told,
)
from tests.bookings.draw.recomputed import by_hand

pytestmark = pytest.mark.usefixtures("within")


class TestTheDraw:
    def test_what_everybody_gets_is_what_is_recomputed_by_hand(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=6, waiting_limit=4)
        parties = [enter(slot, family) for family in families(1, 2, 1, 3, 1, 2, 1, 2, 1, 1)]
        drawn(slot, clock)
        draw = the_draw(slot)
        entries, _ = frozen_list(draw)
        rows = [(one.registration, one.tier, one.lost_before, one.places) for one in entries]
        assert outcomes(slot) == by_hand(rows, draw.secret, "407", 6, 4, True)
        wanted = {"place": CONFIRMED, "waiting": WAITING, "none": CANCELLED}
        for registration, outcome in outcomes(slot):
            party = parties[registration - 1]
            assert states(party) == [wanted[outcome]] * len(party)
        endings = db.session.scalars(select(Booking.ending).where(Booking.state == CANCELLED))
        assert set(endings) == {Ending.NOT_DRAWN}
        assert fresh(Slot, slot).drawn_at == clock_now()
        assert list(inconsistencies()) == []

    @pytest.mark.parametrize("smaller_first", [True, False])
    def test_a_party_that_does_not_fit_stops_the_others_or_not(
        self,
        smaller_first: bool,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=4, waiting_limit=9, smaller_first=smaller_first)
        for family in families(3, 3, 1, 1):
            enter(slot, family)
        drawn(slot, clock)
        draw = the_draw(slot)
        rows = [(1, 1, False, 3), (2, 1, False, 3), (3, 1, False, 1), (4, 1, False, 1)]
        assert outcomes(slot) == by_hand(rows, draw.secret, NUMBER, 4, 9, smaller_first)
        assert list(inconsistencies()) == []

    def test_those_who_wait_are_in_the_drawn_order_and_before_newcomers(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=1, waiting_limit=5)
        parties = [enter(slot, family)[0] for family in families(1, 1, 1, 1)]
        drawn(slot, clock)
        [newcomer] = families(1)
        [last] = enter(slot, newcomer)
        here = select(Booking.id).where(Booking.slot_id == slot, Booking.state == WAITING)
        in_line = list(db.session.scalars(here.order_by(Booking.turn, Booking.id)))
        in_order = [parties[registration - 1] for registration, _ in outcomes(slot)]
        assert in_line == [*in_order[1:], last]

    def test_what_is_left_goes_to_who_comes_first(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=3)
        entered, newcomer = families(1, 1)
        [booking] = enter(slot, entered)
        drawn(slot, clock)
        assert states([booking]) == [CONFIRMED]
        assert states(enter(slot, newcomer)) == [CONFIRMED]

    def test_every_family_is_told_once_what_it_drew(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=2, waiting_limit=1)
        for family in families(2, 1, 1):
            enter(slot, family)
        drawn(slot, clock)
        messages = told()
        got = [outcome for _, outcome in outcomes(slot)]
        assert len(messages) == 3
        assert sum("约上了" in one for one in messages) == got.count("place")
        assert sum("排在候补里" in one for one in messages) == got.count("waiting")
        assert sum("下次同档优先" in one for one in messages) == got.count("none")

    def test_who_cancels_after_the_list_keeps_its_line_and_takes_nothing(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=1, waiting_limit=0)
        parties = [enter(slot, family) for family in families(2, 1, 1)]
        freeze(slot, clock)
        with transaction():
            gone = [fresh(Booking, one) for one in parties[0]]
        with transaction():
            cancel_all(gone, by=Actor(somebody(), clock_now()))
        entries, withdrawn = frozen_list(the_draw(slot))
        assert (len(entries), withdrawn) == (3, {1})
        number(slot)
        did(DRAW)
        found = dict(outcomes(slot))
        assert found.pop(1) == "withdrawn"
        assert sorted(found.values()) == ["none", "place"]
        assert states(parties[0]) == [CANCELLED, CANCELLED]
        assert list(inconsistencies()) == []

    def test_a_party_that_shrank_asks_for_as_many_as_are_left(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=2, waiting_limit=0)
        pair, single, other = (enter(slot, family) for family in families(2, 1, 1))
        freeze(slot, clock)
        with transaction():
            cancel(fresh(Booking, pair[1]), by=Actor(somebody(), clock_now()))
        number(slot)
        did(DRAW)
        entries, _ = frozen_list(the_draw(slot))
        assert [one.places for one in entries] == [1, 1, 1]
        found = states([pair[0], *single, *other])
        assert sorted(found) == sorted([CONFIRMED, CONFIRMED, CANCELLED])
        assert list(inconsistencies()) == []

    def test_where_the_rest_fits_after_some_have_withdrawn_no_number_is_needed(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=2)
        pair, single = (enter(slot, family) for family in families(2, 1))
        freeze(slot, clock)
        assert did(DRAW) == 0
        with transaction():
            cancel(fresh(Booking, pair[1]), by=Actor(somebody(), clock_now()))
        assert did(DRAW) == 1
        assert states([pair[0], *single]) == [CONFIRMED, CONFIRMED]

    def test_where_all_fit_no_number_is_needed(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=3)
        parties = [enter(slot, family) for family in families(2, 1)]
        freeze(slot, clock)
        assert did(DRAW) == 1
        assert states([one for party in parties for one in party]) == [CONFIRMED] * 3
        assert the_draw(slot).public_number == ""
        with pytest.raises(Refused, match="不能再改"):
            number(slot)
        assert list(inconsistencies()) == []

    def test_where_not_all_fit_nothing_happens_without_the_number(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=1)
        bookings = [enter(slot, family)[0] for family in families(1, 1)]
        freeze(slot, clock)
        assert did(DRAW) == 0
        with transaction():
            assert not draws.run_draw(the_draw(slot), clock_now())
        assert states(bookings) == [ENTERED, ENTERED]

    def test_a_draw_of_a_called_off_slot_is_not_held(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=1)
        for family in families(1, 1):
            enter(slot, family)
        freeze(slot, clock)
        number(slot)
        with transaction():
            call_off(db.session.get_one(Slot, slot), "停电", by=Actor(somebody(), clock_now()))
        assert did(DRAW) == 0
        assert list(inconsistencies()) == []

    def test_no_other_way_leads_to_a_place_before_it(
        self, a_draw: Make, families: Families
    ) -> None:
        slot = a_draw(capacity=5)
        [booking] = enter(slot, families(1)[0])
        with transaction():
            entered = db.session.get_one(Booking, booking)
            lock_slots(entered.slot)
            assert not seat([entered], now=clock_now(), from_desk=True, is_next=True)
            serve_waiting_list(entered.slot, by=Actor(None, clock_now()))
            change_capacity(entered.slot, 9, by=Actor(somebody(), clock_now()))
        assert states([booking]) == [ENTERED]
        assert list(inconsistencies()) == []

    def test_who_asks_fifty_times_as_often_gains_nothing(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=2)
        greedy, *others = families(1, 1, 1, 1)
        for _ in range(25):
            enter(slot, greedy)
            with pytest.raises(Refused):
                enter(slot, greedy)
            with transaction():
                here = Booking.person_id == greedy[0], Booking.state == ENTERED
                booking = db.session.scalars(select(Booking).where(*here)).one()
                cancel(booking, Actor(somebody(), clock_now()))
        enter(slot, greedy)
        for family in others:
            enter(slot, family)
        freeze(slot, clock)
        entries, _ = frozen_list(the_draw(slot))
        assert [(one.tier, one.lost_before, one.places) for one in entries] == [(1, False, 1)] * 4
