"""Every page of the desk climbed from below: strangers, families, other centres, the desk."""

from collections.abc import Callable

import pytest
from flask import Flask

from hub.accounts.models import Account, Role, RoleName
from hub.audit import AuditEntry, ReadEntry
from hub.bookings.models import Booking
from hub.db import db
from hub.families.models import Priority
from hub.timetable.models import Slot
from tests.browser import Browser
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.desk.day.test_views import at

Address = Callable[[str], str]

GET = (
    "/desk/slots/{slot}",
    "/desk/slots/{slot}/cancellations",
    "/desk/slots/{slot}/bookings",
    "/desk/slots/{slot}/group-list",
    "/desk/bookings/{number}",
    "/desk/bookings/{number}/absence",
    "/desk/bookings/{number}/excuse",
    "/desk/bookings/{number}/cancellation",
    "/desk/bookings/{number}/turn",
    "/desk/bookings/{number}/move",
    "/desk/bookings/{number}/person",
    "/desk/persons/{person}/priority",
    "/desk/persons/{person}/priority/removal",
)
MANAGER_GET = (
    "/desk/slots/{slot}/capacity",
    "/desk/slots/{slot}/calling-off",
    "/desk/centres/{centre}/reasons",
)
POST = (
    "/desk/slots/{slot}/household",
    "/desk/slots/{slot}/bookings",
    "/desk/slots/{slot}/group-list",
    "/desk/slots/{slot}/group-lines",
    "/desk/slots/{slot}/group-bookings",
    "/desk/bookings/{number}/arrival",
    "/desk/bookings/{number}/arrival/removal",
    "/desk/bookings/{number}/absence",
    "/desk/bookings/{number}/excuse",
    "/desk/bookings/{number}/restoration",
    "/desk/bookings/{number}/acceptance",
    "/desk/bookings/{number}/cancellation",
    "/desk/bookings/{number}/turn",
    "/desk/bookings/{number}/move",
    "/desk/bookings/{number}/person",
    "/desk/persons/{person}/priority",
    "/desk/persons/{person}/priority/removal",
)
MANAGER_POST = (
    "/desk/slots/{slot}/capacity",
    "/desk/slots/{slot}/desk-places",
    "/desk/slots/{slot}/calling-off",
)
# All that any of the forms asks for: what is refused is refused for who asks, not for what.
ANSWERS = {
    "reason": "因为",
    "capacity": "1",
    "group": "留守儿童",
    "phone": "13800000003",
    "channel": "desk",
    "name": "果果",
    "born": "20200504",
    "sex": "female",
}


@pytest.fixture
def address(desk: Desk, app: Flask, cast: Cast) -> Address:
    """The real address of a page: a slot that runs, with 小宝1 in it and places for the desk."""
    slot_id = desk.fill(at(9, 45), confirmed=1, capacity=4, desk_places=1, name="小宝")
    number = desk.number_of("小宝1")
    with app.app_context():
        person_id = db.session.query(Booking).filter_by(number=number).one().person_id
    return lambda pattern: pattern.format(
        slot=slot_id, number=number, person=person_id, centre=cast.centre
    )


@pytest.fixture
def as_it_was(app: Flask) -> Callable[[], object]:
    """All that could have changed."""

    def look() -> object:
        with app.app_context():
            slots = db.session.query(Slot.state, Slot.capacity, Slot.desk_places, Slot.places_left)
            return (
                [tuple(row) for row in slots],
                sorted(tuple(row) for row in db.session.query(Booking.number, Booking.state)),
                db.session.query(AuditEntry).count(),
                db.session.query(Priority).count(),
            )

    return look


