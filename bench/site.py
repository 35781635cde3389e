"""The site as it is shipped, on a database of its own, with people who are signed in."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_migrate import upgrade

from hub import clock, create_app
from hub.accounts.models import Account
from hub.accounts.sessions import RENEWED_AT, begin_session
from hub.catalogue.models import Activity, Audience, Centre, District, Kind, Room
from hub.config import INSTANCE, ROOT, load_settings
from hub.db import db, migrate, transaction
from hub.families.models import Guardian, Household, Person, Sex
from hub.timetable.actions import make_slot
from hub.timetable.models import Slot

SECRET = "signs nothing that matters, and is long enough"
ADDRESS = "127.0.0.1:8797"


@dataclass(frozen=True)
class Size:
    """Web processes, and threads of each."""

    workers: int
    threads: int

    def __str__(self) -> str:
        return f"{self.workers} × {self.threads}"


@dataclass(frozen=True)
class Server:
    """gunicorn, and what it costs."""

    pid: int

    def work(self) -> float:
        """Return the seconds that its workers have been busy on some core; Linux tells."""
        return sum(map(_work, _children(self.pid)))


@contextmanager
def served(
    database_url: str, application: str = "wsgi:app", size: Size | None = None
) -> Iterator[Server]:
    """Serve a program by gunicorn with the project's own settings until the block ends.

    Without a size it is what HUB_WORKERS and HUB_THREADS say, or as shipped.
    """
    _refuse_occupied()
    environ = os.environ | {
        "HUB_DATABASE_URL": database_url,
        "HUB_SECRET_KEY": SECRET,
        "HUB_BIND": ADDRESS,
    }
    if size:
        environ |= {"HUB_WORKERS": str(size.workers), "HUB_THREADS": str(size.threads)}
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", application]
    with subprocess.Popen(command, cwd=ROOT, env=environ) as server:
        try:
            _wait(server)
            yield Server(server.pid)
        finally:
            server.terminate()


@contextmanager
def sqlite() -> Iterator[str]:
    """Lend the URL of a new SQLite file until the block ends; on a disk, as the site's own is."""
    INSTANCE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=INSTANCE) as folder:
        yield f"sqlite:///{Path(folder) / 'bench.db'}"


def application(database_url: str) -> Flask:
    """Make the site on a new database, with every table."""
    app = create_app(load_settings({"HUB_DATABASE_URL": database_url, "HUB_SECRET_KEY": SECRET}))
    with app.app_context():
        upgrade(directory=str(migrate.directory))
    return app


def a_rush(app: Flask, people: int, places: int, waiting: int) -> tuple[int, list[tuple[str, int]]]:
    """Make a slot that everybody wants: (its id, and each person's cookie and child's id)."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with app.app_context():
        with transaction():
            slot = _slot(now + timedelta(days=1), places, waiting)
            guardians = [_guardian(number, now) for number in range(people)]
            db.session.add_all([slot, *guardians])
            db.session.flush()
            children = [
                Person(household=one.household, name="孩子", birth_date=_BORN, sex=Sex.FEMALE)
                for one in guardians
            ]
            db.session.add_all(children)
            db.session.flush()
            everybody = [
                (cookie(app, guardian.account), child.id)
                for guardian, child in zip(guardians, children, strict=True)
            ]
            slot_id = slot.id
        db.engine.dispose()
    return slot_id, everybody


_BORN = date(2020, 1, 1)


def _slot(starts_at: datetime, places: int, waiting: int) -> Slot:
    centre = Centre(name="赶场", district=District(name="赶场区", position=1))
    activity = Activity(
        centre=centre,
        kind=Kind(code="care", name="好娃托管", icon="care", position=1),
        title="寒假托管",
        audience=Audience.CHILD,
        fee_fen=0,
        waiting_limit=waiting,
        opens_days_before=28,
        closes_minutes_before=0,
        cancel_minutes_before=120,
    )
    room = Room(centre=centre, name="大厅", capacity=places)
    db.session.add_all([activity, room])
    db.session.flush()
    return make_slot(activity, room, None, starts_at, starts_at + timedelta(hours=2), places)


def _guardian(number: int, now: datetime) -> Guardian:
    account = Account(phone=f"+86100{number:08d}", created_at=now, roles=[])
    return Guardian(account=account, household=Household(created_at=now))


def cookie(app: Flask, account: Account) -> str:
    """Sign in an account in the caller's transaction, and return its cookie."""
    begin_session(account)
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    if serializer is None:
        raise SystemExit("the bench has no key")
    held = {"_user_id": account.get_id(), "_fresh": True, RENEWED_AT: clock.now().timestamp()}
    return f"hub={serializer.dumps(held)}"


def _children(pid: int) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*"):
        if _stat(path)[1:2] == [str(pid)]:
            yield int(path.name)


def _work(pid: int) -> float:
    in_program, in_kernel = _stat(Path(f"/proc/{pid}"))[11:13]
    return (int(in_program) + int(in_kernel)) / os.sysconf("SC_CLK_TCK")


def _stat(path: Path) -> list[str]:
    """What Linux knows of a process, from its state on; nothing where it has just ended."""
    try:
        return (path / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _refuse_occupied() -> None:
    """End where another program answers at the address: it would be measured instead."""
    host, _, port = ADDRESS.partition(":")
    with socket.socket() as line:
        if line.connect_ex((host, int(port))) == 0:
            raise SystemExit(f"another program answers at {ADDRESS}: end it first")


def _wait(server: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://{ADDRESS}/", timeout=5).close()
        except urllib.error.HTTPError:
            return  # the bare page has no home
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server does not answer")
