"""Copy the database into one file while it is in use, and bring such a file back."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import delete, func, inspect, select
from sqlalchemy.engine import URL

from hub.accounts.models import AccountSession, KnownBrowser, SignInCode
from hub.bookings.models import Booking
from hub.catalogue.models import Centre
from hub.config import ConfigError
from hub.db import db, file_of, migrate, transaction
from hub.timetable.models import Slot

# How the files of both databases begin.
SQLITE, POSTGRESQL = b"SQLite format 3\x00", b"PGDMP"
PROGRAMS = Path("/usr/lib/postgresql")  # where Debian keeps each version of them


@dataclass(frozen=True)
class Restored:
    """What a backup brought back."""

    centres: int
    slots: int
    bookings: int
    newest: datetime | None  # when the last booking in it was made


def back_up(url: URL, file: Path) -> int:
    """Copy the database as it is at one instant; return the file's size in bytes.

    Nobody waits meanwhile. The file appears under its name when it is complete, and only its owner
    may read it. Raises ConfigError if it cannot be written or is there already.
    """
    if file.exists():
        raise ConfigError(f"{file} is there already; a backup never overwrites another.")
    with _part_of(file) as part:
        if url.get_backend_name() == "sqlite":
            _copy_sqlite(_path(url), part)
        else:
            _run("pg_dump", url, "--format=custom", "--no-owner", f"--file={part}")
        return part.stat().st_size


def bring_back(file: Path) -> Restored:
    """Fill the empty database from a backup, bring it to the newest tables, and end all sessions.

    The copy is all or nothing. Raises ConfigError if the database holds tables already, or if the
    file is no backup of this kind of database or one of a newer program.
    """
    url = db.engine.url
    is_sqlite = url.get_backend_name() == "sqlite"
    _check_kind(file, is_sqlite=is_sqlite)
    if (not is_sqlite or _path(url).exists()) and inspect(db.engine).get_table_names():
        raise ConfigError("the database is not empty; a backup is restored into an empty one only.")
    db.engine.dispose()
    if is_sqlite:
        _check_revision(_revision_of_sqlite(file))
        _copy_sqlite(file, _path(url))
    else:
        listed = _run("pg_restore", None, "--data-only", "--table=alembic_version", "-f-", file)
        _check_revision(next((line for line in listed.splitlines() if line in _revisions()), ""))
        _run("pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", file)
    upgrade(directory=str(migrate.directory))
    with transaction():
        # The backup may be old, and in other hands: nobody is signed in by what it remembers.
        db.session.execute(delete(AccountSession))
        db.session.execute(delete(SignInCode))
        db.session.execute(delete(KnownBrowser))
        centres, slots, bookings = (
            db.session.scalar(select(func.count(table.id))) or 0
            for table in (Centre, Slot, Booking)
        )
        newest = db.session.scalar(select(func.max(Booking.made_at)))
        return Restored(centres, slots, bookings, newest)


@contextmanager
def _part_of(file: Path) -> Iterator[Path]:
    """Lend a new file beside this one; it takes its name, safe on the disk, if nothing fails."""
    part = file.with_name(f"{file.name}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            yield part
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.rename(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"{part} cannot be written: {error.strerror}.") from error


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy by SQLite's online backup, in one step: what is written meanwhile is not in it."""
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(target)) as write,
        ):
            read.backup(write)
            write.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    except sqlite3.Error as error:
        raise ConfigError(f"{source} could not be copied: {error}.") from error


def _check_kind(file: Path, *, is_sqlite: bool) -> None:
    try:
        with file.open("rb") as read:
            begin = read.read(len(SQLITE))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.") from error
    if not begin.startswith(SQLITE if is_sqlite else POSTGRESQL):
        kind = "SQLite" if is_sqlite else "PostgreSQL"
        raise ConfigError(
            f"{file} is no backup of a {kind} database, which HUB_DATABASE_URL names."
        )


def _revision_of_sqlite(file: Path) -> str:
    """Return the migration a backup stands at; empty if it is damaged or of something else."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as read:
            if read.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                return ""
            found = read.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return ""
    return str(found[0]) if found else ""


def _check_revision(revision: str) -> None:
    if revision not in _revisions():
        raise ConfigError("the file is damaged, or no backup of this program, or of a newer one.")


def _revisions() -> set[str]:
    config = Config()
    config.set_main_option("script_location", str(migrate.directory))
    return {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}


def _run(program: str, url: URL | None, *words: str | Path) -> str:
    """Run a program of PostgreSQL and return what it wrote; no process list shows the password."""
    path = _program(program)
    environ = dict(os.environ)
    where: list[str] = []
    if url is not None:
        server = url.host, url.port, url.database, url.query
        bare = URL.create("postgresql", url.username, None, *server)
        where = [f"--dbname={bare.render_as_string(hide_password=False)}"]
        environ |= {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(  # noqa: S603 – no shell; the words are ours, and a path
        [path, *where, *words],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise ConfigError(f"{program} failed: {said[-1]}")
    return done.stdout


def _program(name: str) -> str:
    newest = sorted(PROGRAMS.glob(f"*/bin/{name}"), key=lambda one: float(one.parts[-3]))
    found = str(newest[-1]) if newest else shutil.which(name)
    if found is None:
        raise ConfigError(f"{name} is missing; it comes with PostgreSQL's client programs.")
    return found


def _path(url: URL) -> Path:
    file = file_of(url)
    if file is None:
        raise ConfigError("this database is in no file.")
    return file
