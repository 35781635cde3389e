"""A child is in one place at a time, by whatever path they were booked."""

import threading
from datetime import timedelta

import pytest
from flask import Flask

from hub import clock as the_clock
from hub.actor import Actor, Channel
from hub.bookings.attendance import actions as attendance
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import Booking
from hub.bookings.queries import slot_or_404
from hub.bookings.single_slot.actions import book_party, move
from hub.bookings.slot_changes import actions as slot_changes
from hub.db import db
from hub.families.models import Person
from hub.refusals import Refused
from hub.timetable.models import Slot
from tests.aliases import Clock
from tests.bookings.acts import (
    Desk,
)
from tests.cast import Cast
from tests.makers import a_slot, an_activity, tomorrow


class TestOneChildInTwoPlaces:
    """A child is in one place at a time, by whatever path they were booked."""

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
        self, desk: Desk, two: tuple[int, int], clock: Clock
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
    def test_nobody_waits_in_a_slot_that_is_called_off_while_the_family_presses(
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
