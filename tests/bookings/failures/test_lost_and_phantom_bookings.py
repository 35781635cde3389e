"""No booking is lost, and none appears that nobody made."""

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from hub import clock as the_clock
from hub.actor import Actor, Channel
from hub.audit import AuditEntry
from hub.bookings.attendance import actions as attendance
from hub.bookings.models import Booking
from hub.bookings.slot_changes import actions as slot_changes
from hub.db import db
from hub.families.actions import remove_person
from hub.families.models import Guardian, Person
from hub.families.queries import my_person
from hub.notices.actions import tell
from hub.refusals import Refused
from hub.timetable.models import Slot
from tests.aliases import Clock
from tests.bookings.acts import (
    Desk,
    _booking,
)
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import a_booking, a_slot, tomorrow


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
        self, desk: Desk, browser: Browser, clock: Clock, state: str
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
    def test_nobody_comes_back_to_life_while_the_family_is_taken_out_of_its_family(
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
