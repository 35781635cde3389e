"""What went wrong in systems like this one, each named after what it prevents here."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from hub import clock as the_clock
from hub.actor import Actor, Channel
from hub.audit import AuditEntry
from hub.bookings import slot_counters as seats
from hub.bookings.attendance import actions as attendance
from hub.bookings.draw.models import Draw
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import HOLDING, Booking, BookingState
from hub.bookings.queries import slot_or_404
from hub.bookings.single_slot.actions import book_party, cancel, cancel_all, move
from hub.bookings.slot_changes import actions as slot_changes
from hub.bookings.waiting_list import actions as waiting_list
from hub.bookings.waiting_list.models import Answer, Offer
from hub.catalogue.models import Admission
from hub.db import db, transaction
from hub.families.actions import remove_person
from hub.families.models import Guardian, Person
from hub.families.queries import my_person
from hub.notices.actions import tell
from hub.notices.models import Notice
from hub.refusals import Refused
from hub.timetable.models import Slot
from tests.bookings.series.whole import (
    a_family,
    a_whole,
    date_ids,
    enrol_family,
    places,
    states,
)
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import a_booking, a_child, a_guardian, a_slot, an_activity, tomorrow

WAITING, OFFERED, CONFIRMED = BookingState.WAITING, BookingState.OFFERED, BookingState.CONFIRMED
TICK = timedelta(microseconds=1)


class Desk:
    """What the tests do and see, each act a transaction of its own."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app, self.cast = app, cast

    def a_slot(self, **given: Any) -> int:
        """A slot of the cast's centre, in a room of its own."""
        with self.app.app_context():
            activity = an_activity(**given.pop("activity", {}))
            slot = a_slot(activity, **given)
            db.session.add(slot)
            db.session.commit()
            return slot.id

    def do(self, act: Callable[[], Any]) -> Any:
        with self.app.test_request_context(), transaction():
            return act()

    def book(self, slot_id: int, *persons: int, **given: Any) -> str:
        """The number of the first."""

        def act() -> str:
            whom = [db.session.get_one(Person, person) for person in persons]
            account_id = given.pop("account_id", self.cast.mother)
            by = Actor(account_id, the_clock.now(), **given)
            booked = book_party(slot_or_404(slot_id), whom, by)
            return booked[0].number

        return str(self.do(act))

    def book_strangers(self, slot_id: int, *sizes: int) -> list[list[str]]:
        """A family for each size, all of its children together; their numbers."""
        families = []
        for size in sizes:
            with self.app.app_context():
                guardian = a_guardian()
                children = [a_child(guardian.household) for _ in range(size)]
                db.session.add_all([guardian, *children])
                db.session.commit()
                account, persons = guardian.account_id, [child.id for child in children]
            first = self.book(slot_id, *persons, account_id=account)
            families.append(self.party(first))
        return families

    def party(self, number: str) -> list[str]:
        with self.app.app_context():
            mine = select(Booking.number).where(Booking.party == number).order_by(Booking.id)
            return list(db.session.scalars(mine))

    def to(self, number: str, act: Callable[[Booking], Any]) -> Any:
        return self.do(lambda: act(_booking(number)))

    def cancel(self, *numbers: str) -> Any:
        def act() -> Any:
            bookings = [_booking(number) for number in numbers]
            return cancel_all(bookings, by=Actor(self.cast.clerk, the_clock.now()))

        return self.do(act)

    def resize(self, slot_id: int, capacity: int, *to_waiting_list: str) -> None:
        self.do(
            lambda: slot_changes.change_capacity(
                db.session.get_one(Slot, slot_id),
                capacity,
                by=Actor(self.cast.clerk, the_clock.now()),
                to_waiting_list=[_booking(number) for number in to_waiting_list],
            )
        )

    def answer(self, number: str, say: Any) -> Any:
        def act() -> Any:
            still_open = Offer.party == _booking(number).party, Offer.answered_at.is_(None)
            offer = db.session.scalars(select(Offer).where(*still_open)).one()
            return say(offer, by=Actor(None, the_clock.now()))

        return self.do(act)

    def states(self, *numbers: str) -> list[str]:
        with self.app.app_context():
            assert list(inconsistencies()) == []
            return [_booking(number).state.value for number in numbers]

    def left(self, slot_id: int) -> int:
        with self.app.app_context():
            return db.session.get_one(Slot, slot_id).places_left

    def messages(self) -> list[str]:
        with self.app.app_context():
            return list(db.session.scalars(select(Notice.text).order_by(Notice.id)))


def _booking(number: str) -> Booking:
    return db.session.scalars(select(Booking).where(Booking.number == number)).one()


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    return Desk(app, cast)


