"""The life of a draw: promised, entered, frozen, numbered and drawn, once, for everybody alike."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, insert, select

from hub import clock
from hub.accounts.models import Account
from hub.actor import Actor
from hub.bookings import queries
from hub.bookings.draw import actions as draws
from hub.bookings.draw.models import Draw, DrawEntry
from hub.bookings.draw.queries import draw_of, frozen_list, groups
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.jobs.scheduled_jobs import (
    DRAW,
    FREEZE_DRAWS,
    PROMISE_DRAWS,
    ScheduledJob,
    perform,
)
from hub.bookings.models import Booking, BookingState, Ending
from hub.bookings.single_slot.actions import book_party, cancel, cancel_all
from hub.bookings.slot_changes.actions import call_off, change_capacity
from hub.bookings.slot_counters import lock_slots, seat
from hub.bookings.waiting_list.actions import serve_waiting_list
from hub.catalogue.models import Activity, Admission
from hub.db import db, transaction
from hub.families.models import Guardian, Person, Priority
from hub.notices.models import Notice
from hub.refusals import Refused
from hub.timetable.models import Series, Slot, SlotState
from tests.bookings.draw.recomputed import by_hand
from tests.bookings.test_races import at_once
from tests.cast import Cast
from tests.makers import a_child, a_guardian, a_slot, tomorrow

ENTERED, WAITING = BookingState.ENTERED, BookingState.WAITING
CONFIRMED, CANCELLED = BookingState.CONFIRMED, BookingState.CANCELLED
NUMBER, SOURCE = "4 0 7", "福彩3D 第2026315期"


@pytest.fixture(autouse=True)
def within(app: Flask) -> Iterator[None]:
    """Inside a request of the site, as actions are; what families are told is in Chinese."""
    with app.test_request_context(), force_locale("zh_Hans_CN"):
        yield


@pytest.fixture
def a_draw(app: Flask, cast: Cast) -> Callable[..., int]:
    """A slot of the cast's activity in five days whose entries are open for two days more."""

    def make(**given: Any) -> int:
        activity = db.session.get_one(Activity, cast.activity)
        starts_at = given.pop("starts_at", None) or tomorrow(14) + timedelta(days=4)
        usual = {
            "admission": Admission.DRAW,
            "starts_at": starts_at,
            "entries_until": starts_at - timedelta(days=3),
            "waiting_limit": 2,
        }
        slot = a_slot(activity, **usual | given)
        db.session.add(slot)
        db.session.commit()
        return slot.id

    return make


@pytest.fixture
def families(cast: Cast) -> Callable[..., list[list[int]]]:
    """Families with so many children each; the ids of their children."""

    def make(*sizes: int) -> list[list[int]]:
        made = []
        for size in sizes:
            guardian = a_guardian()
            children = [a_child(guardian.household) for _ in range(size)]
            db.session.add_all([guardian, *children])
            db.session.flush()
            made.append([child.id for child in children])
        db.session.commit()
        return made

    return make


def enter(slot_id: int, person_ids: list[int]) -> list[int]:
    """Book for all of them; the ids of the bookings."""
    with transaction():
        persons = [db.session.get_one(Person, one) for one in person_ids]
        whose = Guardian.household_id == persons[0].household_id
        account_id = db.session.scalars(select(Guardian.account_id).where(whose)).first()
        slot = queries.slot_or_404(slot_id)
        made = book_party(slot, persons, by=Actor(account_id or 0, clock.now()))
        return [booking.id for booking in made]


def somebody() -> int:
    """An account, whoever it belongs to."""
    return db.session.scalars(select(func.min(Account.id))).one()


def did(duty: ScheduledJob) -> int:
    """How many rows the worker did in one round of this duty."""
    return sum(perform(duty))


def freeze(slot_id: int, time: Any) -> None:
    time.move_to(fresh(Slot, slot_id).entries_until)
    assert did(FREEZE_DRAWS) == 1


def number(slot_id: int, spelling: str = NUMBER) -> None:
    with transaction():
        draw = the_draw(slot_id)
        draws.enter_number(draw, spelling, SOURCE, by=Actor(somebody(), clock.now()))


def drawn(slot_id: int, time: Any) -> None:
    """Frozen, numbered and drawn."""
    freeze(slot_id, time)
    number(slot_id)
    assert did(DRAW) == 1


