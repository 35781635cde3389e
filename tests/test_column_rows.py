"""Rows read as columns: the same as the entities, and nothing more than was asked for."""

import pytest
from flask import Flask

from hub.column_rows import Reading
from hub.db import db
from hub.families.models import Household, Person
from hub.timetable.models import Series, Slot
from tests.aliases import Save
from tests.cast import Cast
from tests.makers import a_slot

SLOTS = Reading(Slot, Slot.starts_at, Slot.places_left, Slot.state, series=Reading(Series))
HOUSEHOLDS = Reading(Household, persons=Reading(Person, Person.name, Person.birth_date))


def test_says_what_the_entity_says_and_of_nobody_who_is_not_there(app: Flask, saved: Save) -> None:
    slot_id = saved(a_slot(places_left=3, capacity=5))
    with app.app_context():
        (read,) = SLOTS.rows(SLOTS.select().where(Slot.id == slot_id))
        slot = db.session.get_one(Slot, slot_id)
        assert read is not slot
        assert (read.id, read.starts_at, read.places_left) == (slot_id, slot.starts_at, 3)
        assert read.starts_at.utcoffset() is not None
        assert read.series is None


def test_what_was_not_asked_for_is_an_error_not_a_query(
    app: Flask, saved: Save, queries: list[str]
) -> None:
    slot_id = saved(a_slot())
    with app.app_context():
        (read,) = SLOTS.rows(SLOTS.select().where(Slot.id == slot_id))
        queries.clear()
        with pytest.raises(AttributeError, match="Slot was read without capacity"):
            _ = read.capacity
        with pytest.raises(AttributeError, match="Slot was read without activity"):
            _ = read.activity
        assert queries == []


def test_what_was_read_is_never_written(app: Flask, saved: Save) -> None:
    slot_id = saved(a_slot(places_left=3, capacity=5))
    with app.app_context():
        (read,) = SLOTS.rows(SLOTS.select().where(Slot.id == slot_id))
        with pytest.raises(AttributeError, match="places_left cannot be set"):
            read.places_left = 1
        assert not isinstance(read, Slot), "no half-made entity"
        assert (read.is_open, read.is_full) == (True, False), "but with the facts of one"
        db.session.commit()
        assert db.session.get_one(Slot, slot_id).places_left == 3


def test_rows_of_a_list_are_gathered(app: Flask, cast: Cast) -> None:
    with app.app_context():
        statement = HOUSEHOLDS.select().where(Household.id == cast.household)
        (household,) = HOUSEHOLDS.rows(statement.order_by(Person.id))
        assert [one.name for one in household.persons] == ["陈岚", "小满", "朵朵"]
