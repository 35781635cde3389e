"""Attacks: more than a fair share of places, and text that nobody can see."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as clocks
from hub.bookings.draw.models import Draw
from hub.bookings.models import Booking, BookingState
from hub.catalogue.models import Activity
from hub.db import db
from hub.families.models import Person
from hub.notices.models import Notice
from hub.text import one_line
from hub.timetable.models import Slot
from tests.aliases import Clock
from tests.bookings.draw.test_views import a_draw, close, enter_families, type_in, work
from tests.bookings.series.whole import DATES, date_ids, states, whole_of
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import a_booking, a_slot, years_ago
from tests.test_attacks import send

UNSEEN = ["\u200b", "\u202e\u2066", "\u3164", "\ufeff \u00ad", "\x00\x1b"]


@pytest.fixture
def slot(app: Flask, cast: Cast) -> Callable[..., int]:
    """Make a slot of the cast's activity and say its id."""

    def make(*no_shows_of: int, **given: Any) -> int:
        with app.app_context():
            made = a_slot(db.session.get_one(Activity, cast.activity), **given)
            db.session.add(made)
            for person_id in no_shows_of:
                person = db.session.get_one(Person, person_id)
                db.session.add(a_booking(made, person, state=BookingState.NO_SHOW))
            db.session.commit()
            return made.id

    return make


@pytest.mark.parametrize("typed", UNSEEN)
def test_a_line_keeps_nothing_that_is_not_seen(typed: str) -> None:
    assert one_line(f" 馆里{typed}停电 ").replace(" ", "") == "馆里停电"
    assert one_line(typed) == ""


@pytest.mark.parametrize("typed", UNSEEN)
def test_a_reason_of_which_nothing_is_seen_is_no_reason(
    app: Flask, browser: Browser, cast: Cast, slot: Callable[..., int], typed: str
) -> None:
    address = f"/desk/slots/{slot()}/calling-off"
    browser.sign_in(cast.manager)
    assert send(browser, address, {"reason": typed}).status_code == 422
    assert send(browser, address, {"reason": f"停{typed}电"}).status_code == 303
    with app.app_context():
        reason = db.session.scalars(select(Slot.called_off_reason)).one()
        assert reason.replace(" ", "") == "停电"


@pytest.mark.parametrize("typed", ["   ", *UNSEEN])
def test_a_draws_number_does_not_come_from_nowhere(
    app: Flask, cast: Cast, clock: Clock, typed: str
) -> None:
    slot_id = a_draw(app, cast)
    work(app)
    enter_families(app, slot_id, 3, 3)
    close(app, slot_id, clock)
    assert "请写这个数字是哪里来的" in type_in(app, cast, slot_id, 422, source=typed).text
    with app.app_context():
        assert db.session.scalars(select(Draw.numbered_at)).one() is None


def test_a_key_used_at_the_desk_before_silences_no_message(
    app: Flask, browser: Browser, cast: Cast, slot: Callable[..., int]
) -> None:
    slot_id, told = slot(), []
    browser.sign_in(cast.clerk)
    for phone, person_id in (
        ("13800000003", cast.amu),
        ("13800000001", cast.xiaoman),
        ("13800000003", cast.amu),  # the first form once more
    ):
        sent = {"phone": phone, "channel": "desk", "persons": str(person_id), "request_key": "k"}
        answer = send(browser, f"/desk/slots/{slot_id}/bookings", sent)
        assert answer.status_code == 303
        with app.app_context():
            told.append(len(db.session.scalars(select(Notice.id)).all()))
    assert told == [1, 3, 3]


def test_a_leave_that_is_taken_back_does_not_get_past_the_quota(
    app: Flask, browser: Browser, cast: Cast, slot: Callable[..., int]
) -> None:
    with app.test_request_context():
        activity = db.session.get_one(Activity, cast.activity)
        activity.person_per_week = 1
        series = whole_of(activity, "冬季第1期")
    browser.sign_in(cast.mother)
    enrolled = send(browser, f"/series/{series}/bookings", {"person": str(cast.xiaoman)}).location
    assert enrolled
    send(browser, f"{enrolled}/leave", {})
    with app.app_context():
        begins_at = db.session.get_one(Slot, date_ids(app, series)[0]).starts_at
    other = slot(starts_at=begins_at + timedelta(hours=3), person_per_week=1)
    instead = send(browser, f"/slots/{other}/bookings", {"person": str(cast.xiaoman)}).location
    assert instead
    refused = send(browser, f"{enrolled}/return", {})
    assert refused.status_code == 422
    assert "每人每周最多约 1 次" in refused.text
    number = enrolled.rpartition("/")[2]
    assert states(app, number) == ["on_leave"] + ["confirmed"] * (DATES - 1)
    send(browser, f"{instead}/cancellation", {})
    assert send(browser, f"{enrolled}/return", {}).status_code == 303
    assert states(app, number) == ["confirmed"] * DATES


def test_who_is_paused_is_so_still_when_the_family_is_taken_out_and_entered_again(
    app: Flask, browser: Browser, cast: Cast, slot: Callable[..., int]
) -> None:
    slot(cast.xiaoman, starts_at=clocks.now() - timedelta(days=2))
    address = f"/slots/{slot(no_show_limit=1)}/bookings"
    browser.sign_in(cast.mother)
    assert "约了没来" in send(browser, address, {"person": str(cast.xiaoman)}).text
    assert send(browser, f"/family/persons/{cast.xiaoman}/removal", {}).status_code == 303
    born = years_ago(6)
    again = {
        "name": "小满", "born": f"{born:%Y%m%d}",
        "sex": "female",
    }  # fmt: skip
    assert send(browser, "/family/persons/new", again).status_code == 303
    with app.app_context():
        entered = db.session.scalars(select(Person.id).where(Person.name == "小满")).one()
        assert db.session.scalars(select(Booking.person_id)).one() is None
    refused = send(browser, address, {"person": str(entered)})
    assert refused.status_code == 422
    assert "约了没来" in refused.text
    sister = send(browser, address, {"person": str(cast.duoduo)})
    assert "约了没来" not in sister.text, "who was there all the time missed nothing"
