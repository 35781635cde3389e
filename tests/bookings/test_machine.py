"""The whole life of bookings, in orders of events that nobody thinks of, against a simple model.

Hypothesis makes up the worlds and the orders; after every step the database is compared with the
model of tests.bookings.model, recounted, and nobody may wait who would fit. An act may die at any
of its statements or at its commit: then nothing of it is there. HUB_DEEP=20 looks twenty times as
long.
"""

import os
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hub import clock as the_clock
from hub.actor import Actor, Channel
from hub.bookings.attendance import actions as attendance
from hub.bookings.draw import actions as draws
from hub.bookings.draw.models import Draw
from hub.bookings.models import HOLDING, Booking
from hub.bookings.single_slot.actions import book_party, cancel_all, move
from hub.bookings.slot_changes import actions as slot_changes
from hub.bookings.waiting_list import actions as waiting_list
from hub.bookings.waiting_list.models import Offer
from hub.catalogue.models import Admission
from hub.db import db
from hub.families.queries import my_persons
from hub.refusals import Refused
from hub.timetable.models import Slot
from tests.aliases import Clock
from tests.bookings import model as wanted
from tests.bookings.model import Model, No
from tests.bookings.world import Killed, World

DEEP = int(os.environ.get("HUB_DEEP") or 1)
EXAMPLES, STEPS, CROWDED = 15, 15, 20
# The rules do not depend on the database, and each act takes PostgreSQL twice as long.
LIVES = {"sqlite": 15, "postgresql": 5}
FIRST = int(os.environ.get("HUB_SEED") or 0)  # of the long lives
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

ANSWERS = ("accept", "accept", "decline", "expire")
WHEN = ("now", "now", "now", "just in time", "at the end")
DOOR = ("arrive", "arrive", "take back", "miss", "miss", "excuse", "excuse", "late")
STEPS_OF_A_DRAW = ("freeze", "freeze", "number", "draw", "draw", "give up")
TO_LINE = (0, 0, 1, 2, 3, 7)  # bits: whose places are taken back, of the last who came

WHO = (1, 1, 2, 3, 3, 4, 6, 7)  # bits: which persons of a family

which, seeds = st.integers(0, 11), st.integers(0, 2**32)
maybe = st.booleans()
POLICY: dict[str, list[Any]] = {
    "capacity": [2, 1, 2, 3, 4],
    "desk_places": [0, 0, 1],
    "adult_counts": [False, False, True],
    "waiting_limit": [6, 6, 3, 0],
    "offer_minutes": [45, 45, 120, 0],
    "smaller_first": [True, False],
    "person_per_week": [None, None, None, 1],
    "household_per_week": [None, None, None, 3],
    "no_show_limit": [None, 1],
    "admission": [Admission.FIRST_COME, Admission.FIRST_COME, Admission.DRAW],
}
MUST_HAPPEN = {
    *("book: confirmed", "book: waiting", "book: refused", "again: confirmed", "killed"),
    *("accept: True", "accept: False", "decline: True", "expire: True", "move: confirmed"),
    *("cancel: True", "cancel: refused", "move up: True", "capacity: None", "capacity: refused"),
    *("restore: None", "restore: refused", "desk places: None", "call off: True"),
    *("book: entered", "freeze: True", "number: None", "draw: True", "draw: False"),
    *("arrive: None", "miss: None", "excuse: None", "take back: None"),
}
policy = st.fixed_dictionaries({name: st.sampled_from(all) for name, all in POLICY.items()})


