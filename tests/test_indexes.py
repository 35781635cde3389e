"""At city size a page may not read a whole table: each of its queries begins at an index."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from hub import clock
from hub.bookings.models import BookingState
from hub.catalogue.models import Activity
from hub.db import db
from hub.families.models import Person
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import a_booking, a_slot, tomorrow

# What a city has few of, or what is searched by a part of its name, may be read from end to end.
SMALL = {"kind", "district", "centre", "centre_kind", "closed_day", "opening_hours", "role"}


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
        db.session.add_all([slot, full])
        child, other = (db.session.get_one(Person, one) for one in (cast.xiaoman, cast.amu))
        booking = a_booking(slot, child)
        turn = a_booking(full, child, state=BookingState.WAITING)
        db.session.add_all([booking, turn, a_booking(full, other)])
        db.session.commit()
        here, there, number, waiting = slot.id, full.id, booking.number, turn.number
    day = clock.today() + timedelta(days=1)
    find = f"/slots?day={day}&age=6&places=y&district=1&kind=1"
    pages: dict[int | None, list[str]] = {
        None: ["/", "/slots", find, "/centres?q=yl", f"/centres/{cast.centre}", f"/slots/{there}"],
        cast.mother: [f"/slots/{here}", "/bookings", "/bookings?page=2", f"/bookings/{number}"],
        cast.grandmother: [f"/bookings/{waiting}/cancellation", "/family", "/me"],
        cast.other_mother: [f"/family/persons/{cast.amu}", f"/family/persons/{cast.amu}/removal"],
        cast.clerk: [f"/desk/centres/{cast.centre}/days/{day}", f"/desk/slots/{there}"],
        cast.manager: [f"/desk/centres/{cast.centre}/days/{day}/sheet"],
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
