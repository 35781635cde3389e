"""hub worker, as a process of its own: ended, killed, without a database, beside the server."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import create_engine, func, select, text

from hub import clock, create_app
from hub.accounts.models import SavedForm, SignInCode
from hub.audit import AuditEntry
from hub.bookings.jobs import scheduled_jobs
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.jobs.scheduled_jobs import ScheduledJob
from hub.bookings.models import Booking, BookingState, Ending
from hub.bookings.waiting_list.models import Offer
from hub.config import ROOT
from hub.db import db
from hub.limits import RateCount
from hub.notices.actions import tell
from hub.notices.models import Notice
from hub.ops.worker import PAUSE, Bell, Worker
from hub.timetable.models import Slot
from tests.aliases import Clock, Save
from tests.conftest import settings
from tests.makers import a_booking, a_child, a_guardian, a_slot, an_account, an_activity
from tests.ops.conftest import run

HUB = [sys.executable, "-c", "from hub.cli import main; main()"]
SECRET = "k" * 40
BEHIND = timedelta(minutes=1)


@contextmanager
def process(database_url: str, *words: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """`hub` and these words, in a process of its own that is gone afterwards."""
    known = {"HUB_DATABASE_URL": database_url, "HUB_SECRET_KEY": SECRET, "PATH": os.environ["PATH"]}
    known["HUB_PATIENCE"] = "60"  # on a machine that does much else
    started = subprocess.Popen(
        [*HUB, *words],
        cwd=ROOT,
        env=known | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()
        if started.stdout:
            started.stdout.close()


def until(happened: Callable[[], Any], what: str) -> None:
    """Look again and again until it has happened, for a minute at most."""
    never = threading.Event()
    for _ in range(3000):
        if happened():
            return
        never.wait(0.02)
    pytest.fail(f"it did not happen within a minute: {what}")


def real_now() -> datetime:
    """The time of the processes, whose clock no test stops."""
    now: datetime = time_machine.escape_hatch.datetime.datetime.now(UTC)
    return now


def offered(slot: Slot, number: int) -> None:
    """Save so many families, for each of whom a place was held until a minute ago."""
    for _ in range(number):
        guardian = a_guardian()
        booking = a_booking(slot, a_child(guardian.household), state=BookingState.OFFERED)
        db.session.add_all([guardian, booking])
        db.session.flush()
        offer = Offer(
            party=booking.party,
            slot=slot,
            household_id=booking.household_id,
            token=booking.number,
            made_at=real_now() - timedelta(hours=2),
            until=real_now() - BEHIND,
        )
        db.session.add(offer)


def waiting(slot: Slot, number: int) -> None:
    for _ in range(number):
        guardian = a_guardian()
        turn = a_booking(slot, a_child(guardian.household), state=BookingState.WAITING)
        db.session.add_all([guardian, turn])


def has_expired(app: Flask, goal: int) -> bool:
    return expired(app) >= goal


def expired(app: Flask) -> int:
    with app.app_context():
        over = select(func.count(Offer.id)).where(Offer.answered_at.is_not(None))
        return db.session.scalars(over).one()


class TestAProcess:
    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_says_one_line_works_and_ends_when_it_is_asked_to(
        self, app: Flask, database_url: str
    ) -> None:
        with app.app_context():
            slot = a_slot(capacity=1, places_left=0, starts_at=real_now() + timedelta(days=3))
            offered(slot, 1)
            db.session.commit()
        for number, sign in enumerate((signal.SIGTERM, signal.SIGINT)):
            with process(database_url, "worker") as worker:
                assert worker.stdout is not None
                first = worker.stdout.readline()
                assert first == "hub worker: at work; SIGTERM or Ctrl-C ends it\n"
                until(lambda: expired(app) == 1, "the offer expires")
                worker.send_signal(sign)
                said, _ = worker.communicate(timeout=60)
                assert worker.returncode == 0
                assert "Traceback" not in said
                assert ("没有在时间内确认" in said) is (number == 0), "sent once, by the first"

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_does_what_is_due_once_and_ends(self, app: Flask, database_url: str) -> None:
        with app.app_context():
            slot = a_slot(capacity=3, places_left=0, starts_at=real_now() + timedelta(days=3))
            offered(slot, 3)
            db.session.commit()
        for done in (6, 0):  # three offers, and three messages about them
            with process(database_url, "worker", "--once") as worker:
                said, _ = worker.communicate(timeout=60)
                assert worker.returncode == 0, said
                assert said.endswith(f"{done} done\n")

    def test_killed_in_the_middle_loses_nothing_and_doubles_nothing(
        self, app: Flask, database_url: str
    ) -> None:
        with app.app_context():
            activity = an_activity()
            for days in (3, 4, 5, 6):
                start = real_now() + timedelta(days=days)
                slot = a_slot(activity, capacity=50, places_left=0, starts_at=start)
                offered(slot, 50)
                waiting(slot, 10)
            db.session.commit()
        for reached in (25, 90):
            with process(database_url, "worker") as worker:
                until(partial(has_expired, app, reached), f"{reached} offers expire")
                worker.send_signal(signal.SIGKILL)
                worker.wait()
            assert expired(app) < 200, "it was killed in the middle"
            with app.app_context():
                assert list(inconsistencies()) == []
        with process(database_url, "worker", "--once") as worker:
            said, _ = worker.communicate(timeout=120)
            assert worker.returncode == 0, said

        with app.app_context():
            assert list(inconsistencies()) == []
            by_end = db.session.execute(
                select(Booking.state, Booking.ending, func.count()).group_by(
                    Booking.state, Booking.ending
                )
            )
            assert {tuple(row) for row in by_end} == {
                (BookingState.CANCELLED, Ending.EXPIRED, 200),
                (BookingState.OFFERED, None, 40),
            }
            noted = select(AuditEntry.subject_id).where(AuditEntry.act == "expired")
            assert set(Counter(db.session.scalars(noted)).values()) == {1}
            told = Counter(
                (account_id, "没有在时间内确认" in said)
                for account_id, said in db.session.execute(select(Notice.account_id, Notice.text))
            )
            assert len(told) == 240
            assert set(told.values()) == {1}, "each family has one message in the outbox"
            tries = db.session.scalars(select(Notice.tries).where(Notice.sent_at.is_not(None)))
            assert set(tries) == {1}


class Gateway:
    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, _phone: str, text: str) -> None:
        self.sent.append(text)


class Rounds(Bell):
    """Rings when a worker has paused as often as there are acts; each is done in its pause."""

    def __init__(self, *acts: Callable[[], Any]) -> None:
        self.acts = list(acts)
        self.is_over = False

    def rings(self, within: float = 0) -> bool:
        if within:
            assert within == PAUSE
            self.is_over = not self.acts
            if self.acts:
                self.acts.pop(0)()
        return self.is_over


class TestTrouble:
    def work(self, app: Flask, *acts: Callable[[], Any]) -> list[str]:
        """Let a worker work through these pauses; what it sent."""
        gateway = Gateway()
        Worker(app, gateway, Rounds(*acts)).run()
        return gateway.sent

    def test_a_database_that_is_away_is_waited_for(
        self, migrated_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        home = tmp_path / "disk"
        app = create_app(settings(f"sqlite:///{home / 'hub.db'}"))

        def mount() -> None:
            home.mkdir()
            shutil.copy(migrated_file, home / "hub.db")
            with app.app_context():
                account = an_account()
                db.session.add(account)
                db.session.flush()
                tell(account.id, "候补到名额了", clock.now())
                db.session.commit()

        assert self.work(app, lambda: None, lambda: None, mount) == ["候补到名额了"]
        first, second = capsys.readouterr().err.splitlines()
        assert first.startswith("hub worker: the database is away (unable to open database file)")
        assert second == "hub worker: at work again"
        with app.app_context():
            db.engine.dispose()

    def test_once_does_not_wait_for_it(self, tmp_path: Path) -> None:
        app = create_app(settings(f"sqlite:///{tmp_path}/no/such/folder.db"))
        result = run(app, "worker", "--once")
        assert result.exit_code == 1
        assert result.output.startswith("Error: there is no database in sqlite:///")
        assert result.output.count("\n") == 1

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_a_connection_that_breaks_is_made_again(
        self,
        app: Flask,
        saved: Save,
        database_url: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        account_id = saved(an_account())

        def restart() -> None:
            """As far as a worker can see of it."""
            other = create_engine(database_url)
            with other.begin() as connection:
                others = (
                    "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'postgres'"
                )
                connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
            other.dispose()

        def put() -> None:
            with app.app_context():
                tell(account_id, "候补到名额了", clock.now())
                db.session.commit()

        assert self.work(app, restart, put) == ["候补到名额了"]
        first, second = capsys.readouterr().err.splitlines()
        assert first.startswith("hub worker: the database is away (")
        assert second == "hub worker: at work again"

    def test_tables_that_are_not_made_yet_are_waited_for(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "new.db").touch()
        app = create_app(settings(f"sqlite:///{tmp_path / 'new.db'}"))
        self.work(app, lambda: None)
        (line,) = capsys.readouterr().err.splitlines()
        assert "hub serve makes them" in line
        with app.app_context():
            db.engine.dispose()

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_a_duty_that_fails_stops_no_other_and_names_nobody(
        self,
        app: Flask,
        saved: Save,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        account_id = saved(an_account())

        def fail(*_args: Any) -> Any:
            raise ValueError("小满")

        def put() -> None:
            with app.app_context():
                tell(account_id, "候补到名额了", clock.now())
                db.session.commit()

        row_fails = ScheduledJob("serve lines", lambda _now: [7], fail)
        search_fails = ScheduledJob("remind", fail, lambda _row, _now: True)
        monkeypatch.setattr(scheduled_jobs, "SCHEDULED_JOBS", (row_fails, search_fails))
        assert self.work(app, put) == ["候补到名额了"]
        said = capsys.readouterr().err
        assert "could not serve lines, row 7: ValueError" in said
        assert "could not remind" in said
        assert "小满" not in said
        assert said.count("row 7") == 1, "it is not tried again in the very next round"

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_what_failed_is_tried_again_a_minute_later(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch, clock: Clock
    ) -> None:
        tried: list[int] = []

        def fail(row: int, _now: datetime) -> bool:
            tried.append(row)
            raise ValueError

        monkeypatch.setattr(
            scheduled_jobs, "SCHEDULED_JOBS", (ScheduledJob("draw", lambda _now: [7], fail),)
        )
        later = timedelta(minutes=1)
        self.work(app, lambda: None, lambda: None, lambda: clock.shift(later))
        assert tried == [7, 7]


def test_what_has_expired_is_forgotten_and_nothing_else(app: Flask, saved: Save) -> None:
    def kept(hours: int) -> list[Any]:
        until = clock.now() + timedelta(hours=hours)
        name = str(hours)
        code = {"code_hash": "", "sent_at": clock.now(), "tries_left": 5}
        return [
            SavedForm(token_hash=name, path="/", fields="[]", expires_at=until),
            SignInCode(phone="+8613800000001", browser=name, expires_at=until, **code),
            RateCount(key=name, purpose="code", hits=1, expires_at=until),
        ]

    saved(*kept(-1), *kept(1))
    with app.app_context():
        assert Worker(app, Gateway(), Rounds()).finish() == 3
        for table in (SavedForm, SignInCode, RateCount):
            left = db.session.scalars(select(table.expires_at)).all()
            assert left == [clock.now() + timedelta(hours=1)]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it looks into /proc of Linux")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestBesideTheServer:
    @pytest.fixture
    def server(self, database_url: str) -> Iterator[subprocess.Popen[str]]:
        """hub serve, once it answers."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environ = {"HUB_ENV": "production", "HUB_BIND": f"127.0.0.1:{port}", "HUB_WORKERS": "1"}

        def answers() -> bool:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=60).close()
            except OSError:
                return False
            return True

        with process(database_url, "serve", **environ) as server:
            until(answers, "the server answers")
            yield server
            server.kill()
            until(lambda: not self.family(server.pid), "nobody is left behind")

    def test_a_worker_that_dies_is_replaced(self, server: subprocess.Popen[str]) -> None:
        (watch,) = self.beside(server)
        until(lambda: self.children(watch), "a worker is there")
        (worker,) = self.children(watch)
        os.kill(worker, signal.SIGKILL)
        until(lambda: set(self.children(watch)) - {worker}, "another worker is there")

    @pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
    def test_the_worker_ends_with_the_server(
        self, server: subprocess.Popen[str], sign: signal.Signals
    ) -> None:
        (watch,) = self.beside(server)
        until(lambda: self.children(watch), "a worker is there")
        (worker,) = self.children(watch)
        server.send_signal(sign)
        server.wait(timeout=60)
        until(lambda: not self.lives(watch) and not self.lives(worker), "both are gone")

    def beside(self, server: subprocess.Popen[str]) -> list[int]:
        """The children of the server that serve no pages."""
        return [pid for pid in self.children(server.pid) if "gunicorn" not in self.words(pid)]

    def family(self, pid: int) -> list[int]:
        return [one for one in (pid, *self.children(pid)) if self.lives(one)]

    def children(self, parent: int) -> list[int]:
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, its_parent = stat.read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue  # it has just ended
            if int(its_parent) == parent and state != "Z":
                found.append(int(stat.parent.name))
        return found

    def lives(self, pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    def words(self, pid: int) -> str:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
