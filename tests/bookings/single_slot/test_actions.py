"""Taking places and giving them back, on real databases."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hub import clock
from hub.actor import Actor
from hub.audit import AuditEntry
from hub.bookings import queries
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import Booking, BookingState
from hub.bookings.single_slot.actions import book, cancel
from hub.bookings.slot_counters import seat
from hub.bookings.waiting_list.actions import serve_waiting_list
from hub.db import db, transaction
from hub.families.models import Person
from hub.notices.models import Notice
from hub.refusals import Refused
from hub.timetable.models import Slot, SlotState
from tests.aliases import Clock, Make, Save
from tests.cast import Cast
from tests.makers import a_booking, a_child, a_guardian, a_household, a_slot, an_activity, tomorrow

WAITING, CONFIRMED = BookingState.WAITING, BookingState.CONFIRMED
CANCELLED = BookingState.CANCELLED


@pytest.fixture
def within(app: Flask) -> Iterator[None]:
    """Inside a request of the site, as actions are."""
    with app.test_request_context():
        yield


@pytest.fixture
def a_place(app: Flask, cast: Cast, saved: Save) -> Callable[..., int]:
    """A slot of the cast's activity with so many places."""

    def make(**given: Any) -> int:
        with app.app_context():
            activity = db.session.get_one(type(an_activity()), cast.activity)
            slot = a_slot(activity, **given)
            db.session.add(slot)
            db.session.commit()
            return slot.id

    return make


def booked(slot_id: int, person_id: int, account_id: int, **given: Any) -> tuple[int, BookingState]:
    with transaction():
        slot, person = queries.slot_or_404(slot_id), db.session.get_one(Person, person_id)
        booking = book(slot, person, by=Actor(account_id, clock.now(), **given))
        return booking.id, booking.state


def cancelled(booking_id: int, account_id: int) -> bool:
    with transaction():
        booking = db.session.get_one(Booking, booking_id)
        return cancel(booking, by=Actor(account_id, clock.now()))


def places_left(slot_id: int) -> int:
    db.session.rollback()
    return db.session.get_one(Slot, slot_id, populate_existing=True).places_left


def state_of(booking_id: int) -> BookingState:
    db.session.rollback()
    return db.session.get_one(Booking, booking_id, populate_existing=True).state


