"""A room holds so many: nobody gives a slot more places than that."""

import pytest
from flask import Flask

from hub.catalogue.models import Room
from hub.db import db
from hub.refusals import Refused
from hub.timetable.models import Slot
from tests.bookings.acts import Desk
from tests.browser import Browser
from tests.cast import Cast


class TestARoom:
    def test_is_not_given_more_places_than_it_holds(
        self, desk: Desk, browser: Browser, app: Flask, cast: Cast
    ) -> None:
        slot_id = desk.a_slot(capacity=10)
        with app.app_context():
            slot = db.session.get_one(Slot, slot_id)
            slot.centre_id = cast.centre
            db.session.get_one(Room, slot.room_id).capacity = 16
            db.session.commit()
        page = browser.sign_in(cast.manager).visit(f"/desk/slots/{slot_id}/capacity")
        refused = browser.submit(page, 422, form="/capacity", capacity="40")
        assert "只能容纳 16 人" in refused.text
        assert refused.form("/capacity").fields["capacity"] == "40"
        assert desk.left(slot_id) == 10
        browser.submit(page, form="/capacity", capacity="16")
        assert desk.left(slot_id) == 16

    def test_that_was_too_full_before_may_become_less_full(self, desk: Desk, app: Flask) -> None:
        slot_id = desk.a_slot(capacity=40)
        with app.app_context():
            slot = db.session.get_one(Slot, slot_id)
            db.session.get_one(Room, slot.room_id).capacity = 16
            db.session.commit()
        desk.resize(slot_id, 30)
        with pytest.raises(Refused, match="只能容纳 16 人"):
            desk.resize(slot_id, 31)