def fresh(model: Any, row_id: int) -> Any:
    db.session.rollback()
    return db.session.get_one(model, row_id, populate_existing=True)


def the_draw(slot_id: int) -> Draw:
    found = draw_of(db.session.get_one(Slot, slot_id))
    assert found is not None
    return found


def states(booking_ids: list[int]) -> list[BookingState]:
    return [fresh(Booking, one).state for one in booking_ids]


def outcomes(slot_id: int) -> list[tuple[int, str]]:
    """The registrations in the drawn order, with what each got."""
    rows = select(DrawEntry).where(DrawEntry.draw_id == the_draw(slot_id).id)
    in_order = db.session.scalars(rows.order_by(DrawEntry.position)).all()
    assert [entry.position for entry in in_order] == [*range(1, len(in_order) + 1)]
    return [(entry.registration, entry.outcome) for entry in in_order]


def told() -> list[str]:
    return list(db.session.scalars(select(Notice.text).order_by(Notice.id)))


def clock_now() -> datetime:
    return clock.now()


class TestThePromise:
    def test_it_is_made_before_entries_open_and_once(self, a_draw: Any) -> None:
        slot = a_draw(opens_at=clock.now() + timedelta(hours=1))
        assert did(PROMISE_DRAWS) == 1
        assert did(PROMISE_DRAWS) == 0
        draw = the_draw(slot)
        assert draw.commitment == hashlib.sha256(draw.secret.encode()).hexdigest()
        assert draw.committed_at < fresh(Slot, slot).opens_at

    def test_nobody_enters_for_what_is_not_promised(self, a_draw: Any, families: Any) -> None:
        slot = a_draw()
        [family] = families(1)
        [booking] = enter(slot, family)
        assert states([booking]) == [ENTERED]
        assert the_draw(slot).committed_at == clock.now()
        assert list(inconsistencies()) == []

    def test_no_promise_for_what_is_called_off_over_or_first_come(self, a_draw: Any) -> None:
        a_draw(state=SlotState.CALLED_OFF)
        a_draw(starts_at=clock.now() - timedelta(days=1))
        a_draw(admission=Admission.FIRST_COME, entries_until=None)
        assert did(PROMISE_DRAWS) == 0

    def test_two_workers_at_once_make_one_promise(self, app: Flask, a_draw: Any) -> None:
        slot = a_draw()
        ended = at_once(app, [lambda: did(PROMISE_DRAWS)] * 4)
        assert sum(int(count) * times for count, times in ended.items()) == 1
        assert the_draw(slot)


class TestTheList:
    def test_numbers_are_in_the_order_of_coming_and_a_party_has_one(
        self, a_draw: Any, families: Any, clock: Any
    ) -> None:
        slot = a_draw(capacity=3)
        first, second, third = families(1, 2, 1)
        [gone] = enter(slot, first)
        enter(slot, second)
        enter(slot, third)
        with transaction():
            cancel(fresh(Booking, gone), by=Actor(somebody(), clock_now()))
        enter(slot, first)  # once more: behind the others
        freeze(slot, clock)
        entries, withdrawn = frozen_list(the_draw(slot))
        assert [(one.registration, one.places) for one in entries] == [(1, 2), (2, 1), (3, 1)]
        assert withdrawn == set()

    def test_not_before_entries_end_and_at_that_very_instant(
        self, a_draw: Any, families: Any, clock: Any
    ) -> None:
        slot = a_draw()
        early, late = families(1, 1)
        clock.move_to(fresh(Slot, slot).entries_until - timedelta(microseconds=1))
        assert did(FREEZE_DRAWS) == 0
        enter(slot, early)
        assert did(FREEZE_DRAWS) == 0
        clock.shift(timedelta(microseconds=1))
        with pytest.raises(Refused, match="已经截止"):
            enter(slot, late)
        assert did(FREEZE_DRAWS) == 1
        assert did(FREEZE_DRAWS) == 0

    def test_nobody_enters_after_it_whatever_the_clock_says(
        self, a_draw: Any, families: Any, clock: Any
    ) -> None:
        slot = a_draw(capacity=1)
        one, other, third = families(1, 1, 1)
        enter(slot, one)
        enter(slot, other)
        freeze(slot, clock)
        clock.shift(timedelta(days=-1))
        with pytest.raises(Refused, match="已经截止"):
            enter(slot, third)
        assert list(inconsistencies()) == []

    def test_who_is_known_to_the_staff_goes_first_with_the_whole_family(
        self, a_draw: Any, families: Any, clock: Any
    ) -> None:
        slot = a_draw(capacity=2)
        plain, known, plain_too = families(1, 2, 1)
        db.session.add(Priority(person_id=known[1], group="困难家庭", verified_at=clock_now()))
        db.session.commit()
        for family in (plain, known, plain_too):
            enter(slot, family)
        freeze(slot, clock)
        entries, _ = frozen_list(the_draw(slot))
        assert [one.tier for one in entries] == [1, 0, 1]
        number(slot)
        did(DRAW)
        assert outcomes(slot)[0] == (2, "place")


