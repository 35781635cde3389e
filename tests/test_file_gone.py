"""The SQLite file is deleted, exchanged or not mounted: nothing is acknowledged into nothing."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from hub import create_app
from hub.bookings.models import Booking
from hub.db import db, transaction
from tests.browser import Browser
from tests.cast import Cast, the_cast
from tests.conftest import settings
from tests.makers import a_slot, tomorrow


@pytest.fixture
def file(migrated_file: Path, tmp_path: Path) -> Path:
    disk = tmp_path / "disk"
    disk.mkdir()
    shutil.copy(migrated_file, disk / "hub.db")
    return disk / "hub.db"


@pytest.fixture
def site(file: Path) -> Iterator[Flask]:
    """A site that has been in use: its connections are open."""
    app = create_app(settings(f"sqlite:///{file}", HUB_PATIENCE="1"))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def cast(site: Flask) -> Cast:
    with site.app_context():
        return the_cast()


@pytest.fixture
def slot_id(site: Flask) -> int:
    with site.app_context():
        slot = a_slot(starts_at=tomorrow(14))
        db.session.add(slot)
        db.session.commit()
        return slot.id


def form_of(mother: Browser, slot_id: int, cast: Cast) -> dict[str, Any]:
    form = mother.visit(f"/slots/{slot_id}").form("/bookings")
    return form.fields | {"person": str(cast.xiaoman)}


def bookings(app: Flask) -> int:
    with app.app_context():
        return db.session.scalars(select(func.count(Booking.id))).one()


@pytest.mark.parametrize("how", ["deleted", "not mounted"])
def test_without_the_file_nothing_is_acknowledged_and_with_it_all_goes_on(
    site: Flask, cast: Cast, slot_id: int, file: Path, tmp_path: Path, how: str
) -> None:
    mother = Browser(site).sign_in(cast.mother)
    fields = form_of(mother, slot_id, cast)
    kept = tmp_path / "kept"
    if how == "deleted":
        file.parent.joinpath("kept").mkdir()
        kept = file.parent / "kept"
        for one in file.parent.glob("hub.db*"):
            one.rename(kept / one.name)
    else:
        file.parent.rename(kept)
        file.parent.mkdir()  # an empty mount point
    for _ in range(2):
        answer = mother.client.post(f"/slots/{slot_id}/bookings", data=fields)
        assert answer.status_code == 503
        assert mother.client.get("/").status_code == 503
    assert not file.exists(), "no empty file takes its place"
    for one in kept.glob("hub.db*"):
        one.rename(file.parent / one.name)
    assert mother.client.post(f"/slots/{slot_id}/bookings", data=fields).status_code == 303
    assert bookings(site) == 1


def test_another_file_of_the_same_name_is_noticed(
    site: Flask, cast: Cast, slot_id: int, file: Path, migrated_file: Path
) -> None:
    """A backup was brought back while the site ran: all that is said from now on is of that."""
    mother = Browser(site).sign_in(cast.mother)
    fields = form_of(mother, slot_id, cast)
    for one in file.parent.glob("hub.db*"):
        one.unlink()
    shutil.copy(migrated_file, file)
    answer = mother.client.post(f"/slots/{slot_id}/bookings", data=fields)
    assert answer.status_code != 200
    assert "/bookings/" not in answer.headers.get("Location", "")
    with closing(sqlite3.connect(file)) as new:
        assert new.execute("SELECT count(*) FROM booking").fetchone() == (0,)
    assert bookings(site) == 0


def test_an_act_during_which_the_file_goes_away_is_undone_in_words_and_not_kept(
    site: Flask, cast: Cast, slot_id: int, file: Path
) -> None:
    mother = Browser(site).sign_in(cast.mother)
    fields = form_of(mother, slot_id, cast)
    hidden = file.with_name("elsewhere.db")

    def take_away(_session: Any, _context: Any) -> None:
        if file.exists():
            file.rename(hidden)

    event.listen(db.session, "after_flush", take_away)
    try:
        answer = mother.client.post(f"/slots/{slot_id}/bookings", data=fields)
    finally:
        event.remove(db.session, "after_flush", take_away)
    assert answer.status_code == 503
    hidden.rename(file)
    assert bookings(site) == 0
    assert mother.client.post(f"/slots/{slot_id}/bookings", data=fields).status_code == 303


def test_a_transaction_says_so_in_the_words_of_a_database_that_is_away(
    site: Flask, file: Path
) -> None:
    elsewhere = file.with_name("elsewhere.db")

    def act() -> None:
        with transaction():
            db.session.execute(text("UPDATE slot SET capacity = capacity"))
            if not elsewhere.exists():
                file.rename(elsewhere)

    with site.app_context():
        with pytest.raises(OperationalError, match="deleted or exchanged"):
            act()
        shutil.copy(elsewhere, file)
        act()
