"""An offer that nobody has ended, because no worker runs: shown as over, ended by a press."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as clocks
from hub.bookings.jobs.consistency import overdue_offers
from hub.bookings.waiting_list.actions import accept
from hub.bookings.waiting_list.models import Offer
from hub.db import db
from tests.aliases import Clock
from tests.bookings.acts import Desk, desk
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import tomorrow

__all__ = ["desk"]


@pytest.fixture
def overdue(desk: Desk, cast: Cast, clock: Clock) -> tuple[int, str]:
    """The only place of a slot, held for the cast's child until a while ago."""
    slot = desk.a_slot(capacity=1, offer_minutes=120, starts_at=tomorrow(14) + timedelta(days=3))
    [[has]] = desk.book_strangers(slot, 1)
    waits = desk.book(slot, cast.xiaoman)
    desk.cancel(has)
    assert desk.states(waits) == ["offered"]
    clock.shift(timedelta(hours=24))
    return slot, waits


class TestThePages:
    def test_of_the_family_say_that_it_is_over_and_ask_nothing(
        self, browser: Browser, cast: Cast, overdue: tuple[int, str]
    ) -> None:
        _slot, number = overdue
        for address in (f"/bookings/{number}", "/bookings"):
            page = browser.sign_in(cast.mother).visit(address)
            assert "过时没有确认" in page.text
            assert "等您确认" not in page.text
            assert not [form for form in page.forms if "/acceptance" in form.action]

    def test_of_the_desk_offer_no_acceptance(
        self, desk: Desk, browser: Browser, cast: Cast, overdue: tuple[int, str], app: Flask
    ) -> None:
        _slot, number = overdue
        with app.app_context():
            offer = db.session.scalars(select(Offer)).one()
            offer.slot.centre_id = cast.centre
            db.session.commit()
            slot_id = offer.slot_id
        page = browser.sign_in(cast.clerk).visit(f"/desk/bookings/{number}")
        assert not [form for form in page.forms if "/acceptance" in form.action]
        assert "留位过时，没确认" in browser.visit(f"/desk/slots/{slot_id}").text
        address = f"/desk/bookings/{number}/acceptance"
        answered = browser.post(address, {"csrf_token": browser.token()})
        assert "留位的时间过了" in answered.text
        assert desk.states(number) == ["cancelled"]


class TestAPress:
    def test_of_somebody_else_gets_the_place(self, desk: Desk, overdue: tuple[int, str]) -> None:
        slot, number = overdue
        [[other]] = desk.book_strangers(slot, 1)
        assert desk.states(number, other) == ["cancelled", "confirmed"]

    def test_of_somebody_else_does_not_pass_who_waits_longer(
        self, desk: Desk, cast: Cast, clock: Clock, overdue: tuple[int, str]
    ) -> None:
        slot, number = overdue
        clock.shift(timedelta(hours=-24))
        [[first]] = desk.book_strangers(slot, 1)
        clock.shift(timedelta(hours=24))
        [[second]] = desk.book_strangers(slot, 1)
        assert desk.states(number, first, second) == ["cancelled", "offered", "waiting"]

    def test_of_the_family_itself_books_anew(
        self, desk: Desk, cast: Cast, overdue: tuple[int, str]
    ) -> None:
        slot, number = overdue
        again = desk.book(slot, cast.xiaoman)
        assert again != number
        assert desk.states(number, again) == ["cancelled", "confirmed"]

    def test_on_its_link_ends_it(self, desk: Desk, overdue: tuple[int, str]) -> None:
        slot, number = overdue
        assert not desk.answer(number, accept)
        assert desk.states(number) == ["cancelled"]
        assert desk.left(slot) == 1


def test_the_check_names_what_nobody_has_ended(app: Flask, overdue: tuple[int, str]) -> None:
    with app.app_context():
        offer = db.session.scalars(select(Offer)).one()
        assert list(overdue_offers(offer.until + timedelta(minutes=9))) == []
        [said] = overdue_offers(clocks.now())
        assert f"offer {offer.id}" in said
        assert f"offer {offer.id}" in app.test_cli_runner().invoke(args=["check"]).output