def test_every_page_of_the_desk_is_climbed_here(app: Flask) -> None:
    """A page that is added must be added to these lists (or to a test of its own)."""
    elsewhere = {"/desk", "/desk/centres/{centre}/days/{day}", "/desk/slots/{slot}/draw-number"}
    elsewhere |= {"/desk/centres/{centre}/days/{day}/sheet"}
    elsewhere |= {"/desk/slots/{slot}/group-bookings/{batch}", "/desk/centres/{centre}/feedback"}
    known = {*GET, *MANAGER_GET, *POST, *MANAGER_POST} | elsewhere
    names = {"slot_id": "slot", "person_id": "person", "centre_id": "centre"}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/desk"):
            given = {name: "{" + names.get(name, name) + "}" for name in rule.arguments}
            pattern = rule.rule.replace("int:", "").replace("day:", "")
            for name, written in given.items():
                pattern = pattern.replace(f"<{name}>", written)
            assert pattern in known, f"{pattern} is climbed by no test"


@pytest.mark.parametrize("pattern", [*GET, *MANAGER_GET])
def test_looking_changes_nothing_and_is_for_the_staff_of_the_centre(
    browser: Browser, app: Flask, cast: Cast, address: Address,
    as_it_was: Callable[[], object], pattern: str,
) -> None:  # fmt: skip
    before = as_it_was()
    where = address(pattern)
    assert "登录" in browser.visit(where).title
    browser.sign_in(cast.mother).visit(where, 403)
    is_for_managers = pattern in MANAGER_GET
    browser.sign_in(cast.other_clerk).visit(where, 403 if is_for_managers else 404)
    browser.sign_in(cast.clerk).visit(where, 403 if is_for_managers else 200)
    with app.app_context():
        refused = {cast.mother, cast.other_clerk}
        assert not {row.account_id for row in db.session.query(ReadEntry)} & refused
    browser.sign_in(cast.manager).visit(where)
    browser.sign_in(cast.administrator).visit(where)
    assert as_it_was() == before


@pytest.mark.parametrize("pattern", [*POST, *MANAGER_POST])
def test_doing_is_for_the_staff_of_the_centre(
    browser: Browser, cast: Cast, address: Address, as_it_was: Callable[[], object], pattern: str
) -> None:
    before = as_it_was()
    where = address(pattern)
    browser.sign_in(cast.clerk)
    token = browser.visit("/me").form("/sign-out/everywhere").fields["csrf_token"]
    sent = ANSWERS | {"csrf_token": token}
    if pattern not in {*GET, *MANAGER_GET}:
        browser.visit(where, 405)
    if pattern in MANAGER_POST:
        browser.post(where, sent, 403)
    browser.sign_in(cast.other_clerk)
    browser.post(where, sent, 403 if pattern in MANAGER_POST else 404)
    browser.sign_in(cast.mother).post(where, sent, 403)
    browser.client.delete_cookie("hub")
    stranger = Browser(browser.app)
    page = stranger.visit("/sign-in")
    own = ANSWERS | {"csrf_token": page.form("/sign-in").fields["csrf_token"]}
    assert "登录" in stranger.post(where, own).title
    assert as_it_was() == before


@pytest.mark.parametrize("pattern", [*POST, *MANAGER_POST])
def test_a_form_from_elsewhere_is_refused(
    browser: Browser, cast: Cast, address: Address, as_it_was: Callable[[], object], pattern: str
) -> None:
    before = as_it_was()
    browser.sign_in(cast.manager).post(address(pattern), ANSWERS, 400)
    assert as_it_was() == before


@pytest.mark.parametrize("number", ["0000000000", "1234567890", "x", "12345678901"])
def test_a_number_that_nobody_has_is_not_found(browser: Browser, cast: Cast, number: str) -> None:
    browser.sign_in(cast.clerk).visit(f"/desk/bookings/{number}", 404)


def test_a_manager_of_another_centre_does_not_even_find_the_slot(
    browser: Browser, app: Flask, cast: Cast, address: Address
) -> None:
    with app.app_context():
        account = db.session.get_one(Account, cast.other_clerk)
        account.roles.append(Role(name=RoleName.MANAGER, centre_id=cast.other_centre))
        db.session.commit()
    browser.sign_in(cast.other_clerk)
    token = browser.visit("/me").form("/sign-out/everywhere").fields["csrf_token"]
    for pattern in MANAGER_GET:
        browser.visit(address(pattern), 404)
    for pattern in MANAGER_POST:
        browser.post(address(pattern), ANSWERS | {"csrf_token": token}, 404)
