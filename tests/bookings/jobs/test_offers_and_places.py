"""Jobs that give places on: offers that run out, waiting lists, desk and late places."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub.bookings.deadlines import LAST_CALL
from hub.bookings.jobs import scheduled_jobs
from hub.bookings.models import Arrival
from hub.bookings.waiting_list.models import Answer, Offer
from hub.catalogue.models import Admission
from hub.db import db
from tests.aliases import Clock
from tests.bookings.jobs.acts import (
    INSTANT,
    MINUTE,
    NOW,
    START,
    WAITING,
    Saved,
    a_family,
    an_offer,
    do,
    slot_of,
    states,
    told,
    tomorrow,
)
from tests.makers import a_booking, a_child, a_slot


class TestOffers:
    @pytest.fixture
    def slot_id(self, app: Flask) -> int:
        """One place, held for one family until 12:00; another waits."""
        with app.app_context():
            slot = a_slot(capacity=1, places_left=0, offer_minutes=60)
            db.session.add(an_offer(slot, NOW + timedelta(hours=2)))
            db.session.add(a_booking(slot, a_family(), state=WAITING))
            db.session.commit()
            return slot.id

    def test_expire_at_their_end_and_not_before(
        self, app: Flask, slot_id: int, clock: Clock
    ) -> None:
        clock.move_to(NOW + timedelta(hours=2) - INSTANT)
        assert do(app, scheduled_jobs.EXPIRE_OFFERS) == 0
        clock.move_to(NOW + timedelta(hours=2))
        assert do(app, scheduled_jobs.EXPIRE_OFFERS) == 1
        assert states(app, slot_id) == {"cancelled": 1, "offered": 1}

    def test_expire_once_and_the_next_one_is_asked_once(
        self, app: Flask, slot_id: int, clock: Clock
    ) -> None:
        clock.move_to(NOW + timedelta(hours=2))
        assert [do(app, scheduled_jobs.EXPIRE_OFFERS) for _ in range(3)] == [1, 0, 0]
        first, second = told(app)
        assert "候补到名额了" in first
        assert "没有在时间内确认" in second

    def test_make_new_ones_never_after_the_start(
        self, app: Flask, slot_id: int, clock: Clock
    ) -> None:
        clock.move_to(START)
        assert do(app, scheduled_jobs.EXPIRE_OFFERS) == 1
        assert states(app, slot_id) == {"cancelled": 1, "waiting": 1}
        with app.app_context():
            assert db.session.scalars(select(Offer.answer)).all() == [Answer.EXPIRED]

    def test_made_in_the_evening_last_into_the_morning(
        self, app: Flask, slot_id: int, clock: Clock
    ) -> None:
        """The first one's time is over at 20:30; of the second one's hour half is left by night."""
        with app.app_context():
            db.session.scalars(select(Offer)).one().until = NOW.replace(hour=20, minute=30)
            db.session.commit()
        clock.move_to(NOW.replace(hour=20, minute=30))
        assert do(app, scheduled_jobs.EXPIRE_OFFERS) == 1
        half_past_eight = tomorrow(8, 30)
        for instant in (NOW.replace(hour=23), tomorrow(3), half_past_eight - INSTANT):
            clock.move_to(instant)
            assert do(app, scheduled_jobs.EXPIRE_OFFERS) == 0, instant
        clock.move_to(half_past_eight)
        assert do(app, scheduled_jobs.EXPIRE_OFFERS) == 1


class TestTheLine:
    def test_that_was_left_beside_a_free_place_is_served(self, app: Flask, saved: Saved) -> None:
        slot = a_slot(capacity=1, places_left=1)
        saved(a_booking(slot, a_child(), state=WAITING))
        assert [do(app, scheduled_jobs.SERVE_WAITING_LISTS) for _ in range(3)] == [1, 0, 0]
        assert states(app, slot.id) == {"offered": 1}

    def test_in_which_nobody_fits_costs_one_question_a_round(
        self, app: Flask, saved: Saved, queries: list[str]
    ) -> None:
        slot = a_slot(capacity=1, places_left=1)
        mother = a_booking(slot, a_child(), state=WAITING)
        saved(mother, a_booking(slot, a_child(), state=WAITING, party=mother.party))
        queries.clear()
        assert do(app, scheduled_jobs.SERVE_WAITING_LISTS) == 0
        assert len(queries) <= 1

    @pytest.mark.parametrize(
        ("offer_minutes", "before_start", "served"),
        [(60, LAST_CALL, 1), (60, LAST_CALL - INSTANT, 0), (0, INSTANT, 1), (0, 0 * INSTANT, 0)],
    )
    def test_is_asked_until_the_last_call_and_given_places_until_the_start(
        self,
        app: Flask,
        saved: Saved,
        clock: Clock,
        offer_minutes: int,
        before_start: timedelta,
        served: int,
    ) -> None:
        slot = a_slot(capacity=1, places_left=1, offer_minutes=offer_minutes)
        saved(a_booking(slot, a_child(), state=WAITING))
        clock.move_to(START - before_start)
        assert do(app, scheduled_jobs.SERVE_WAITING_LISTS) == served

    def test_of_a_draw_is_not_served_before_it_is_drawn(self, app: Flask, saved: Saved) -> None:
        draw: dict[str, Any] = {"admission": Admission.DRAW, "entries_until": NOW - MINUTE}
        saved(a_booking(a_slot(capacity=1, places_left=1, **draw), a_child(), state=WAITING))
        assert do(app, scheduled_jobs.SERVE_WAITING_LISTS) == 0


class TestDeskPlaces:
    def test_are_for_everybody_from_their_instant_on_those_who_wait_first(
        self, app: Flask, saved: Saved, clock: Clock
    ) -> None:
        release_at = NOW + timedelta(hours=4)
        slot = a_slot(capacity=3, places_left=0, desk_places=3, desk_release_at=release_at)
        saved(a_booking(slot, a_child(), state=WAITING))
        clock.move_to(release_at - INSTANT)
        assert do(app, scheduled_jobs.RELEASE_DESK_PLACES) == 0
        clock.move_to(release_at)
        assert [do(app, scheduled_jobs.RELEASE_DESK_PLACES) for _ in range(2)] == [1, 0]
        slot = slot_of(app, slot.id)
        assert (slot.desk_places, slot.places_left, slot.waiting) == (0, 2, 0)

    def test_are_nobodys_who_waits_once_it_has_begun(
        self, app: Flask, saved: Saved, clock: Clock
    ) -> None:
        slot = a_slot(capacity=1, places_left=0, desk_places=1, desk_release_at=START)
        saved(a_booking(slot, a_child(), state=WAITING))
        clock.move_to(START)
        assert do(app, scheduled_jobs.RELEASE_DESK_PLACES) == 1
        assert states(app, slot.id) == {"waiting": 1}


class TestLatePlaces:
    @pytest.mark.parametrize(
        ("grace_minutes", "after"), [(0, 0), (15, 15), (600, 90), (None, 90)], ids=str
    )
    def test_are_given_on_when_the_grace_is_over_or_at_the_end(
        self, app: Flask, saved: Saved, clock: Clock, grace_minutes: int | None, after: int
    ) -> None:
        slot = a_slot(capacity=3, places_left=1, grace_minutes=grace_minutes)
        here, missing = a_booking(slot, a_child()), a_booking(slot, a_child())
        saved(here, missing)
        with app.app_context():
            db.session.add(Arrival(booking_id=here.id, at=NOW))
            db.session.commit()
        due = slot.starts_at + timedelta(minutes=after)
        clock.move_to(due - INSTANT)
        assert do(app, scheduled_jobs.RELEASE_LATE_PLACES) == 0
        clock.move_to(due)
        assert [do(app, scheduled_jobs.RELEASE_LATE_PLACES) for _ in range(2)] == [1, 0]
        assert states(app, slot.id) == {"confirmed": 1, "no_show": 1}
        assert slot_of(app, slot.id).places_left == 2

    def test_stay_where_nobody_ticked_anybody_off(
        self, app: Flask, saved: Saved, clock: Clock
    ) -> None:
        slot = a_slot(capacity=1, places_left=0, grace_minutes=15)
        saved(a_booking(slot, a_child()))
        clock.move_to(slot.starts_at + 15 * MINUTE)
        assert do(app, scheduled_jobs.RELEASE_LATE_PLACES) == 1
        assert states(app, slot.id) == {"confirmed": 1}
