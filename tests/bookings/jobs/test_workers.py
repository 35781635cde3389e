"""Jobs that fail, and several workers at once."""

import threading
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from hub.bookings.jobs import scheduled_jobs
from hub.bookings.jobs.scheduled_jobs import ScheduledJob, perform
from hub.bookings.models import Arrival, Booking, Ending
from hub.db import db
from tests.aliases import Clock
from tests.bookings.jobs.acts import (
    NOW,
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
from tests.makers import a_booking, a_slot, an_activity


class TestFailures:
    def test_one_row_that_fails_does_not_stop_the_others(self, app: Flask) -> None:
        with app.app_context():
            slot = a_slot(capacity=4, places_left=0)
            offers = [an_offer(slot, NOW) for _ in range(4)]
            db.session.commit()
            bad, failed, slot_id = offers[1].id, [], slot.id

            def expire(offer_id: int, now: datetime) -> bool:
                done = scheduled_jobs.EXPIRE_OFFERS.do(offer_id, now)
                if offer_id == bad:
                    raise RuntimeError("half done")
                return done

            duty = ScheduledJob("expire offers", scheduled_jobs.EXPIRE_OFFERS.due, expire)
            tried = list(perform(duty, on_failure=lambda *what: failed.append(what[:2])))
            assert sorted(tried) == [0, 1, 1, 1]
            assert failed == [("expire offers", bad)]
            assert list(perform(duty, left_out={("expire offers", bad)})) == []
        assert states(app, slot_id) == {"offered": 1, "cancelled": 3}, "and nothing is half done"

    def test_without_somebody_to_tell_it_is_raised(self, app: Flask) -> None:
        with app.app_context():
            an_offer(a_slot(capacity=1, places_left=0), NOW)
            db.session.commit()
            broken = ScheduledJob(
                "break", scheduled_jobs.EXPIRE_OFFERS.due, lambda _row, _now: 1 / 0 > 0
            )
            with pytest.raises(ZeroDivisionError):
                list(perform(broken))


class TestSeveralWorkersAtOnce:
    WORKERS = 3

    def at_once(self, app: Flask, duty: ScheduledJob) -> list[int]:
        """How many rows each of several workers did, all having seen the same rows as due."""
        seen = threading.Barrier(self.WORKERS)
        done: list[int] = []

        def due(now: datetime) -> list[int]:
            rows = list(duty.due(now))
            db.session.rollback()
            seen.wait(timeout=60)
            return rows

        def run() -> None:
            done.append(do(app, ScheduledJob(duty.name, due, duty.do)))

        threads = [threading.Thread(target=run) for _ in range(self.WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert len(done) == self.WORKERS, "a worker ended with an error"
        return done

    def test_expire_each_offer_once_and_ask_each_next_one_once(self, app: Flask) -> None:
        with app.app_context():
            activity = an_activity()
            slots = [
                a_slot(activity, capacity=5, places_left=0, starts_at=tomorrow(hour))
                for hour in (10, 13, 16)
            ]
            for slot in slots:
                db.session.add_all([an_offer(slot, NOW) for _ in range(5)])
                db.session.add_all([a_booking(slot, a_family(), state=WAITING) for _ in range(3)])
            db.session.commit()
        assert sum(self.at_once(app, scheduled_jobs.EXPIRE_OFFERS)) == 15
        for slot in slots:
            assert states(app, slot.id) == {"cancelled": 5, "offered": 3}
        assert len(told(app)) == 15 + 9
        with app.app_context():
            expired = select(func.count(Booking.id)).where(Booking.ending == Ending.EXPIRED)
            assert db.session.scalar(expired) == 15

    def test_remind_each_family_once(self, app: Flask) -> None:
        with app.app_context():
            activity = an_activity()
            for hour in range(8, 20, 2):
                slot = a_slot(activity, starts_at=tomorrow(hour), capacity=4, places_left=0)
                db.session.add_all([a_booking(slot, a_family()) for _ in range(4)])
            db.session.commit()
        assert sum(self.at_once(app, scheduled_jobs.REMIND)) == 6
        assert len(told(app)) == 24

    def test_release_desk_places_once(self, app: Flask, saved: Saved) -> None:
        activity = an_activity()
        slots = [
            a_slot(
                activity,
                starts_at=tomorrow(hour),
                capacity=4,
                places_left=2,
                desk_places=2,
                desk_release_at=NOW,
            )
            for hour in range(8, 20, 2)
        ]
        saved(*slots)
        assert sum(self.at_once(app, scheduled_jobs.RELEASE_DESK_PLACES)) == 6
        assert {slot_of(app, slot.id).places_left for slot in slots} == {4}

    def test_call_a_slot_off_once(self, app: Flask, clock: Clock) -> None:
        with app.app_context():
            slot = a_slot(minimum=3, capacity=3, places_left=1)
            db.session.add_all([a_booking(slot, a_family()) for _ in range(2)])
            db.session.commit()
        clock.move_to(tomorrow(12, 1))
        assert sum(self.at_once(app, scheduled_jobs.CHECK_MINIMUMS)) == 1
        assert len(told(app)) == 2

    def test_give_late_places_on_once(self, app: Flask, clock: Clock) -> None:
        with app.app_context():
            slot = a_slot(grace_minutes=10, capacity=5, places_left=0)
            here, *missing = [a_booking(slot, a_family()) for _ in range(5)]
            db.session.add_all([here, *missing])
            db.session.flush()
            db.session.add(Arrival(booking_id=here.id, at=NOW))
            db.session.commit()
        clock.move_to(tomorrow(14, 10))
        assert sum(self.at_once(app, scheduled_jobs.RELEASE_LATE_PLACES)) == 1
        assert slot_of(app, slot.id).places_left == 4
        with app.app_context():
            noted = text("SELECT count(*) FROM audit_entry WHERE act = 'no_show'")
            assert db.session.scalar(noted) == 4

    def test_serve_a_line_once(self, app: Flask) -> None:
        with app.app_context():
            slot = a_slot(capacity=2, places_left=2)
            db.session.add_all([a_booking(slot, a_family(), state=WAITING) for _ in range(4)])
            db.session.commit()
        assert sum(self.at_once(app, scheduled_jobs.SERVE_WAITING_LISTS)) == 1
        assert states(app, slot.id) == {"offered": 2, "waiting": 2}
        assert len(told(app)) == 2
