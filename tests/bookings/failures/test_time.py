"""Failures at midnight, at deadlines and at the turn of the year."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from hub.db import db
from hub.families.models import Person
from hub.refusals import Refused
from tests.bookings.acts import Desk
from tests.makers import a_slot, an_activity


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
