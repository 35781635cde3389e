"""hub backup and hub restore: one file, while the site is in use, and back into an empty place."""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, make_url, select, text

from hub import clock, create_app
from hub.accounts.models import AccountSession, KnownBrowser, SignInCode
from hub.bookings.models import Booking
from hub.config import ConfigError
from hub.db import db, transaction
from hub.ops import backup
from tests.browser import Browser
from tests.conftest import NOW, settings
from tests.databases import another_database
from tests.ops.conftest import run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "night.backup"


@pytest.fixture
def anew(tmp_path: Path) -> Iterator[Flask]:
    """The program on another machine, whose database is empty."""
    app = create_app(settings(f"sqlite:///{tmp_path / 'anew.db'}"))
    yield app
    with app.app_context():
        db.engine.dispose()


def bookings(app: Flask) -> list[Any]:
    with app.app_context():
        return [tuple(row) for row in db.session.execute(select(Booking.__table__))]


def test_everything_comes_back_and_is_counted_again(demo: Flask, anew: Flask, file: Path) -> None:
    made = run(demo, "backup", str(file))
    assert made.exit_code == 0, made.output
    result = run(anew, "restore", str(file))
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert f" {len(bookings(demo))} bookings are back" in lines[0]
    assert lines[-1] == "every place is accounted for"
    assert bookings(anew) == bookings(demo)


def test_only_its_owner_may_read_it_and_nothing_is_left_beside_it(demo: Flask, file: Path) -> None:
    run(demo, "backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in file.parent.glob(f"{file.name}*")] == [file.name]
    # Not written ahead, by the header of SQLite's format: it can be read where nobody may write.
    assert file.read_bytes()[18:20] == b"\1\1"


def test_who_was_signed_in_then_is_nobody_afterwards(demo: Flask, anew: Flask, file: Path) -> None:
    browser = Browser(demo).sign_in(1)
    assert browser.visit("/me").url == "/me"
    with demo.app_context(), transaction():
        db.session.add(KnownBrowser(account_id=1, key_hash="of a browser", expires_at=clock.now()))
    run(demo, "backup", str(file))
    run(anew, "restore", str(file))
    with anew.app_context():
        assert db.session.scalar(select(func.count(AccountSession.id))) == 0
        assert db.session.scalar(select(func.count(KnownBrowser.id))) == 0
    with anew.test_client() as client:
        cookie = browser.client.get_cookie("hub")
        assert cookie
        client.set_cookie("hub", cookie.value)
        assert client.get("/me").status_code == 303


def test_a_code_sent_before_the_backup_opens_nothing_afterwards(
    demo: Flask, anew: Flask, file: Path
) -> None:
    with demo.app_context(), transaction():
        code = SignInCode(
            phone="+8613800138000",
            browser="b",
            code_hash="h",
            sent_at=NOW,
            expires_at=NOW + timedelta(minutes=5),
            tries_left=5,
        )
        db.session.add(code)
    run(demo, "backup", str(file))
    run(anew, "restore", str(file))
    with anew.app_context():
        assert db.session.scalar(select(func.count(SignInCode.id))) == 0


def test_it_overwrites_no_other(demo: Flask, file: Path) -> None:
    file.write_text("last night's")
    result = run(demo, "backup", str(file))
    assert result.exit_code == 1
    assert "never overwrites" in result.output
    assert file.read_text() == "last night's"


def test_half_a_backup_is_none(demo: Flask, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_files: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_copy_sqlite", full)
    result = run(demo, "backup", str(file))
    assert result.exit_code != 0
    assert "No space left on device" in result.output
    assert list(file.parent.glob(f"{file.name}*")) == []


def test_nothing_is_restored_over_something(demo: Flask, file: Path) -> None:
    run(demo, "backup", str(file))
    before = bookings(demo)
    result = run(demo, "restore", str(file))
    assert result.exit_code == 1
    assert "not empty" in result.output
    assert bookings(demo) == before


@pytest.mark.parametrize("what", ["text", "PostgreSQL", "cut off", "another program", "newer"])
def test_what_is_no_backup_leaves_the_place_empty(
    demo: Flask, anew: Flask, file: Path, what: str
) -> None:
    if what == "text":
        file.write_text("a list of centres")
    elif what == "PostgreSQL":
        file.write_bytes(b"PGDMP and so on")
    elif what == "another program":
        with sqlite3.connect(file) as other:
            other.execute("CREATE TABLE theirs (id)")
    else:
        run(demo, "backup", str(file))
        if what == "cut off":
            file.write_bytes(file.read_bytes()[:100_000])
        else:
            with sqlite3.connect(file) as newer:
                newer.execute("UPDATE alembic_version SET version_num = '9999'")
    result = run(anew, "restore", str(file))
    assert result.exit_code == 1
    assert "no backup of" in result.output
    assert not (file.parent / "anew.db").exists()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_on_postgresql_a_backup_of_a_newer_program_leaves_the_place_empty(
    app: Flask, database_url: str, file: Path
) -> None:
    with app.app_context():
        _stand_at("9999")
        try:
            backup.back_up(db.engine.url, file)
        finally:
            _stand_at(max(backup._revisions()))
    with (
        another_database(database_url, "newer") as url,
        create_app(settings(url)).app_context(),
    ):
        with pytest.raises(ConfigError, match="or of a newer one"):
            backup.bring_back(file)
        assert db.inspect(db.engine).get_table_names() == []
        db.engine.dispose()


def _stand_at(revision: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": revision})


class TestThePasswordOfPostgreSQL:
    URL = make_url("postgresql+psycopg://hub:a-secret@db.example/hub?sslmode=require")

    def test_is_shown_in_no_list_of_processes(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun: list[tuple[list[str], dict[str, str]]] = []

        def begin(command: list[str], env: dict[str, str], **_options: Any) -> Any:
            begun.append((command, env))
            return subprocess.CompletedProcess(command, 1, "", "no such host\nnobody answers")

        monkeypatch.setattr(subprocess, "run", begin)
        with pytest.raises(ConfigError, match="pg_dump failed: nobody answers"):
            backup.back_up(self.URL, file)
        [(command, env)] = begun
        assert "--dbname=postgresql://hub@db.example/hub?sslmode=require" in command
        assert not any("a-secret" in word for word in command)
        assert env["PGPASSWORD"] == "a-secret"

    def test_a_missing_program_is_named(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutil, "which", lambda _name: None)
        monkeypatch.setattr(backup, "PROGRAMS", file.parent)
        with pytest.raises(ConfigError, match="pg_dump is missing"):
            backup.back_up(self.URL, file)
