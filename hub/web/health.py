"""Whether the process is alive, and whether it can serve: for those who watch it."""

from functools import cache

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from hub.db import db, file_of, migrate
from hub.web.security import Admits, open_to

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@open_to(Admits.EVERYONE)
def show_health() -> ResponseReturnValue:
    """Answer that the process runs."""
    return {"status": "ok"}


@blueprint.get("/readyz")
@open_to(Admits.EVERYONE)
def show_readiness() -> ResponseReturnValue:
    """Answer whether the database is reachable and migrated; 503 says which is not so."""
    try:
        if not is_migrated():
            return {"status": "not migrated"}, 503
    except SQLAlchemyError as error:
        current_app.logger.error("database away: %s", type(error).__name__)
        return {"status": "database away"}, 503
    return {"status": "ok"}


def is_made() -> bool:
    """Whether there is a database at all: a file, and tables in it."""
    file = file_of(db.engine.url)
    return (file is None or file.exists()) and bool(_current())


def is_migrated() -> bool:
    """Whether the database stands where the program's migrations end."""
    return _current() == _newest()


def _current() -> set[str]:
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads())


@cache
def _newest() -> frozenset[str]:
    """Return the newest revisions, read once: a process never gets other migrations."""
    config = Config()
    config.set_main_option("script_location", migrate.directory)
    return frozenset(ScriptDirectory.from_config(config).get_heads())