class Life(RuleBasedStateMachine):
    world: World
    traveller: Clock
    begin: datetime
    steps: Counter[str] = Counter()  # what really happened, over all examples

    @initialize(policies=st.lists(policy, min_size=3, max_size=3), seed=seeds)
    def a_world(self, policies: list[dict[str, Any]], seed: int) -> None:
        self.now, self.ids, self.dies_after = self.begin, list[int](), -1
        self.forms: list[tuple[Callable[[], Any], list[int]]] = []
        self.acts = 0
        self.traveller.move_to(self.now)
        times = [self.now + 8 * HOUR, self.now + 9 * HOUR, self.now + 23 * HOUR]
        given = [
            {"starts_at": at, "cancel_until": at - HOUR, "opens_at": self.begin - HOUR} | one
            for at, one in zip(times, policies, strict=True)
        ]
        given[2]["opens_at"] = self.begin + HOUR
        for one in given:
            if one["admission"] is Admission.DRAW:
                one["entries_until"] = max(one["opens_at"], self.begin) + HOUR
            one["places_left"] = one["capacity"] - one["desk_places"]
        slots = self.world.renew(given)
        self.model = Model([_slot(n, one) for n, one in zip(slots, given, strict=True)])
        for slot in self.model.slots:
            if slot.id in self.world.draws:
                until = given[slots.index(slot.id)]["entries_until"]
                slot.draw = wanted.Draw(*self.world.draws[slot.id], until)
        chance = Random(seed)  # noqa: S311 – a game
        for _ in range(8):
            self._book(chance.choice([0, 0, 1, 2]), chance.randrange(4), chance.choice(WHO))

    # Families.

    @rule(
        slot=which,
        home=which,
        persons=st.integers(1, 7),
        guardian=which,
        by_staff=st.sampled_from([False, False, False, True]),
    )
    def book(self, slot: int, home: int, persons: int, guardian: int, by_staff: bool) -> None:
        self._book(slot, home, persons, guardian, by_staff)

    def _book(
        self, slot: int, home: int, persons: int, guardian: int = 0, by_staff: bool = False
    ) -> None:
        family = _of(self.world.families, home)
        whom = [one for n, one in enumerate(family.persons) if persons >> n & 1]
        if not whom:
            return
        now, slot_id, key = self.now, _of(self.model.slots, slot).id, f"form {len(self.ids)}"
        channel = Channel.DESK if by_staff else Channel.WEB
        account = self.world.staff if by_staff else _of(family.guardians, guardian)

        def act() -> Any:
            persons = my_persons(self.world.account(family.guardians[0]), whom, lock=True)
            return book_party(
                db.session.get_one(Slot, slot_id),
                persons,
                by=Actor(account, now, channel=channel, request_key=key),
            )

        made = self._both(
            "book",
            lambda model: model.book(
                _of(model.slots, slot), whom, family.household, now, by_staff=by_staff
            ),
            act,
        )
        if isinstance(made, list | tuple) and self.forms_made(made):
            self.forms.append((act, [self.ids.index(one.id) for one in made]))

    def forms_made(self, made: Any) -> bool:
        return all(one.request_key is None or one.request_key.startswith("form") for one in made)

    @precondition(lambda self: self.ids)
    @rule(
        act=st.sampled_from(["cancel", "cancel", "cancel party", "move", "the same form again"]),
        one=which,
        other=which,
        by_staff=st.sampled_from([False, False, True]),
    )
    def a_family_acts(self, act: str, one: int, other: int, by_staff: bool) -> None:
        if act == "move":
            self._move(one, other, by_staff=by_staff)
        elif act == "the same form again":
            self._send_again(one)
        else:
            self._cancel(one, whole_party=act == "cancel party", by_staff=by_staff)

    def _send_again(self, form: int) -> None:
        """A double tap, the back button: what it made is answered once more."""
        if not self.forms:
            return
        act, made = _last(self.forms, form)
        if all(self.model.bookings[number].is_live for number in made):
            self._both("again", lambda model: [model.bookings[n] for n in made], act)

    def _somebody(self, by_staff: bool) -> Actor:
        return Actor(self.world.staff, self.now, Channel.DESK if by_staff else Channel.WEB)

    def _cancel(self, one: int, *, whole_party: bool, by_staff: bool) -> None:
        wanted = [booking for booking in self.model.bookings if booking.state in HOLDING]
        first = _last(wanted if one % 4 and wanted else self.model.bookings, one)
        numbers = [
            booking.id
            for booking in self.model.bookings
            if booking is first or (whole_party and booking.party == first.party)
        ]
        self._both(
            "cancel",
            lambda model: model.cancel(
                [model.bookings[n] for n in numbers], self.now, by_staff=by_staff
            ),
            lambda: cancel_all([self._booking_of(n) for n in numbers], self._somebody(by_staff)),
        )

    def _move(self, one: int, other: int, *, by_staff: bool) -> None:
        confirmed = [one for one in self.model.bookings if one.state == wanted.CONFIRMED]
        number = _last(confirmed or self.model.bookings, one).id
        slot_id = _of(self.model.slots, other).id
        reason = "说好的" if by_staff and one % 2 else ""
        self._both(
            "move",
            lambda model: model.move(
                model.bookings[number],
                _of(model.slots, other),
                self.now,
                by_staff=by_staff,
                passes=bool(reason),
            ),
            lambda: [
                move(
                    self._booking_of(number),
                    db.session.get_one(Slot, slot_id),
                    self._somebody(by_staff),
                    reason=reason,
                )
            ],
        )

    @precondition(lambda self: self.model.offers)
    @rule(offer=which, answer=st.sampled_from(ANSWERS), when=st.sampled_from(WHEN))
    def an_offer_is_answered(self, offer: int, answer: str, when: str) -> None:
        self._answer(offer, answer, when)

    def _answer(self, offer: int, answer: str, when: str) -> None:
        if not self.model.offers:
            return
        one = _last(self.model.open_offers() or self.model.offers, offer)
        if when != "now" or answer == "expire":
            early = when == "just in time"
            self.time_passes_to(one.until - early * timedelta(microseconds=1))
        number = self.model.offers.index(one)

        def act() -> bool:
            found = db.session.query(Offer).order_by(Offer.id).all()[number]
            if answer == "expire":
                return waiting_list.expire(found, now=self.now)
            answered = waiting_list.accept if answer == "accept" else waiting_list.decline
            return answered(found, Actor(None, self.now))

        self._both(
            answer,
            lambda model: getattr(model, answer)(model.offers[number], self.now),
            act,
        )

    # The staff.

    @rule(
        act=st.sampled_from(
            ["move up", "capacity", "capacity", "restore", "desk places", "call off"]
        ),
        one=which,
        number=st.integers(0, 4),
        to_waiting_list=st.sampled_from(TO_LINE),
    )
    def the_staff_acts(self, act: str, one: int, number: int, to_waiting_list: int) -> None:
        if act == "move up":
            self._move_up(one)
        elif act == "capacity":
            self._change_capacity(one, number, to_waiting_list)
        elif act == "restore":
            self._restore(one)
        elif act == "desk places":
            self._release_desk_places(one)
        elif len(self.ids) > 6 and number == 0:
            self._call_off(one)

    def _move_up(self, turn: int) -> None:
        waiting = [n for slot in self.model.slots for n in slot.line]
        if not waiting:
            return
        number = _last(waiting, turn)

        def act() -> bool:
            booking = self._booking_of(number)
            return waiting_list.move_up(booking, "说好的", by=Actor(self.world.staff, self.now))

        self._both("move up", lambda model: model.move_up(model.bookings[number], self.now), act)

    def _change_capacity(self, slot: int, capacity: int, to_waiting_list: int) -> None:
        here = _of(self.model.slots, slot)
        held = [one for one in self.model.bookings if one.slot is here and one.state in HOLDING]
        back = [one.id for n, one in enumerate(reversed(held)) if to_waiting_list >> n & 1]
        self._both(
            "capacity",
            lambda model: model.change_capacity(
                _of(model.slots, slot), capacity, [model.bookings[n] for n in back], self.now
            ),
            lambda: slot_changes.change_capacity(
                db.session.get_one(Slot, here.id),
                capacity,
                by=Actor(self.world.staff, self.now),
                to_waiting_list=[self._booking_of(n) for n in back],
            ),
        )

    def _call_off(self, slot: int) -> None:
        slot_id = _of(self.model.slots, slot).id
        self._both(
            "call off",
            lambda model: model.call_off(_of(model.slots, slot)),
            lambda: slot_changes.call_off(
                db.session.get_one(Slot, slot_id), "停水", by=Actor(self.world.staff, self.now)
            ),
        )

    def _restore(self, one: int) -> None:
        over = [one for one in self.model.bookings if not one.is_live]
        if not over:
            return
        number = _last(over, one).id
        self._both(
            "restore",
            lambda model: model.restore(model.bookings[number], self.now),
            lambda: slot_changes.restore(
                self._booking_of(number), by=Actor(self.world.staff, self.now)
            ),
        )

    def _release_desk_places(self, slot: int) -> None:
        slot_id = _of(self.model.slots, slot).id
        self._both(
            "desk places",
            lambda model: model.release_desk_places(_of(model.slots, slot), self.now),
            lambda: slot_changes.release_desk_places(
                db.session.get_one(Slot, slot_id), Actor(None, self.now)
            ),
        )

    @precondition(lambda self: self.world.draws)
    @rule(slot=which, step=st.sampled_from(STEPS_OF_A_DRAW))
    def a_draw_goes_on(self, slot: int, step: str) -> None:
        self._draw(slot, step)

    def _draw(self, one: int, step: str) -> None:
        drawn = [slot for slot in self.model.slots if slot.draw]
        if not drawn:
            return
        slot = _of(drawn, one)
        index, draw_id = self.model.slots.index(slot), slot.draw.id
        if slot.draw.step == "open":
            self.time_passes_to(slot.draw.entries_until)

        def number() -> None:
            draw, staff = db.session.get_one(Draw, draw_id), self.world.staff
            draws.enter_number(draw, f"12{one % 10}", "彩票", by=Actor(staff, self.now))

        if step == "freeze" and slot.is_open:
            self._both(
                "freeze",
                lambda model: model.freeze(model.slots[index]),
                lambda: draws.freeze_one(draw_id, self.now),
            )
        elif step == "number":
            self._both(
                "number",
                lambda model: model.number(model.slots[index], f"12{one % 10}", self.now),
                number,
            )
        elif step == "give up":
            self._both(
                "give up",
                lambda model: model.give_up(model.slots[index], self.now),
                lambda: draws.give_up_one(slot.id, self.now),
            )
        else:
            self._both(
                "draw",
                lambda model: model.draw(model.slots[index], self.now),
                lambda: draws.draw_one(draw_id, self.now),
            )

    @precondition(lambda self: self.ids and self.now >= self.begin + 6 * HOUR)
    @rule(one=which, what=st.sampled_from(DOOR))
    def at_the_door(self, one: int, what: str) -> None:
        self._at_the_door(one, what)

    def _at_the_door(self, one: int, what: str) -> None:
        if what == "late":
            self._release_late_places(one)
            return
        state = wanted.NO_SHOW if what == "excuse" else wanted.CONFIRMED
        there = [one for one in self.model.bookings if one.state == state]
        number = _last(there if one % 4 and there else self.model.bookings, one).id
        staff = Actor(self.world.staff, self.now, Channel.DESK)
        acts: dict[str, tuple[Callable[[Model], Any], Callable[[], Any]]] = {
            "arrive": (
                lambda model: model.mark_arrival(model.bookings[number], self.now),
                lambda: attendance.mark_arrival(self._booking_of(number), by=staff),
            ),
            "take back": (
                lambda model: model.take_back_arrival(model.bookings[number]),
                lambda: attendance.take_back_arrival(self._booking_of(number), by=staff),
            ),
            "miss": (
                lambda model: model.mark_no_show(model.bookings[number], self.now),
                lambda: attendance.mark_no_show(self._booking_of(number), by=staff),
            ),
            "excuse": (
                lambda model: model.excuse(model.bookings[number]),
                lambda: attendance.excuse(self._booking_of(number), "发烧了", by=staff),
            ),
        }
        self._both(what, *acts[what])

    def _release_late_places(self, one: int) -> None:
        begun = [slot for slot in self.model.slots if self.now >= slot.starts_at]
        if not begun:
            return
        slot_id = _of(begun, one).id
        self._both(
            "late",
            lambda model: model.release_late_places(
                next(slot for slot in model.slots if slot.id == slot_id)
            ),
            lambda: attendance.release_late_places(db.session.get_one(Slot, slot_id), now=self.now),
        )

    # Chance.

    @rule(seed=seeds)
    def much_happens(self, seed: int) -> None:
        """Hypothesis likes small numbers and few rules at a time; chance mixes more."""
        chance = Random(f"{seed} {self.acts}")  # noqa: S311 – a game

        def n(most: int = 11) -> int:
            return chance.randint(0, most)

        by_staff, late = n() > 9, self.now >= self.begin + 6 * HOUR
        acts: list[tuple[int, Callable[[], Any]]] = [
            (6, lambda: self._book(n(), n(), chance.choice(WHO), n(), by_staff)),
            (6, lambda: self._cancel(n(), whole_party=n() > 8, by_staff=by_staff)),
            (2, lambda: self._move(n(), n(), by_staff=by_staff)),
            (
                12 if self.model.open_offers() else 1,
                lambda: self._answer(n(), chance.choice(ANSWERS), chance.choice(WHEN)),
            ),
            (1, lambda: self._send_again(n())),
            (1, lambda: self._move_up(n())),
            (3, lambda: self._change_capacity(n(), n(4), chance.choice(TO_LINE))),
            (1, lambda: self._restore(n())),
            (1, lambda: self._release_desk_places(n())),
            (3 if self.world.draws else 0, lambda: self._draw(n(), chance.choice(STEPS_OF_A_DRAW))),
            (9 if late else 0, lambda: self._at_the_door(n(), chance.choice(DOOR))),
            (1, lambda: self.time_passes(n(), chance.choice([1, 5, 31, 61]), int(n() > 9))),
            (1, lambda: self.the_next_act_will_die(n() * 2)),
            (int(n() == 0), lambda: self._call_off(n())),
        ]
        if self.ids:
            for _, act in chance.choices(acts, [weight for weight, _ in acts], k=5):
                act()

    # The clock, and death.

    @rule(
        slot=which,
        minutes=st.sampled_from([1, 5, 31, 61, 1441]),
        to_start=st.sampled_from([0, 0, 0, 1]),
    )
    def time_passes(self, slot: int, minutes: int, to_start: int) -> None:
        starts_at = _of(self.model.slots, slot).starts_at
        before = {1: 61, 5: 9, 31: 0, 61: -20, 1441: 119}[minutes]  # 1441: a day without a worker
        self.time_passes_to(
            starts_at - before * MINUTE if to_start else self.now + minutes * MINUTE
        )

    @rule(statements=st.integers(0, 25))
    def the_next_act_will_die(self, statements: int) -> None:
        self.dies_after = statements

    # What must be so.

    @invariant()
    def nobody_is_passed_over(self) -> None:
        assert self.model.passed_over(self.now) == []
        assert all(self.model.free(slot) >= 0 for slot in self.model.slots)

    def _compare(self) -> None:
        """The database is as the model says."""
        model, ids = self.model, self.ids
        found = self.world.found()
        assert found.wrong == []
        assert found.slots == [
            (one.id, one.capacity, one.desk, model.free(one), len(one.line), one.is_open)
            for one in model.slots
        ]
        assert found.bookings == [
            (ids[one.id], ids[one.party], one.slot.id, one.person, one.state, one.ending)
            for one in model.bookings
        ]
        assert found.places == [one.places for one in model.bookings]
        assert found.lines == {
            one.id: [ids[number] for number in one.line] for one in model.slots if one.line
        }
        assert found.offers == [
            (ids[one.party], one.slot.id, one.until, one.answer or None) for one in model.offers
        ]
        assert found.arrived == [ids[one.id] for one in model.bookings if one.arrived]
        assert found.excused == [ids[one.id] for one in model.bookings if one.excused]
        assert found.reorderings == model.passings
        assert found.notes == Counter(
            {
                (act, subject, ids[number] if subject == "booking" else number): count
                for (act, subject, number), count in model.notes.items()
            }
        )
        assert found.told == model.told

    # How.

    def time_passes_to(self, instant: datetime) -> None:
        self.now = max(self.now, instant)
        self.traveller.move_to(self.now)

    def _booking_of(self, number: int) -> Booking:
        return db.session.get_one(Booking, self.ids[number])

    def _both(self, what: str, expected: Callable[[Model], Any], act: Callable[[], Any]) -> Any:
        """Do it in the model and in the database; they must say the same."""
        self.acts += 1
        model = deepcopy(self.model)
        try:
            answer = expected(model)
        except No:
            answer, model = No, self.model
        dies_after, self.dies_after = self.dies_after, -1
        try:
            got = self.world.do(act, dies_after)
        except Refused:
            got = No
        except Killed:
            Life.steps["killed"] += 1
            self._compare()
            return None
        self.model = model
        Life.steps[f"{what}: {_outcome(answer)}"] += 1
        if isinstance(got, list | tuple):
            assert answer is not No, "refused by the rules, but done"
            self.ids += [one.id for one in got if one.id not in self.ids]
            assert [self.ids.index(one.id) for one in got] == [one.id for one in answer]
        else:
            assert got == answer
        self._compare()
        return got


