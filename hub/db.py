"""The database: connections, the base of every table, and transaction()."""

import enum
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    DateTime,
    Enum,
    Integer,
    MetaData,
    String,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.exc import (
    DBAPIError,
    InvalidatePoolError,
    OperationalError,
    PendingRollbackError,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    ORMExecuteState,
    Session,
    SessionTransaction,
    mapped_column,
    registry,
)
from sqlalchemy.pool import Pool
from sqlalchemy.types import TypeDecorator

from hub.config import ROOT, ConfigError

OPENED = "opened"  # in the info of a connection: the path of its file, and which file that was
WRITTEN = "written"  # in the info of a session: something was written in this transaction
BigInt = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER keys only


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC; SQLite forgets zones, so naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


pk = Annotated[int, mapped_column(BigInt, primary_key=True)]
text20 = Annotated[str, mapped_column(String(20))]
text60 = Annotated[str, mapped_column(String(60))]
text200 = Annotated[str, mapped_column(String(200))]
text500 = Annotated[str, mapped_column(String(500))]
text2000 = Annotated[str, mapped_column(String(2000))]


def enum_column(words: type[enum.StrEnum]) -> Enum:
    """A column of these words, written as text and held to them by a constraint."""
    return Enum(
        words,
        name=words.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """The base of every table; named constraints, so that migrations can change them."""

    registry = registry(
        type_annotation_map={datetime: Instant, int: BigInt},
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate(directory=str(ROOT / "hub" / "migrations"))

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


@contextmanager
def transaction() -> Iterator[None]:
    """Run one act: everything inside is kept together, or nothing if it raises.

    Nobody else commits. It first ends the read that loading the user began, since SQLite cannot
    turn a read into a write once somebody else has written; objects loaded before are read anew.
    """
    end_reading()
    db.session.connection(execution_options={"begin": "IMMEDIATE"})
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def end_reading() -> None:
    """End a read by COMMIT; what was changed outside transaction() is undone.

    Not by ROLLBACK, on which psycopg drops its prepared statements, so that PostgreSQL would parse
    and plan each page anew: at a million bookings "my bookings" took 28 ms then, 10 ms now.
    """
    session = db.session()
    if not session.in_transaction():
        return
    changed = session.new or session.dirty or session.deleted or session.info.get(WRITTEN)
    if changed or not session.is_active:  # not active: a statement failed before
        session.rollback()
        return
    try:
        session.commit()
        session.expire_all()  # as a rollback does: an act reads anew what others wrote meanwhile
    except (DBAPIError, PendingRollbackError):  # the connection broke: there is nothing to keep
        session.rollback()


def inserting(table: type[Base]) -> Any:
    """Return an INSERT that can say what to do ON CONFLICT, in the database's dialect."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def file_of(url: URL) -> Path | None:
    """Return the file of a SQLite database; None if it is in memory or a server's."""
    is_file = url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}
    return Path(str(url.database)).absolute() if is_file else None


def make_file(url: URL) -> None:
    """Make the empty file of a SQLite database if it is missing: connecting never does.

    Raises ConfigError if its folder is missing or closed.
    """
    file = file_of(url)
    try:
        if file is not None:
            file.touch()
    except OSError as error:
        raise ConfigError(
            f"the database of HUB_DATABASE_URL is away: {file}: {error.strerror}"
        ) from error


def render_type(kind: str, item: Any, _context: Any) -> str | bool:
    """How a migration spells our own column types: as what the database knows."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


@event.listens_for(Session, "after_flush")
def _note_flush(session: Session, _context: Any) -> None:
    session.info[WRITTEN] = True


@event.listens_for(Session, "do_orm_execute")
def _note_statement(asked: ORMExecuteState) -> None:
    if not asked.is_select:
        asked.session.info[WRITTEN] = True


@event.listens_for(Session, "after_transaction_end")
def _forget_writes(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        session.info.pop(WRITTEN, None)


@event.listens_for(Engine, "do_connect")
def _open_what_is_there(
    dialect: Dialect, record: Any, words: Any, options: dict[str, Any]
) -> Any | None:
    """Open a SQLite file that exists. SQLite itself would make an empty one of a disk that is away,
    into which everybody books.
    """
    if dialect.name != "sqlite" or not words or words[0] == ":memory:":
        return None
    # Looked at before it is opened: if it is exchanged in between, the next look notices.
    record.info[OPENED] = words[0], _identity(words[0])
    return dialect.connect(f"{Path(words[0]).as_uri()}?mode=rw", **{**options, "uri": True})


@event.listens_for(Engine, "connect")
def _open(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # BEGIN is sent below, not by the driver
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # an acknowledged booking survives a power cut
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Pool, "checkout")
def _leave_a_file_that_is_gone(_connection: Any, record: Any, _lent: Any) -> None:
    """Open the file anew if it was deleted or exchanged: an open one can be written for ever, and
    what is written is lost. If there is none, that fails like any database that is away. A look
    takes a microsecond.
    """
    if _is_gone(record.info):
        raise InvalidatePoolError


@event.listens_for(Engine, "commit")
def _commit_into_a_file_that_is_there(connection: Connection) -> None:
    """Refuse to acknowledge what was written into a file that went away during the act."""
    if _is_gone(connection.info):
        gone = sqlite3.OperationalError("the database file was deleted or exchanged")
        raise OperationalError("COMMIT", None, gone)


def _is_gone(info: dict[str, Any]) -> bool:
    """Whether a connection's SQLite file is no longer the one at its path."""
    if OPENED not in info:
        return False
    path, identity = info[OPENED]
    return _identity(path) != identity


def _identity(path: str) -> tuple[int, int] | None:
    """Return what tells a file from all others, also from one of the same name; None if missing."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        kind = connection.get_execution_options().get("begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {kind}")
