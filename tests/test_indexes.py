"""At city size a page may not read a whole table: each of its queries begins at an index."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import Engine

from hub import clock
from hub.bookings.draw.models import Draw
from hub.bookings.jobs.scheduled_jobs import SCHEDULED_JOBS, ScheduledJob
from hub.bookings.models import BookingState
from hub.bookings.waiting_list.models import Answer, Offer
from hub.calendars.models import CalendarFeed
from hub.catalogue.models import Activity
from hub.db import db
from hub.families.models import Person
from hub.timetable.queries import Wish, find_slots
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import a_booking, a_household, a_room, a_slot, an_activity, tomorrow

# What a city has few of, or what is searched by a part of its name, may be read from end to end.
SMALL = {"kind", "district", "centre", "centre_kind", "closed_day", "opening_hours", "role"}

# The index at which each duty of the worker begins.
BEGINS_AT = {
    "expire offers": "ix_offer_answered_at_until|uq_offer_open_party",
    "promise draws": "ix_slot_due_draw",
    "freeze draws": "ix_draw_to_freeze",
    "draw": "ix_draw_to_draw",
    "give up draws": "ix_slot_due_draw",
    "release desk places": "ix_slot_due_desk_release",
    "serve lines": "ix_slot_due_waiting_list",
    "give late places on": "ix_slot_due_late",
    "check minimums": "ix_slot_due_minimum",
    "remind": "ix_slot_due_reminder",
}


@pytest.fixture
def plans(app: Flask) -> Iterator[list[str]]:
    """How SQLite went about every query since: one line a step, `SCAN` where it read all."""
    steps: list[str] = []

    def explain(connection: Any, _c: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            raw = connection.connection.driver_connection
            rows = raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps.extend(f"{row[3]}  in  {statement}" for row in rows)

    event.listen(Engine, "before_cursor_execute", explain)
    yield steps
    event.remove(Engine, "before_cursor_execute", explain)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_page_reads_a_whole_table(app: Flask, cast: Cast, plans: list[str]) -> None:
    with app.app_context():
        activity = db.session.get_one(Activity, cast.activity)
        slot = a_slot(activity, capacity=3, places_left=2)
        full = a_slot(activity, capacity=1, places_left=0, starts_at=tomorrow(18))
        past = a_slot(activity, starts_at=clock.now() - timedelta(hours=3))
        db.session.add_all([slot, full, past])
        child, other = (db.session.get_one(Person, one) for one in (cast.xiaoman, cast.amu))
        booking = a_booking(slot, child)
        turn = a_booking(full, child, state=BookingState.WAITING)
        over = a_booking(past, child)
        feed = CalendarFeed(household_id=cast.household, token="secret", made_at=clock.now())
        db.session.add_all([booking, turn, a_booking(full, other), over, feed])
        db.session.commit()
        here, there, number, waiting = slot.id, full.id, booking.number, turn.number
        been = over.number
    day = clock.today() + timedelta(days=1)
    find = f"/slots?day={day}&age=6&places=y&district=1&kind=1"
    pages: dict[int | None, list[str]] = {
        None: [
            *("/", "/slots", find, "/centres?q=yl", f"/centres/{cast.centre}", f"/slots/{there}"),
            "/calendar/secret.ics",
        ],
        cast.mother: [f"/slots/{here}", "/bookings", "/bookings?page=2", f"/bookings/{number}"],
        cast.grandmother: [
            *(f"/bookings/{waiting}/cancellation", "/family", "/me", "/bookings/calendar"),
            *(f"/bookings/{number}/calendar.ics", f"/bookings/{been}/feedback"),
        ],
        cast.other_mother: [f"/family/persons/{cast.amu}", f"/family/persons/{cast.amu}/removal"],
        cast.clerk: [f"/desk/centres/{cast.centre}/days/{day}", f"/desk/slots/{there}"],
        cast.manager: [
            f"/desk/centres/{cast.centre}/days/{day}/sheet",
            f"/desk/centres/{cast.centre}/feedback",
        ],
        cast.administrator: ["/desk?q=rs"],
    }
    for account, addresses in pages.items():
        browser = Browser(app)
        if account is not None:
            browser.sign_in(account)
        for address in addresses:
            plans.clear()
            browser.visit(address)
            read = {match: step for step in plans for match in re.findall(r"^SCAN (\w+)", step)}
            tables = {name.removesuffix("_1").removesuffix("_2") for name in read}
            assert not tables & set(db.metadata.tables) - SMALL, f"{address}: {read}"
            assert plans or account is None, f"{address} asked nothing"


def test_the_worker_finds_what_is_due_by_an_index_of_its_own(app: Flask) -> None:
    """Among many slots of which nothing is due: the index of the few, not that of all."""
    with app.app_context():
        _much_that_is_over()
        with db.engine.connect() as connection:
            for duty in SCHEDULED_JOBS:
                plans = list(_plans(connection, partial(_due_of, duty)))
                assert plans, f"{duty.name} asks nothing"
                for plan in plans:
                    assert re.search(BEGINS_AT[duty.name], plan), f"{duty.name}: {plan}"
                    assert not re.search(r"SCAN \w+\b(?! USING)", plan), f"{duty.name}: {plan}"


def test_a_search_for_places_does_not_read_what_is_full(app: Flask) -> None:
    with app.app_context():
        activity, room = an_activity(), a_room()
        for two_hours in range(300):
            at = tomorrow(8) + timedelta(hours=2 * two_hours)
            db.session.add(a_slot(activity, room=room, capacity=1, places_left=0, starts_at=at))
        _commit_and_analyze()
        wish = Wish(only_places=True)
        with db.engine.connect() as connection:
            (plan,) = _plans(connection, lambda: find_slots(wish, clock.now(), 1))
    assert "ix_slot_free" in plan.partition("SELECT")[0], plan


def _much_that_is_over() -> None:
    activity, room, household = an_activity(), a_room(), a_household()
    db.session.add(household)
    db.session.flush()
    for day in range(-150, 150):
        at = tomorrow(14) + timedelta(days=day)
        slot = a_slot(activity, room=room, starts_at=at, reminded_at=at, late_released_at=at)
        number = {"numbered_at": at, "public_number": "12", "drawn_at": at}
        draw = {"secret": "s", "commitment": "c", "committed_at": at, "frozen_at": at, **number}
        offer = {"party": f"{day}", "token": f"{day}", "made_at": at - timedelta(hours=1)}
        answer = {"until": at, "answered_at": at, "answer": Answer.EXPIRED}
        db.session.add(Draw(slot=slot, **draw))
        db.session.add(Offer(slot=slot, household_id=household.id, **offer, **answer))
    _commit_and_analyze()


def _commit_and_analyze() -> None:
    db.session.commit()
    if db.engine.dialect.name == "postgresql":  # which does so by itself; SQLite does not
        db.session.execute(text("ANALYZE"))
        db.session.commit()


def _due_of(duty: ScheduledJob) -> list[object]:
    return list(duty.due(clock.now()))


def _plans(connection: Connection, ask: Callable[[], object]) -> Iterator[str]:
    """Yield how the database would go about each question that is asked."""
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    ask()
    event.remove(Engine, "before_cursor_execute", note)
    is_postgresql = connection.dialect.name == "postgresql"
    how = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
    if is_postgresql:  # so few rows would rather be read from end to end
        connection.exec_driver_sql("SET enable_seqscan = off")
    for statement, parameters in asked:
        rows = connection.exec_driver_sql(f"{how} {statement}", parameters).all()
        yield "\n".join([*(str(row[-1]) for row in rows), statement])