def _of(choice: Any, number: int) -> Any:
    return choice[number % len(choice)]


def _last(choice: Any, number: int) -> Any:
    """The later ones first: there is more going on with them."""
    return choice[-1 - number % len(choice)]


def _outcome(answer: Any) -> str:
    if isinstance(answer, list):
        return answer[0].state.value
    return "refused" if answer is No else str(answer)


def _slot(slot_id: int, given: dict[str, Any]) -> wanted.Slot:
    return wanted.Slot(
        id=slot_id,
        starts_at=given["starts_at"],
        ends_at=given["starts_at"] + timedelta(minutes=90),
        opens_at=given["opens_at"],
        cancel_until=given["cancel_until"],
        capacity=given["capacity"],
        desk=given["desk_places"],
        places_each=2 if given["adult_counts"] else 1,
        waiting_limit=given["waiting_limit"],
        offer_minutes=given["offer_minutes"],
        smaller_first=given["smaller_first"],
        person_per_week=given["person_per_week"],
        household_per_week=given["household_per_week"],
        no_show_limit=given["no_show_limit"],
    )


@pytest.fixture
def life(app: Flask, clock: Clock) -> type[Life]:
    Life.world, Life.traveller, Life.begin = World(app), clock, the_clock.now()
    Life.steps.clear()
    return Life


