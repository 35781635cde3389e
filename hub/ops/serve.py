"""Make the installation ready, and hand over to the server."""

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from whitenoise.compress import Compressor

from hub import text
from hub.accounts.passwords import hash_password
from hub.catalogue.models import Centre
from hub.config import ROOT, ConfigError, Settings
from hub.db import db, transaction
from hub.ops.seed import demo, people
from hub.ops.seed.files import rows_of
from hub.ops.seed.ground import lay_ground
from hub.ops.worker_process import start_worker_process
from hub.web.assets import PACKED, STATIC
from hub.web.health import is_made

MIGRATIONS = ROOT / "hub" / "migrations"
ROLES = {"desk": "前台", "manager": "负责人", "administrator": "管理员"}


def serve(app: Flask, now: datetime) -> None:
    """Make ready, say where and how to sign in, and become the server. Raises ConfigError.

    To be called in an application context, as every command is.
    """
    settings: Settings = app.config["HUB"]
    check_address(settings.bind)
    with _database_errors_in_one_line():
        prepare(app, now)
    db.session.remove()
    db.engine.dispose()
    for line in welcome(settings):
        click.echo(line)
    if settings.worker:
        start_worker_process(app)
    os.chdir(ROOT)
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
    os.execv(sys.executable, command)  # noqa: S606 – no shell, no word from outside


def prepare(app: Flask, now: datetime, *, make: bool = False) -> bool:
    """Bring the database to the newest tables, and lay down in it what belongs there.

    Return whether it was made. Production makes one only if it is told to: else a disk that is not
    mounted would become an empty site. Raises ConfigError if there is none.
    """
    settings: Settings = app.config["HUB"]
    if settings.is_production and not make:
        refuse_missing_database()
    is_new = not is_made()
    upgrade(directory=str(MIGRATIONS))
    if settings.is_production:
        refuse_demo_data(app)
        with transaction():
            lay_ground()
    else:
        password_hash = hash_password(people.demo_password())
        with transaction():
            demo.seed(settings, password_hash, now)
    return is_new


def check_database(app: Flask) -> None:
    """Raise ConfigError where production would start without its database, or with demo data.

    For gunicorn started by hand, which prepares nothing.
    """
    settings: Settings = app.config["HUB"]
    if settings.is_production:
        with app.app_context(), _database_errors_in_one_line():
            refuse_missing_database()
            refuse_demo_data(app)


def refuse_missing_database() -> None:
    """Raise ConfigError if there is no database, in words that say how it comes back or is made."""
    if not is_made():
        where = db.engine.url.render_as_string(hide_password=True)
        raise ConfigError(
            f"there is no database in {where}; if it was moved or is not mounted, bring it back; "
            "hub init makes a new one."
        )


def refuse_demo_data(app: Flask) -> None:
    """Raise ConfigError where real families would find made-up centres. For production only."""
    settings: Settings = app.config["HUB"]
    if not settings.is_production:
        return
    with app.app_context():
        centre = db.session.scalar(select(Centre.name).where(Centre.is_demo).limit(1))
        open_door = next(people.open_to_the_demo_password(), None)
        db.session.remove()
        db.engine.dispose()  # a connection must not be shared with the workers that part from here
    if centre is not None:
        raise ConfigError(
            f"HUB_ENV=production, but the database holds demo data ({centre}); "
            "give production a database of its own in HUB_DATABASE_URL."
        )
    if open_door is not None:
        raise ConfigError(
            f"HUB_ENV=production, but {open_door} still signs in with the demo's password; "
            "take that account out of the database, or its password."
        )


def check_address(bind: str) -> None:
    """Raise ConfigError where nothing could listen at HUB_BIND."""
    if bind.startswith(("unix:", "fd://")):
        return
    host, _colon, port = bind.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and int(port) < 65536):
        raise ConfigError(f"HUB_BIND is {bind!r}; it must be address:port, like 127.0.0.1:8000.")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            raise ConfigError(
                f"{bind} cannot be used ({error.strerror}); "
                "choose another address, like HUB_BIND=127.0.0.1:8001."
            ) from error


def welcome(settings: Settings) -> Iterator[str]:
    """What is printed before the server starts: the address, and in the demo, how to sign in."""
    yield ""
    yield f"  渝好空间  {_address(settings.bind)}"
    yield ""
    if settings.is_production:
        yield "  Codes and notices are written to this terminal: no SMS gateway is configured."
        if settings.address == f"http://{settings.bind}":
            yield f"  Links in notices begin with {settings.address}: set HUB_ADDRESS."
        yield ""
        return
    yield "  This is a demo; everything in it is made up. 演示环境，内容都是演示数据。"
    yield ""
    resident = rows_of("demo_households.json")["resident"]["phone"]
    shown = "the code is shown on the page 验证码会显示在页面上"
    if not settings.demo_sign_in:
        shown = "the code is written to this terminal 验证码会写在这个终端里"
    yield _who("resident", "居民", resident, shown)
    for row in rows_of("demo_staff.json")["accounts"]:
        chinese = ROLES[row["role"]]
        yield _who(
            row["role"],
            chinese,
            row["phone"],
            f"code and password 验证码和密码 {people.demo_password()}",
        )
    yield ""


def pack_static_files() -> None:
    """Put a .br and a .gz beside each file of static/ that has changed since they were made.

    One that is out of date would be served under the new name, so it is taken out first. Where
    the folder cannot be written the files are served as they are.
    """
    compressor = Compressor(quiet=True)
    for path in STATIC.rglob("*"):
        if not path.is_file() or path.suffix in PACKED or not compressor.should_compress(path.name):
            continue
        packed = [found for suffix in sorted(PACKED) if (found := _beside(path, suffix)).exists()]
        made_at = path.stat().st_mtime
        if packed and all(abs(found.stat().st_mtime - made_at) < 0.001 for found in packed):
            continue
        for found in packed:
            found.unlink()
        with contextlib.suppress(PermissionError):
            compressor.compress(str(path))


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _address(bind: str) -> str:
    host, _colon, port = bind.rpartition(":")
    if bind.startswith(("unix:", "fd://")):
        return bind
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/"  # noqa: S104 – only shown


def _who(english: str, chinese: str, phone: str, how: str) -> str:
    # A Chinese character is as wide as two letters, so format() alone would not align.
    return f"  {english:<14}{chinese}{'  ' * (4 - len(chinese))}{text.phone(phone)}   {how}"


@contextlib.contextmanager
def _database_errors_in_one_line() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise ConfigError(f"the database of HUB_DATABASE_URL is away: {reason}") from error