class TestWhoLostLastTime:
    """She goes first inside her tier, unless she had a place after all."""

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

    def test_who_had_none(self, a_draw: Any, families: Any, clock: Any) -> None:
        assert self.two_draws(a_draw, families, clock) == [False, True, True]

    def test_not_who_was_offered_one_from_the_waiting_list(
        self, a_draw: Any, families: Any, clock: Any
    ) -> None:
        def give_up(slot_id: int, _lost: list[int]) -> None:
            here = Booking.slot_id == slot_id, Booking.state == CONFIRMED
            with transaction():
                booking = db.session.scalars(select(Booking).where(*here)).one()
                cancel(booking, Actor(somebody(), clock_now()))

        assert self.two_draws(a_draw, families, clock, give_up) == [False, False, True]

    def test_not_who_was_given_one_at_once_and_cancelled_it(
        self, a_draw: Any, families: Any, clock: Any
    ) -> None:
        def give_up_twice(slot_id: int, _lost: list[int]) -> None:
            here = Booking.slot_id == slot_id, Booking.state == CONFIRMED
            for _ in range(2):
                with transaction():
                    booking = db.session.scalars(select(Booking).where(*here)).one()
                    cancel(booking, Actor(somebody(), clock_now()))

        found = self.two_draws(a_draw, families, clock, give_up_twice, offer_minutes=0)
        assert found == [False, False, True]

    def test_only_the_last_draw_counts(self, a_draw: Any, families: Any, clock: Any) -> None:
        def another(_slot_id: int, _lost: list[int]) -> None:
            slot = a_draw(capacity=1, starts_at=tomorrow(10) + timedelta(days=6))
            for family in families(1, 1):
                enter(slot, family)
            drawn(slot, clock)

        assert self.two_draws(a_draw, families, clock, another) == [False, False, False]

    def test_a_draw_that_nobody_entered_is_none(
        self, a_draw: Any, families: Any, clock: Any
    ) -> None:
        def empty(_slot_id: int, _lost: list[int]) -> None:
            slot = a_draw(starts_at=tomorrow(10) + timedelta(days=6))
            did(PROMISE_DRAWS)
            freeze(slot, clock)
            assert did(DRAW) == 1

        assert self.two_draws(a_draw, families, clock, empty) == [False, True, True]


class TestTheNumber:
    def test_only_once_and_only_for_a_closed_list(
        self, a_draw: Any, families: Any, clock: Any
    ) -> None:
        slot = a_draw(capacity=1)
        for family in families(1, 1):
            enter(slot, family)
        with pytest.raises(Refused, match="还没公布"):
            number(slot)
        freeze(slot, clock)
        number(slot, "  ４ 0　7 ")
        with pytest.raises(Refused, match="不能再改"):
            number(slot, "1 2 3")
        draw = fresh(Draw, the_draw(slot).id)
        assert (draw.public_number, draw.public_source) == ("4 0 7", SOURCE)
        assert draw.numbered_by_id == somebody()

    @pytest.mark.parametrize("spelling", ["", "abc", "7", "4; rm -rf", "4$(x)7", "<b>1</b>"])
    def test_nothing_but_digits(
        self, spelling: str, a_draw: Any, families: Any, clock: Any
    ) -> None:
        slot = a_draw(capacity=1)
        enter(slot, families(1)[0])
        freeze(slot, clock)
        with pytest.raises(Refused, match="只写数字"):
            number(slot, spelling)

    def test_two_who_type_at_once_set_one(
        self, app: Flask, a_draw: Any, families: Any, clock: Any
    ) -> None:
        slot = a_draw(capacity=1)
        for family in families(1, 1):
            enter(slot, family)
        freeze(slot, clock)
        ends = at_once(app, [partial(number, slot, f"{n} 0 7") for n in range(4)])
        assert ends == {"None": 1, "refused": 3}