def test_the_database_agrees_with_a_simple_model_whatever_happens(life: type[Life]) -> None:
    run_state_machine_as_test(
        life,
        settings=settings(
            derandomize=DEEP == 1,
            database=None,
            deadline=None,
            phases=[Phase.generate, *([Phase.shrink] if DEEP > 1 else [])],
            max_examples=EXAMPLES * DEEP,
            stateful_step_count=STEPS,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"\n{sum(life.steps.values())} acts", dict(sorted(life.steps.items())))  # noqa: T201 – seen with -s


def test_in_long_lives_everything_happens_and_the_database_agrees(
    life: type[Life], database_url: str
) -> None:
    """Chance alone: more of what is rare, and it is asserted that it did happen."""
    name = database_url.partition(":")[0].partition("+")[0]
    for seed in range(FIRST, FIRST + LIVES[name] * DEEP):
        chance = Random(seed)  # noqa: S311 – a game
        one = life()
        policies = [
            {name: chance.choice(values) for name, values in POLICY.items()} for _ in range(3)
        ]
        try:
            one.a_world(policies, seed)
            for step in range(CROWDED):
                if step == CROWDED // 2:  # now the day itself
                    minutes = chance.choice([90, 50, 5, 0, -10, -10, -40])
                    one.time_passes_to(one.model.slots[0].starts_at - minutes * MINUTE)
                one.much_happens(step)
                one.nobody_is_passed_over()
        except BaseException:
            print(f"\nlife {seed}: {one.acts} acts")  # noqa: T201 – seen with -s
            raise
    print(f"\n{sum(life.steps.values())} acts", dict(sorted(life.steps.items())))  # noqa: T201 – seen with -s
    assert name == "postgresql" or set(life.steps) >= MUST_HAPPEN, "the machine has grown blind"
