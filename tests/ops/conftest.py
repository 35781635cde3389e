"""A demo that is laid down once, and copied for each test that looks at it or changes it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from click.testing import Result
from flask import Flask

from hub import create_app
from hub.db import db
from tests.conftest import NOW, settings


def run(app: Flask, *words: str, typed: str | None = None) -> Result:
    """One command, as it is typed after `hub`."""
    return app.test_cli_runner().invoke(args=words, input=typed)


@pytest.fixture(scope="session")
def seeded_file(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    shutil.copy(migrated_file, path)
    app = create_app(settings(f"sqlite:///{path}"))
    with time_machine.travel(NOW, tick=False):
        result = run(app, "seed")
    assert result.exit_code == 0, result.output
    with app.app_context():
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return path


@pytest.fixture
def demo(seeded_file: Path, tmp_path: Path) -> Iterator[Flask]:
    """The program on a database that was seeded a moment ago."""
    shutil.copy(seeded_file, tmp_path / "demo.db")
    app = create_app(settings(f"sqlite:///{tmp_path / 'demo.db'}"))
    yield app
    with app.app_context():
        db.engine.dispose()