class TestTheDraw:
    def test_what_everybody_gets_is_what_is_recomputed_by_hand(
        self, a_draw: Any, families: Any, clock: Any
    ) -> None:
        slot = a_draw(capacity=6, waiting_limit=4)
        parties = [enter(slot, family) for family in families(1, 2, 1, 3, 1, 2, 1, 2, 1, 1)]
        drawn(slot, clock)
        draw = the_draw(slot)
        entries, _ = frozen_list(draw)
        rows = [(one.registration, one.tier, one.lost_before, one.places) for one in entries]
        assert outcomes(slot) == by_hand(rows, draw.secret, "4 0 7", 6, 4, True)
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
        self, smaller_first: bool, a_draw: Any, families: Any, clock: Any
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
        self, a_draw: Any, families: Any, clock: Any
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
        self, a_draw: Any, families: Any, clock: Any
    ) -> None:
        slot = a_draw(capacity=3)
        entered, newcomer = families(1, 1)
        [booking] = enter(slot, entered)
        drawn(slot, clock)
        assert states([booking]) == [CONFIRMED]
        assert states(enter(slot, newcomer)) == [CONFIRMED]

    def test_every_family_is_told_once_what_it_drew(
        self, a_draw: Any, families: Any, clock: Any
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

    def test_who_cancels_after_the_list_keeps_her_line_and_takes_nothing(
        self, a_draw: Any, families: Any, clock: Any
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
        self, a_draw: Any, families: Any, clock: Any
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
        self, a_draw: Any, families: Any, clock: Any
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
        self, a_draw: Any, families: Any, clock: Any
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
        self, a_draw: Any, families: Any, clock: Any
    ) -> None:
        slot = a_draw(capacity=1)
        bookings = [enter(slot, family)[0] for family in families(1, 1)]
        freeze(slot, clock)
        assert did(DRAW) == 0
        with transaction():
            assert not draws.run_draw(the_draw(slot), clock_now())
        assert states(bookings) == [ENTERED, ENTERED]

    def test_a_draw_of_a_called_off_slot_is_not_held(
        self, a_draw: Any, families: Any, clock: Any
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

    def test_no_other_way_leads_to_a_place_before_it(self, a_draw: Any, families: Any) -> None:
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
        self, a_draw: Any, families: Any, clock: Any
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


class TestMany:
    def test_two_workers_at_once_draw_once(
        self, app: Flask, a_draw: Any, families: Any, clock: Any
    ) -> None:
        slot = a_draw(capacity=2, waiting_limit=1)
        for family in families(1, 1, 1, 1, 1):
            enter(slot, family)
        freeze(slot, clock)
        number(slot)
        due = draws.to_draw(clock_now())
        db.session.rollback()

        def act() -> bool:
            with transaction():
                return draws.draw_one(due[0], clock_now())

        assert at_once(app, [act] * 4) == {"True": 1, "False": 3}
        assert len(told()) == 5
        assert sorted(_states_here(slot)) == sorted(
            [CONFIRMED, CONFIRMED, WAITING, CANCELLED, CANCELLED]
        )
        assert list(inconsistencies()) == []

    def test_a_worker_killed_in_the_middle_leaves_nothing_half_done(
        self, a_draw: Any, families: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slot = a_draw(capacity=1)
        for family in families(1, 1, 1):
            enter(slot, family)
        freeze(slot, clock)
        number(slot)

        def killed(*_args: Any) -> None:
            raise SystemExit

        with monkeypatch.context() as patched:
            patched.setattr(draws, "_tell", killed)
            with pytest.raises(SystemExit):
                did(DRAW)
        assert _states_here(slot) == [ENTERED] * 3
        assert fresh(Slot, slot).drawn_at is None
        assert the_draw(slot).drawn_at is None
        assert told() == []
        assert did(DRAW) == 1
        assert list(inconsistencies()) == []

    def test_a_large_draw_looks_nothing_up_for_each_entry(
        self, a_draw: Any, clock: Any, queries: list[str]
    ) -> None:
        slot = a_draw(capacity=20, waiting_limit=20)
        entered_in_bulk(slot, 60)
        freeze(slot, clock)
        number(slot)
        queries.clear()
        assert did(DRAW) == 1
        reads = [one for one in queries if one.startswith("SELECT")]
        assert len(reads) < 20, "a look-up for each entry would be too many"
        assert [(one.parties, one.placed) for one in groups(the_draw(slot))] == [(60, 20)]


class TestAWhole期:
    def test_a_party_gets_all_dates_or_none(
        self, a_draw: Any, families: Any, clock: Any, cast: Cast
    ) -> None:
        series = Series(
            activity_id=cast.activity,
            name="冬季班",
            is_whole=True,
            starts_on=clock_now().date(),
            ends_on=clock_now().date() + timedelta(days=40),
        )
        db.session.add(series)
        db.session.commit()
        until = clock_now() + timedelta(days=2)
        dates = [
            a_draw(
                capacity=2,
                waiting_limit=1,
                series_id=series.id,
                starts_at=tomorrow(14) + timedelta(days=7 * week),
                entries_until=until,
            )
            for week in (1, 2, 3)
        ]
        assert did(PROMISE_DRAWS) == 1
        assert did(PROMISE_DRAWS) == 0
        assert {the_draw(date).slot_id for date in dates} == {dates[0]}
        parties = [enter_whole(dates, family) for family in families(1, 1, 1, 1)]
        with transaction():
            call_off(db.session.get_one(Slot, dates[0]), "停电", by=Actor(somebody(), clock_now()))
        clock.move_to(until)
        assert did(FREEZE_DRAWS) == 1
        number(dates[1])
        assert did(DRAW) == 1
        wanted = {"place": CONFIRMED, "waiting": WAITING, "none": CANCELLED}
        assert [outcome for _, outcome in outcomes(dates[2])] == [
            "place",
            "place",
            "waiting",
            "none",
        ]
        for registration, outcome in outcomes(dates[0]):
            party = parties[registration - 1]
            assert states(party) == [CANCELLED, wanted[outcome], wanted[outcome]]
        assert all(fresh(Slot, date).drawn_at for date in dates)
        assert list(inconsistencies()) == []


def enter_whole(slot_ids: list[int], person_ids: list[int]) -> list[int]:
    """Enter a party for all dates, as the page of a whole 期 does."""
    from hub.bookings.single_slot.actions import new_bookings, save_new

    with transaction():
        slots = [db.session.get_one(Slot, one) for one in slot_ids]
        persons = [db.session.get_one(Person, one) for one in person_ids]
        made = new_bookings(slots, persons, by=Actor(somebody(), clock.now()))
        lock_slots(*slots)
        draws.enter(made, slots[0], clock.now())
        save_new("book", made, somebody())
        return [booking.id for booking in made]


def entered_in_bulk(slot_id: int, count: int) -> None:
    """So many families with one entry each, without going through the site."""
    with transaction():
        slot = db.session.get_one(Slot, slot_id)
        draws.promise(slot, clock.now())
        guardians = [a_guardian() for _ in range(count)]
        children = [a_child(guardian.household) for guardian in guardians]
        db.session.add_all([*guardians, *children])
        db.session.flush()
        rows = [
            {
                "number": f"{child.id:010d}",
                "party": f"{child.id:010d}",
                "slot_id": slot_id,
                "person_id": child.id,
                "household_id": child.household_id,
                "channel": "web",
                "state": ENTERED,
                "starts_at": slot.starts_at,
                "ends_at": slot.ends_at,
                "fee_fen": 0,
                "made_at": clock.now(),
            }
            for child in children
        ]
        db.session.execute(insert(Booking), rows)


def _states_here(slot_id: int) -> list[BookingState]:
    db.session.rollback()
    here = select(Booking.state).where(Booking.slot_id == slot_id).order_by(Booking.id)
    return list(db.session.scalars(here))