class TestTheRush:
    def test_nobody_is_put_off_within_the_first_second(
        self, desk: Desk, clock: time_machine.Traveller
    ) -> None:
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


class TestOverselling:
    """A child is in one place at a time, by whatever path she comes."""

    @pytest.fixture
    def two(self, desk: Desk) -> tuple[int, int]:
        return desk.a_slot(), desk.a_slot(starts_at=tomorrow(15))

    def test_not_by_booking(self, desk: Desk, two: tuple[int, int]) -> None:
        desk.book(two[0], desk.cast.xiaoman)
        with pytest.raises(Refused, match="这个时间已经约了"):
            desk.book(two[1], desk.cast.xiaoman)

    def test_not_by_the_desk(self, desk: Desk, two: tuple[int, int]) -> None:
        desk.book(two[0], desk.cast.xiaoman)
        with pytest.raises(Refused, match="这个时间已经约了"):
            desk.book(two[1], desk.cast.xiaoman, channel=Channel.PHONE)

    def test_not_by_waiting(self, desk: Desk, two: tuple[int, int]) -> None:
        desk.book(two[0], desk.cast.xiaoman)
        desk.book_strangers(two[1], 10)
        with pytest.raises(Refused, match="这个时间已经约了"):
            desk.book(two[1], desk.cast.xiaoman)

    def test_not_by_moving(self, desk: Desk, app: Flask, cast: Cast) -> None:
        with app.app_context():
            activity = an_activity()
            slots = [a_slot(activity, starts_at=tomorrow(hour)) for hour in (9, 14)]
            db.session.add_all(slots)
            db.session.commit()
            morning, afternoon = (slot.id for slot in slots)
        desk.book(desk.a_slot(starts_at=tomorrow(15)), cast.xiaoman)
        number = desk.book(morning, cast.xiaoman)

        def to_the_afternoon(booking: Booking) -> None:
            slot = db.session.get_one(Slot, afternoon)
            move(booking, slot, by=Actor(cast.mother, the_clock.now()))

        with pytest.raises(Refused, match="这个时间已经约了"):
            desk.to(number, to_the_afternoon)
        assert desk.states(number) == ["confirmed"]

    def test_not_by_taking_a_cancellation_back(self, desk: Desk, two: tuple[int, int]) -> None:
        number = desk.book(two[0], desk.cast.xiaoman)
        desk.cancel(number)
        desk.book(two[1], desk.cast.xiaoman)
        with pytest.raises(Refused, match="这个时间已经约了"):
            desk.to(
                number,
                lambda it: slot_changes.restore(it, by=Actor(desk.cast.clerk, the_clock.now())),
            )

    def test_not_by_coming_late_to_the_first_after_booking_the_second(
        self, desk: Desk, two: tuple[int, int], clock: time_machine.Traveller
    ) -> None:
        number = desk.book(two[0], desk.cast.xiaoman)
        clock.move_to(tomorrow(14, 20))
        staff = Actor(desk.cast.clerk, the_clock.now(), Channel.DESK)
        desk.to(number, lambda it: attendance.mark_no_show(it, by=staff))
        desk.book(two[1], desk.cast.xiaoman)
        with pytest.raises(Refused, match="这个时间已经约了"):
            desk.to(number, lambda it: attendance.mark_arrival(it, by=staff))

    def test_not_over_midnight(self, desk: Desk) -> None:
        """Overnight care, and what begins early the next morning."""
        night = {"starts_at": tomorrow(20), "ends_at": tomorrow(20) + timedelta(hours=12)}
        desk.book(desk.a_slot(**night), desk.cast.xiaoman)
        with pytest.raises(Refused, match="这个时间已经约了"):
            desk.book(desk.a_slot(starts_at=tomorrow(24 + 7)), desk.cast.xiaoman)
        desk.book(desk.a_slot(starts_at=tomorrow(24 + 8)), desk.cast.xiaoman)

    def test_back_to_back_is_fine(self, desk: Desk) -> None:
        middle = desk.book(desk.a_slot(), desk.cast.xiaoman)
        before = desk.book(desk.a_slot(starts_at=tomorrow(12, 30)), desk.cast.xiaoman)
        after = desk.book(desk.a_slot(starts_at=tomorrow(15, 30)), desk.cast.xiaoman)
        assert desk.states(before, middle, after) == ["confirmed"] * 3

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_nobody_waits_in_a_slot_that_is_called_off_while_she_presses(
        self, desk: Desk, app: Flask
    ) -> None:
        slot_id = desk.a_slot(capacity=1)
        desk.book_strangers(slot_id, 1)
        read, called_off = threading.Event(), threading.Event()

        def call_off() -> None:
            read.wait(timeout=60)
            staff = Actor(desk.cast.clerk, the_clock.now(), Channel.DESK)
            desk.do(
                lambda: slot_changes.call_off(db.session.get_one(Slot, slot_id), "停水", by=staff)
            )
            called_off.set()

        def book() -> None:
            slot = slot_or_404(slot_id)
            read.set()
            assert called_off.wait(timeout=60)
            person = db.session.get_one(Person, desk.cast.xiaoman)
            book_party(slot, [person], by=Actor(desk.cast.mother, the_clock.now()))

        staff = threading.Thread(target=call_off)
        staff.start()
        with pytest.raises(Refused, match="停水"):
            desk.do(book)
        staff.join()
        with app.app_context():
            assert list(inconsistencies()) == []


