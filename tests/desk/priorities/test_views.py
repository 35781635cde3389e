"""Who goes first in a draw, verified by the desk."""

import pytest
from flask import Flask

from hub.bookings.models import Booking, BookingState
from hub.catalogue.models import Admission
from hub.db import db
from hub.families.models import Person, Priority
from hub.timetable.models import Slot
from tests.browser import Browser
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.makers import a_booking, tomorrow


@pytest.fixture
def slot_id(desk: Desk, app: Flask, cast: Cast) -> int:
    """小满 is entered for a draw."""
    slot_id = desk.fill(tomorrow(14), admission=Admission.DRAW, entries_until=tomorrow(1))
    with app.app_context():
        slot = db.session.get_one(Slot, slot_id)
        xiaoman = db.session.get_one(Person, cast.xiaoman)
        db.session.add(a_booking(slot, xiaoman, state=BookingState.ENTERED))
        db.session.commit()
    return slot_id


def address(cast: Cast) -> str:
    return f"/desk/persons/{cast.xiaoman}/priority"


def test_a_proof_that_was_seen_is_written_down_and_taken_back(
    desk: Desk, browser: Browser, app: Flask, cast: Cast, slot_id: int
) -> None:
    roster = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}")
    assert "优先" not in roster.text
    booking = browser.visit(roster.links["小满"])
    page = browser.visit(booking.links["看证明，记优先"])
    assert desk.reads()[-1] == (cast.clerk, "person", cast.xiaoman, 1)
    assert "请选一类。" in browser.submit(page, 422, form="/priority").text
    shown = browser.submit(page, form="/priority", group="留守儿童")
    assert "核实好了" in shown.text
    assert "留守儿童" not in shown.text, "which group is nobody's business but the one's who asks"
    assert desk.done() == [("verify_priority", cast.clerk)]
    roster = browser.visit(f"/desk/slots/{slot_id}")
    assert "优先" in roster.text
    assert "留守" not in roster.text
    page = browser.visit(address(cast))
    assert page.form("/priority").fields["group"] == "留守儿童"
    browser.submit(page, form="/priority", group="双职工家庭")
    with app.app_context():
        assert db.session.get_one(Priority, cast.xiaoman).group == "双职工家庭"
    ask = browser.visit(browser.visit(address(cast)).links["不再优先"])
    assert "双职工家庭" in ask.text
    assert desk.done()[-1] == ("verify_priority", cast.clerk)
    browser.submit(ask, form="/removal")
    assert desk.done()[-1] == ("remove_priority", cast.clerk)
    assert "优先" not in browser.visit(f"/desk/slots/{slot_id}").text
    browser.submit(ask, form="/removal")
    assert len(desk.done()) == 3, "what is not there is not removed twice"


def test_only_who_has_something_to_come_at_the_centre_is_found(
    browser: Browser, app: Flask, cast: Cast, slot_id: int
) -> None:
    browser.sign_in(cast.other_clerk).visit(address(cast), 404)
    browser.sign_in(cast.clerk)
    browser.visit(f"/desk/persons/{cast.duoduo}/priority", 404)
    browser.visit("/desk/persons/999999/priority", 404)
    page = browser.visit(address(cast))
    with app.app_context():
        db.session.query(Booking).one().state = BookingState.NO_SHOW
        db.session.commit()
    browser.visit(address(cast), 404)
    browser.submit(page, 404, form="/priority", group="留守儿童")


def test_a_group_that_is_not_offered_is_refused(
    desk: Desk, browser: Browser, cast: Cast, slot_id: int
) -> None:
    page = browser.sign_in(cast.clerk).visit(address(cast))
    sent = page.form("/priority").fields | {"group": "局长的亲戚"}
    browser.post(address(cast), sent, 422)
    assert desk.done() == []
