"""The ground every test stands on: a database of its own, a stopped clock, no network."""

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask_migrate import upgrade
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import delete, event, inspect
from sqlalchemy.engine import Engine

from hub import config, create_app
from hub.db import db
from tests.browser import Browser
from tests.cast import Cast, the_cast
from tests.databases import postgresql_cluster

pytest_plugins = ["tests.chromium"]

# A Monday in Chongqing, 10:00: no test depends on the day it is run.
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LONGEST = {"test_every_state.py", "test_machine.py"}
MIGRATIONS = str(config.ROOT / "hub" / "migrations")


def settings(database_url: str, **changes: Any) -> config.Settings:
    environ = {
        "HUB_SECRET_KEY": "a key for the tests, long enough for anybody",
        "HUB_DATABASE_URL": database_url,
        "HUB_PATIENCE": "60",  # on a machine that does much else
    }
    return config.load_settings(environ | changes)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process is left alone with it in the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """The clock stands still; `clock.move_to(...)` and `clock.shift(...)` set it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches for the world outside fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        inside = self.family == socket.AF_UNIX or address[0] in {"127.0.0.1", "localhost", "::1"}
        assert inside, f"a test reached for the network: {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compile the templates once, whatever number of applications the tests make."""
    cache = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": cache}


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no row; each test gets a copy."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    app = create_app(settings(f"sqlite:///{path}"))
    with app.app_context():
        upgrade(directory=MIGRATIONS)
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A server of our own with every table and no row."""
    with postgresql_cluster() as url:
        app = create_app(settings(url))
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            db.engine.dispose()
        yield url


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the SQLite database of each test stands: always the same place."""
    return tmp_path_factory.mktemp("database") / "hub.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty, migrated database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        file: Path = request.getfixturevalue("sqlite_file")
        for rest in file.parent.glob(f"{file.name}*"):  # also what was written ahead
            rest.unlink()
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        return f"sqlite:///{file}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture(scope="session")
def made_apps() -> dict[str, Flask]:
    """The applications of this process by their database: making one costs more than most tests."""
    return {}


@pytest.fixture
def app(database_url: str, made_apps: dict[str, Flask]) -> Iterator[Flask]:
    """The application on an empty database, as it was made, whatever the last test did to it."""
    app = made_apps.get(database_url) or create_app(settings(database_url))
    made_apps[database_url] = app
    as_made, functions = dict(app.config), list(app.before_request_funcs[None])
    with _on_empty_tables(app):
        yield app
    app.config.clear()
    app.config.update(as_made)
    app.before_request_funcs[None][:] = functions


@pytest.fixture
def own_app(database_url: str) -> Iterator[Flask]:
    """The same, for a test that adds pages: nobody else meets them."""
    with _on_empty_tables(create_app(settings(database_url))) as app:
        yield app


@pytest.fixture(scope="session")
def wordless_app() -> Flask:
    """The application without a database: enough for words, addresses and templates."""
    return create_app(settings("sqlite://"))


@pytest.fixture
def spoken(wordless_app: Flask) -> Iterator[None]:
    """A page being written in Chinese, so that rules can say their sentences."""
    with wordless_app.test_request_context():
        yield


@pytest.fixture
def saved(app: Flask) -> Callable[..., Any]:
    """Save rows of tests.makers, in a context that is closed again, and get back their ids."""

    def save(*rows: Any) -> Any:
        with app.app_context():
            db.session.add_all(rows)
            db.session.commit()
            ids = [inspect(row).identity[0] for row in rows]
            db.session.expunge_all()
        return ids[0] if len(ids) == 1 else ids

    return save


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Somebody's browser, not signed in; `browser.sign_in(account_id)` does that."""
    return Browser(app)


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The standing cast, saved: a mother and two children, the staff of two centres …"""
    with app.app_context():
        return the_cast()


@pytest.fixture
def queries(app: Flask) -> Iterator[list[str]]:
    """The statements sent to the database; clear the list before what is to be counted."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def _on_empty_tables(app: Flask) -> Iterator[Flask]:
    app.config["TESTING"] = True
    app.config["PROPAGATE_EXCEPTIONS"] = False  # a trouble is met as people meet it: as a page
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            _empty_all_tables()
    yield app
    with app.app_context():
        db.engine.dispose()


def _empty_all_tables() -> None:
    """Leave no row; deleting from small tables is quicker than truncating them."""
    deletions = [str(delete(table)) for table in reversed(db.metadata.sorted_tables)]
    with db.engine.begin() as connection:
        connection.exec_driver_sql("; ".join(deletions))
