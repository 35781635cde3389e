"""A lock that somebody forgot: pages that need it say 503, all others go on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from hub import create_app
from hub.db import db
from tests.aliases import Save
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import settings
from tests.makers import a_slot, tomorrow

PATIENCE = 60  # seconds, of this test: without the site's own it would wait for ever


@pytest.fixture
def impatient(database_url: str) -> Iterator[Flask]:
    app = create_app(settings(database_url, HUB_PATIENCE="1"))
    yield app
    with app.app_context():
        db.engine.dispose()


@contextmanager
def forgotten_lock(database_url: str, slot_id: int) -> Iterator[None]:
    """Hold a slot's row (on SQLite the one lock of all writers), as a terminal left open does."""
    engine = create_engine(database_url)
    with engine.connect() as terminal:
        terminal.execute(
            text("UPDATE slot SET capacity = capacity WHERE id = :id"), {"id": slot_id}
        )
        yield
        terminal.rollback()
    engine.dispose()


def test_a_forgotten_lock_costs_those_who_write_a_503_and_nobody_else_anything(
    app: Flask, impatient: Flask, cast: Cast, saved: Save, database_url: str
) -> None:
    slot_id = saved(a_slot(starts_at=tomorrow(14)))
    mother = Browser(impatient).sign_in(cast.mother)
    page = mother.visit(f"/slots/{slot_id}")
    fields = page.form("/bookings").fields | {"person": str(cast.xiaoman)}
    answers: list[int] = []

    def book() -> None:
        answers.append(mother.client.post(f"/slots/{slot_id}/bookings", data=fields).status_code)

    with forgotten_lock(database_url, slot_id):
        booking = threading.Thread(target=book, daemon=True)
        booking.start()
        stranger = Browser(impatient).client
        for address in ("/", "/slots", f"/slots/{slot_id}", "/healthz"):
            assert stranger.get(address).status_code == 200
        booking.join(PATIENCE)
        assert answers == [503], "it does not wait for the lock"
    book()
    assert answers == [503, 303], "the same form goes through once the lock is gone"
