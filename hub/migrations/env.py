"""Run migrations one at a time, however many machines start together."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, text

from hub import audit, limits
from hub.accounts import models as accounts
from hub.bookings import models as bookings
from hub.bookings.draw import models as draw
from hub.bookings.feedback import models as feedback
from hub.bookings.waiting_list import models as waiting_list
from hub.calendars import models as calendars
from hub.catalogue import models as catalogue
from hub.db import db, make_file, render_type
from hub.families import models as families
from hub.notices import models as notices
from hub.timetable import models as timetable

# Whatever has tables must have been imported before they are compared with the database.
TABLES = (
    *(audit, limits, accounts, bookings, calendars, catalogue),
    *(draw, families, feedback, notices, timetable, waiting_list),
)

ONE_AT_A_TIME = 7_204_115  # the key of PostgreSQL's lock, any number that nobody else uses


def run() -> None:
    make_file(db.engine.url)
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Tables are built anew to change them, and the rows of others must not mind. Said to
            # the driver itself, because within a transaction SQLite does not listen.
            _driver(connection).execute("PRAGMA foreign_keys=OFF")
        else:
            for wait in ("lock_timeout", "statement_timeout"):  # of pages, not of migrations
                connection.execute(text(f"SET {wait} = 0"))
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            render_item=render_type,
            compare_type=True,
            transactional_ddl=True,  # SQLite too: a migration that fails leaves nothing behind
        )
        with context.begin_transaction():
            context.run_migrations()
        if connection.dialect.name == "sqlite":
            connection.rollback()
            _driver(connection).execute("PRAGMA foreign_keys=ON")
        else:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ONE_AT_A_TIME})
            connection.commit()


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


run()