@pytest.mark.usefixtures("within")
class TestBook:
    def test_a_booking_takes_one_place(self, cast: Cast, a_place: Make) -> None:
        slot = a_place(capacity=2)
        assert booked(slot, cast.xiaoman, cast.mother)[1] is CONFIRMED
        assert places_left(slot) == 1
        assert list(inconsistencies()) == []

    def test_a_full_slot_gives_a_turn_on_the_waiting_list(self, cast: Cast, a_place: Make) -> None:
        slot = a_place(capacity=1)
        booked(slot, cast.amu, cast.other_mother)
        assert booked(slot, cast.xiaoman, cast.mother)[1] is WAITING
        assert places_left(slot) == 0

    def test_a_full_waiting_list_refuses_and_shows_a_way_on(
        self, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place(capacity=1, waiting_limit=0)
        booked(slot, cast.amu, cast.other_mother)
        with pytest.raises(Refused, match="名额满了") as refused:
            booked(slot, cast.xiaoman, cast.mother)
        assert refused.value.way_on is not None
        assert places_left(slot) == 0

    def test_the_same_form_sent_again_gives_the_same_booking(
        self, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place()
        first = booked(slot, cast.xiaoman, cast.mother, request_key="once")
        assert booked(slot, cast.xiaoman, cast.mother, request_key="once") == first
        assert places_left(slot) == 9

    def test_somebody_elses_key_does_not_open_their_booking(
        self, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place()
        booked(slot, cast.xiaoman, cast.mother, request_key="once")
        with pytest.raises(IntegrityError):
            booked(slot, cast.amu, cast.other_mother, request_key="once")
        assert places_left(slot) == 9

    def test_a_second_booking_of_the_same_child_is_refused(self, cast: Cast, a_place: Make) -> None:
        slot = a_place()
        booked(slot, cast.xiaoman, cast.mother)
        with pytest.raises(Refused, match="已经约过"):
            booked(slot, cast.xiaoman, cast.grandmother)

    def test_a_child_is_not_in_two_places_at_once_but_ends_may_touch(
        self, cast: Cast, a_place: Make
    ) -> None:
        booked(a_place(), cast.xiaoman, cast.mother)
        with pytest.raises(Refused, match="这个时间已经约了"):
            booked(a_place(starts_at=tomorrow(15)), cast.xiaoman, cast.mother)
        booked(a_place(starts_at=tomorrow(15, 30)), cast.xiaoman, cast.mother)

    def test_a_slot_that_is_called_off_meanwhile_has_no_place_to_take(
        self, cast: Cast, a_place: Make
    ) -> None:
        slot_id = a_place()
        with transaction():
            slot = db.session.get_one(Slot, slot_id)
            slot.state = SlotState.CALLED_OFF
            db.session.flush()
            assert not seat([Booking(slot=slot, places=1)], now=clock.now())
        assert places_left(slot_id) == 10

    def test_fee_and_times_are_written_down_as_they_are_now(
        self, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place(fee_fen=2000)
        booking_id, _ = booked(slot, cast.xiaoman, cast.mother)
        with transaction():
            db.session.get_one(Slot, slot).fee_fen = 9900
        db.session.rollback()
        booking = db.session.get_one(Booking, booking_id)
        assert booking.fee_fen == 2000
        assert booking.starts_at == tomorrow(14)

    def test_who_did_it_is_written_in_the_same_transaction(self, cast: Cast, a_place: Make) -> None:
        booking_id, _ = booked(a_place(), cast.xiaoman, cast.grandmother)
        entry = db.session.scalars(select(AuditEntry)).one()
        told = (entry.act, entry.subject, entry.subject_id, entry.account_id, entry.household_id)
        assert told == ("book", "booking", booking_id, cast.grandmother, cast.household)


@pytest.mark.usefixtures("within")
class TestCancel:
    def test_a_freed_place_is_free_again(self, cast: Cast, a_place: Make) -> None:
        slot = a_place(capacity=1)
        booking, _ = booked(slot, cast.xiaoman, cast.mother)
        assert cancelled(booking, cast.grandmother)
        assert places_left(slot) == 1
        assert state_of(booking) is CANCELLED

    def test_a_freed_place_goes_to_the_first_who_waits_and_its_family_is_told(
        self, cast: Cast, a_place: Make, app: Flask
    ) -> None:
        slot = a_place(capacity=1, offer_minutes=0)
        holder, _ = booked(slot, cast.amu, cast.other_mother)
        first, _ = booked(slot, cast.xiaoman, cast.mother)
        second, _ = booked(slot, cast.duoduo, cast.mother)
        assert cancelled(holder, cast.other_mother)
        assert state_of(first) is CONFIRMED
        assert state_of(second) is WAITING
        assert places_left(slot) == 0
        told = db.session.scalars(select(Notice.account_id).order_by(Notice.account_id)).all()
        assert told == sorted([cast.mother, cast.grandmother])
        assert "小满" in db.session.scalars(select(Notice.text)).all()[0]

    def test_the_message_is_chinese_whatever_the_page_was_on_which_somebody_cancelled(
        self, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place(capacity=1)
        holder, _ = booked(slot, cast.amu, cast.other_mother)
        booked(slot, cast.xiaoman, cast.mother)
        with force_locale("en"):
            cancelled(holder, cast.other_mother)
        assert "候补到名额了" in db.session.scalars(select(Notice.text)).all()[0]

    @pytest.mark.parametrize("why", ["called off", "started"])
    def test_nobody_is_moved_up_into_a_slot_that_is_called_off_or_has_begun(
        self, cast: Cast, a_place: Make, why: str
    ) -> None:
        slot_id = a_place(capacity=1)
        booked(slot_id, cast.amu, cast.other_mother)
        turn, _ = booked(slot_id, cast.xiaoman, cast.mother)
        with transaction():
            slot = db.session.get_one(Slot, slot_id)
            slot.state = SlotState.CALLED_OFF if why == "called off" else SlotState.OPEN
            slot.capacity, slot.places_left = 2, 1
            now = slot.starts_at if why == "started" else clock.now()
            serve_waiting_list(slot, by=Actor(None, now))
        assert state_of(turn) is WAITING
        assert places_left(slot_id) == 1

    def test_giving_up_a_turn_frees_no_place(self, cast: Cast, a_place: Make) -> None:
        slot = a_place(capacity=1)
        booked(slot, cast.amu, cast.other_mother)
        waiting, _ = booked(slot, cast.xiaoman, cast.mother)
        assert cancelled(waiting, cast.mother)
        assert places_left(slot) == 0
        assert list(inconsistencies()) == []

    def test_cancelling_twice_frees_one_place(self, cast: Cast, a_place: Make) -> None:
        slot = a_place(capacity=2)
        booking, _ = booked(slot, cast.xiaoman, cast.mother)
        booked(slot, cast.amu, cast.other_mother)
        assert cancelled(booking, cast.mother)
        assert not cancelled(booking, cast.mother)
        assert places_left(slot) == 1

    def test_after_the_deadline_nothing_changes(
        self, cast: Cast, a_place: Make, clock: Clock
    ) -> None:
        slot = a_place()
        booking, _ = booked(slot, cast.xiaoman, cast.mother)
        clock.move_to(tomorrow(12) + timedelta(seconds=1), tick=False)
        with pytest.raises(Refused, match="取消要在"):
            cancelled(booking, cast.mother)
        assert state_of(booking) is CONFIRMED
        assert places_left(slot) == 9

    def test_a_cancelled_child_can_be_booked_again(self, cast: Cast, a_place: Make) -> None:
        slot = a_place()
        booking, _ = booked(slot, cast.xiaoman, cast.mother)
        cancelled(booking, cast.mother)
        assert booked(slot, cast.xiaoman, cast.mother)[1] is CONFIRMED


@pytest.mark.usefixtures("within")
class TestWhatCanNeverBe:
    """The database refuses what a rule might let through."""

    def refused(self, *rows: Any) -> None:
        with pytest.raises(IntegrityError), transaction():
            db.session.add_all(rows)

    def kept(self, *rows: Any) -> None:
        with transaction():
            db.session.add_all(rows)

    def test_more_places_left_than_there_are_or_fewer_than_none(self) -> None:
        self.refused(a_slot(capacity=2, places_left=3))
        self.refused(a_slot(capacity=2, places_left=-1))

    def test_two_live_bookings_of_one_person_in_one_slot(self) -> None:
        slot, child = a_slot(), a_child()
        self.refused(a_booking(slot, child), a_booking(slot, child, state=WAITING))

    def test_one_person_in_two_slots_at_once(self) -> None:
        child, activity = a_child(), an_activity()
        first, second = a_slot(activity), a_slot(activity, starts_at=tomorrow(15))
        self.refused(a_booking(first, child), a_booking(second, child))

    def test_one_person_in_two_slots_that_touch_is_fine(self) -> None:
        child, activity = a_child(), an_activity()
        first, second = a_slot(activity), a_slot(activity, starts_at=tomorrow(15, 30))
        self.kept(a_booking(first, child), a_booking(second, child))

    def test_a_cancelled_booking_is_in_nobodys_way(self) -> None:
        slot, child = a_slot(), a_child()
        gone = a_booking(slot, child, state=CANCELLED, cancelled_at=clock.now())
        self.kept(gone, a_booking(slot, child))

    def test_a_revived_booking_is_checked_again(self) -> None:
        slot, child = a_slot(), a_child()
        gone = a_booking(slot, child, state=CANCELLED, cancelled_at=clock.now())
        self.kept(gone, a_booking(slot, child))
        with pytest.raises(IntegrityError), transaction():
            gone.state, gone.cancelled_at = CONFIRMED, None

    def test_two_open_slots_in_one_room_at_once(self) -> None:
        first = a_slot()
        self.refused(first, a_slot(first.activity, room=first.room, starts_at=tomorrow(15)))

    def test_slots_that_touch_or_are_called_off_may_share_a_room(self) -> None:
        first = a_slot()
        after = a_slot(first.activity, room=first.room, starts_at=tomorrow(15, 30))
        called_off = a_slot(first.activity, room=first.room, state=SlotState.CALLED_OFF)
        self.kept(first, after, called_off)
        with pytest.raises(IntegrityError), transaction():
            called_off.state = SlotState.OPEN

    def test_one_lead_in_two_rooms_at_once_but_slots_without_a_lead_are_free(self) -> None:
        from tests.makers import a_lead, a_room

        first = a_slot()
        self.kept(first, a_slot(first.activity), a_slot(first.activity))
        lead = a_lead(first.centre)
        self.kept(lead)
        second_room = a_room(first.centre)
        self.refused(
            a_slot(first.activity, lead=lead, starts_at=tomorrow(18)),
            a_slot(first.activity, lead=lead, starts_at=tomorrow(18), room=second_room),
        )


@pytest.mark.usefixtures("within")
def test_miscounted_places_are_found(saved: Save) -> None:
    household = a_household()
    a_guardian(household)
    slot = a_slot(capacity=5, places_left=5)
    slot_id, _ = saved(slot, a_booking(slot, a_child(household)))
    assert list(inconsistencies()) == [
        f"slot {slot_id}: 1 given + 0 for the desk + 5 left of 5, 0 wait but 0 are counted"
    ]
