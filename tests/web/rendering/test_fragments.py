"""Fragments: rendered once for the same values, the same for everybody."""

import pytest
from flask import Flask
from jinja2 import DictLoader
from jinja2.exceptions import UndefinedError

from hub import clock
from hub.column_rows import Reading
from hub.db import db
from hub.timetable.models import Slot
from hub.timetable.queries import CARDS
from hub.web.rendering.fragments import Fragment, fragments_of
from tests.aliases import Clock, Save
from tests.browser import Browser
from tests.makers import a_slot, tomorrow

CARD = "timetable/_slot_card.html"


@pytest.fixture
def fragment(app: Flask) -> Fragment:
    made: Fragment = app.extensions["templates"]["zh-CN"].globals["fragment"]
    return made


def read(slot_id: int, reading: Reading[Slot] = CARDS) -> Slot:
    (slot,) = reading.rows(reading.select().where(Slot.id == slot_id))
    return slot


def test_is_rendered_once_until_its_values_change(
    app: Flask, saved: Save, fragment: Fragment
) -> None:
    slot_id = saved(a_slot(places_left=3, capacity=5))
    with app.test_request_context():
        first = fragment(CARD, slot=read(slot_id))
        assert "余 3 个" in first
        assert fragment(CARD, slot=read(slot_id)) is first, "another row with the same values"
        db.session.get_one(Slot, slot_id).places_left = 2
        db.session.flush()
        assert "余 2 个" in fragment(CARD, slot=read(slot_id))


def test_a_day_later_it_is_rendered_anew(
    app: Flask, saved: Save, fragment: Fragment, clock: Clock
) -> None:
    slot_id = saved(a_slot(starts_at=tomorrow(14)))
    with app.test_request_context():
        slot = read(slot_id)
        assert "明天" in fragment(CARD, slot=slot)
        clock.shift(24 * 60 * 60)
    with app.test_request_context():
        assert "今天" in fragment(CARD, slot=slot)


def test_each_language_has_its_own(browser: Browser, saved: Save) -> None:
    page = f"/slots/{saved(a_slot())}"
    assert "我的预约" in browser.visit(page).text
    browser.client.set_cookie("language", "en")
    assert "我的预约" not in browser.visit(page).text


@pytest.mark.parametrize(
    "name",
    [
        "current_user",
        "request",
        "session",
        "g",
        "config",
        "is_large_type",
        "in_wechat",
        "html_lang",
    ],
)
def test_knows_nothing_of_the_visitor_nor_of_the_request(app: Flask, name: str) -> None:
    templates = app.extensions["templates"]["zh-CN"].overlay(
        loader=DictLoader({"ui.html": "", "part.html": "{{ " + name + " }}"})
    )
    with app.test_request_context(), pytest.raises(UndefinedError, match=name):
        fragments_of(templates)("part.html")


def test_an_entity_which_may_change_is_refused(app: Flask, saved: Save, fragment: Fragment) -> None:
    slot_id = saved(a_slot())
    with app.test_request_context(), pytest.raises(TypeError, match="entity"):
        fragment(CARD, slot=db.session.get_one(Slot, slot_id))


def test_what_was_read_is_equal_when_all_of_it_is(app: Flask, saved: Save) -> None:
    one, other = saved(a_slot(), a_slot())
    with app.app_context():
        assert read(one) == read(one)
        assert hash(read(one)) == hash(read(one))
        assert read(one) != read(other)
        assert read(one) != read(one, Reading(Slot, Slot.starts_at)), "less of it was read"
        assert read(one).starts_at > clock.now()