class TestLostAndPhantomBookings:
    def test_nobody_is_told_what_was_not_committed(self, desk: Desk, app: Flask) -> None:
        def tell_then_fail() -> None:
            tell(desk.cast.mother, "约上了！", the_clock.now())
            db.session.flush()
            slot, child = a_slot(), db.session.get_one(Person, desk.cast.xiaoman)
            db.session.add_all([a_booking(slot, child), a_booking(slot, child)])
            db.session.flush()

        with pytest.raises(IntegrityError):
            desk.do(tell_then_fail)
        assert desk.messages() == []
        with app.app_context():
            assert db.session.scalar(select(func.count(Booking.id))) == 0
            assert db.session.scalar(select(func.count(AuditEntry.id))) == 0

    def test_giving_up_one_place_leaves_the_siblings(self, desk: Desk) -> None:
        slot = desk.a_slot(capacity=3)
        [[older, younger]] = desk.book_strangers(slot, 2)
        desk.cancel(older)
        assert desk.states(older, younger) == ["cancelled", "confirmed"]
        assert desk.left(slot) == 2

    def test_the_price_stays_what_it_was_whatever_the_activity_costs_now(
        self, desk: Desk, app: Flask
    ) -> None:
        slot_id = desk.a_slot(fee_fen=1500)
        number = desk.book(slot_id, desk.cast.xiaoman)

        def dearer() -> None:
            slot = db.session.get_one(Slot, slot_id)
            slot.fee_fen = slot.activity.fee_fen = 9900

        desk.do(dearer)
        with app.app_context():
            assert _booking(number).fee_fen == 1500

    @pytest.mark.parametrize("state", ["no_show", "called off"])
    def test_a_cancellation_is_not_said_to_be_done_where_nothing_was_cancelled(
        self, desk: Desk, browser: Browser, clock: time_machine.Traveller, state: str
    ) -> None:
        slot_id = desk.a_slot()
        number = desk.book(slot_id, desk.cast.xiaoman)
        page = browser.sign_in(desk.cast.mother).visit(f"/bookings/{number}/cancellation")
        clock.move_to(tomorrow(14, 30))
        staff = Actor(desk.cast.clerk, the_clock.now(), Channel.DESK)
        if state == "no_show":
            desk.to(number, lambda it: attendance.mark_no_show(it, by=staff))
        else:
            desk.do(
                lambda: slot_changes.call_off(db.session.get_one(Slot, slot_id), "停水", by=staff)
            )
        answer = browser.submit(page)
        assert "名额让给别人了" not in answer.text
        assert "不再排了" not in answer.text

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_nobody_comes_back_to_life_while_she_is_taken_out_of_her_family(
        self, desk: Desk, app: Flask, cast: Cast
    ) -> None:
        """Else a place would be held by a booking of nobody."""
        number = desk.book(desk.a_slot(), cast.xiaoman)
        desk.cancel(number)
        removed, restoring, ends = threading.Event(), threading.Event(), []

        def restore(booking: Booking) -> None:
            assert booking.person is not None
            restoring.set()
            assert removed.wait(timeout=60)
            slot_changes.restore(booking, by=Actor(cast.clerk, the_clock.now()))

        def bring_back() -> None:
            try:
                desk.to(number, restore)
            except Refused as refused:
                ends.append(str(refused))

        staff = threading.Thread(target=bring_back)
        staff.start()
        assert restoring.wait(timeout=60)

        def remove() -> None:
            mother = db.session.get_one(Guardian, cast.mother).account
            remove_person(mother, my_person(mother, cast.xiaoman, lock=True))
            db.session.flush()
            removed.set()
            staff.join(timeout=0.5)  # it waits for us, if it looks

        desk.do(remove)
        staff.join(timeout=60)
        assert ends == ["这个预约不能恢复了，请重新预约。"]
        assert desk.states(number) == ["cancelled"]


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
        self, desk: Desk, app: Flask, clock: time_machine.Traveller, minutes: int
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
        self, desk: Desk, clock: time_machine.Traveller
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
        self, desk: Desk, clock: time_machine.Traveller, app: Flask, smaller_first: bool
    ) -> None:
        given = {"cancel_until": tomorrow(14), "smaller_first": smaller_first}
        slot = desk.a_slot(capacity=1, **given)
        [[holder], [_waits]] = desk.book_strangers(slot, 1, 1)
        clock.move_to(tomorrow(14) - timedelta(minutes=5))
        desk.cancel(holder)
        [[quick]] = desk.book_strangers(slot, 1)
        assert desk.states(quick) == ["confirmed"]

    def test_who_waits_and_presses_in_the_last_minutes_has_the_place_and_it_is_written_down(
        self, desk: Desk, clock: time_machine.Traveller, app: Flask, cast: Cast
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
        self, desk: Desk, clock: time_machine.Traveller
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

    def test_who_waits_beside_an_offer_of_her_family_is_asked_when_it_is_accepted(
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
        self, desk: Desk, app: Flask, clock: time_machine.Traveller
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
        assert not at(until, waiting_list.accept, by=Actor(None, until))
        assert at(until, waiting_list.expire, now=until)
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


class TestWhole:
    """A whole 期 stands in several lines at once."""

    def test_when_one_date_is_called_off_who_waited_for_all_has_the_others(
        self, app: Flask, cast: Cast
    ) -> None:
        series = a_whole(app, capacity=1, count=2)
        dates = date_ids(app, series)
        holder = enrol_family(app, series, a_family(app))
        waits = enrol_family(app, series, a_family(app))
        _do(app, lambda: _cancel_one(app, holder, 0, cast.clerk))
        assert states(app, waits) == ["waiting", "waiting"]
        staff = Actor(cast.clerk, the_clock.now(), Channel.DESK)
        _do(
            app, lambda: slot_changes.call_off(db.session.get_one(Slot, dates[1]), "停水", by=staff)
        )
        assert states(app, waits) == ["offered", "cancelled"]

    def test_who_gives_up_the_date_that_is_full_has_the_other(self, app: Flask, cast: Cast) -> None:
        series = a_whole(app, capacity=1, count=2)
        holder = enrol_family(app, series, a_family(app))
        waits = enrol_family(app, series, a_family(app))
        _do(app, lambda: _cancel_one(app, holder, 0, cast.clerk))
        _do(app, lambda: _cancel_one(app, waits, 1, cast.clerk))
        assert states(app, waits) == ["offered", "cancelled"]
        assert places(app, series) == [(0, 0), (0, 0)]

    def test_desk_places_of_the_first_date_stay_for_the_desk_where_the_second_is_full(
        self, app: Flask, cast: Cast
    ) -> None:
        series = a_whole(app, capacity=2, count=2, desk_places=1)
        dates = date_ids(app, series)
        enrol_family(app, series, a_family(app))
        staff = Actor(cast.clerk, the_clock.now(), Channel.DESK)
        _do(app, lambda: slot_changes.release_desk_places(_slot(dates[1]), by=staff))
        _do(app, lambda: slot_changes.change_capacity(_slot(dates[1]), 1, by=staff))
        late = enrol_family(app, series, a_family(app), channel=Channel.DESK)
        assert states(app, late) == ["waiting", "waiting"]
        with app.app_context():
            assert _slot(dates[0]).desk_places == 1

    def test_who_is_moved_up_is_at_the_head_of_every_date(self, app: Flask, cast: Cast) -> None:
        series = a_whole(app, capacity=1, count=2)
        dates = date_ids(app, series)
        enrol_family(app, series, a_family(app))
        [single, whole] = [enrol_family(app, series, a_family(app)) for _ in range(2)]
        # Of the first family the staff took the second date back: it is at the head there.
        holder = _holder(app, dates[1])
        staff = Actor(cast.clerk, the_clock.now(), Channel.DESK)
        _do(app, lambda: _take_back(dates[1], holder, staff))
        _do(app, lambda: waiting_list.move_up(_on(whole, 0), "说好的", by=staff))
        with app.app_context():
            for date in dates:
                waits = Booking.slot_id == date, Booking.state == WAITING
                first = select(Booking.party).where(*waits).order_by(Booking.turn, Booking.id)
                assert db.session.scalars(first).first() == _booking(whole).party
        assert states(app, single) == ["waiting", "waiting"]

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_two_who_want_several_dates_never_wait_for_each_other_crosswise(
        self,
        app: Flask,
        cast: Cast,
        clock: time_machine.Traveller,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The desk books what is left of a 期 while somebody gives up one of its dates."""
        series = a_whole(app, capacity=1, count=4)
        holder = enrol_family(app, series, a_family(app))
        clock.move_to(tomorrow(15))  # the first date is running
        _do(app, lambda: _cancel_one(app, holder, 1, cast.clerk))
        newcomers, ends = a_family(app), []
        one_taken, take = threading.Event(), seats._take

        def take_slowly(*wanted: Any) -> bool:
            taken = take(*wanted)
            one_taken.set()
            if threading.current_thread() is not waiting:
                waiting.join(timeout=0.3)  # it waits for us, if we are right
            return taken

        def give_up() -> None:
            assert one_taken.wait(timeout=60)
            ends.append(_do(app, lambda: _cancel_one(app, holder, 2, cast.clerk)))

        waiting = threading.Thread(target=give_up)
        waiting.start()
        monkeypatch.setattr(seats, "_take", take_slowly)
        turn = enrol_family(app, series, newcomers, channel=Channel.DESK)
        waiting.join(timeout=60)
        assert len(ends) == 1
        assert states(app, turn) == ["waiting"] * 3


class TestTime:
    @pytest.mark.parametrize(
        ("hour", "same_week"), [(23, True), (24, False)], ids=["sunday 23:00", "monday 0:00"]
    )
    def test_the_week_of_a_quota_turns_on_monday_at_midnight_in_chongqing(
        self, desk: Desk, hour: int, same_week: bool
    ) -> None:
        """In UTC it would turn at 8:00 in the morning."""
        sunday = datetime(2026, 11, 28, 16, 0, tzinfo=UTC)  # Sunday 0:00 in Chongqing
        policy = {"activity": {"kind": None}, "person_per_week": 1}
        with desk.app.app_context():
            activity = an_activity()
            slots = [
                a_slot(activity, starts_at=at, person_per_week=policy["person_per_week"])
                for at in (sunday + timedelta(hours=9), sunday + timedelta(hours=hour))
            ]
            db.session.add_all(slots)
            db.session.commit()
            first, second = (slot.id for slot in slots)
        desk.book(first, desk.cast.xiaoman)
        if same_week:
            with pytest.raises(Refused, match="每人每周最多约 1 次"):
                desk.book(second, desk.cast.xiaoman)
        else:
            assert desk.states(desk.book(second, desk.cast.xiaoman)) == ["confirmed"]

    @pytest.mark.parametrize(("minute", "fits"), [(0, True), (-1, False)])
    def test_the_day_that_decides_an_age_turns_at_midnight_in_chongqing(
        self, desk: Desk, app: Flask, minute: int, fits: bool
    ) -> None:
        """Seven hours before that it is still the day before in UTC."""
        midnight = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)  # begins the 26th in Chongqing
        slot = desk.a_slot(starts_at=midnight + timedelta(minutes=minute), youngest_months=36)

        def birthday() -> None:
            child = db.session.get_one(Person, desk.cast.xiaoman)
            child.birth_date = datetime(2023, 11, 26, tzinfo=UTC).date()

        desk.do(birthday)
        if fits:
            desk.book(slot, desk.cast.xiaoman)
        else:
            with pytest.raises(Refused, match="这一场适合"):
                desk.book(slot, desk.cast.xiaoman)


def _do(app: Flask, act: Callable[[], Any]) -> Any:
    with app.test_request_context(), transaction():
        return act()


def _slot(slot_id: int) -> Slot:
    return db.session.get_one(Slot, slot_id)


def _on(number: str, date: int) -> Booking:
    party = select(Booking.party).where(Booking.number == number).scalar_subquery()
    dates = select(Booking).where(Booking.party == party).order_by(Booking.starts_at, Booking.id)
    return list(db.session.scalars(dates))[date]


def _cancel_one(app: Flask, number: str, date: int, account_id: int) -> None:
    cancel(_on(number, date), by=Actor(account_id, the_clock.now(), channel=Channel.DESK))


def _holder(app: Flask, slot_id: int) -> int:
    with app.app_context():
        held = Booking.slot_id == slot_id, Booking.state.in_(HOLDING)
        return db.session.scalars(select(Booking.id).where(*held)).one()


def _take_back(slot_id: int, booking_id: int, staff: Actor) -> None:
    booking = db.session.get_one(Booking, booking_id)
    slot_changes.change_capacity(_slot(slot_id), 0, to_waiting_list=[booking], by=staff)
