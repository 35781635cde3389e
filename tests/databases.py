"""Databases for the tests: a fresh SQLite file for each, and a PostgreSQL cluster of our own."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url


def missing(what: str, cure: str) -> None:
    """Skip with the cure, except in CI, where nothing may be skipped."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and in CI nothing is skipped")
    pytest.skip(f"{what} is missing; {cure}")


def postgresql_programs() -> Path | None:
    """The folder with initdb and pg_ctl of the newest PostgreSQL installed, if there is one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=_version)
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    return Path(on_path).resolve().parent if on_path else None


class Cluster:
    """An empty PostgreSQL server of our own: a socket in a short folder, no port, no fsync.

    It is a child of this process, so that one that was killed leaves no trace but its files.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(
            tempfile.mkdtemp(prefix="hub-pg-")
        )  # short: a socket's name has a limit
        self._as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            shutil.chown(self._folder, "postgres", "postgres")
            self._as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self._server: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql+psycopg://postgres@/postgres?host={self._folder}"

    @property
    def pid(self) -> int:
        """The postmaster, whose children serve the connections."""
        assert self._server is not None
        return self._server.pid

    def make(self) -> None:
        initdb = ["initdb", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        command = [*initdb, "-U", "postgres", str(self._folder / "db")]
        with self._started(command) as made:
            assert made.wait(timeout=60) == 0, self._said()

    def start(self) -> None:
        """Start it, also after it was killed, and wait until it has recovered."""
        options = ["-F", "-c", "listen_addresses=", "-c", f"unix_socket_directories={self._folder}"]
        command = ["postgres", "-D", str(self._folder / "db"), *options]
        ready = [str(self._programs / "pg_isready"), "-q", "-h", str(self._folder)]
        for _ in range(1200):
            if self._server is None or self._server.poll() is not None:
                # It refuses as long as a child of one that was killed has not noticed.
                self._server = self._started(command)
            if subprocess.run(ready, timeout=60).returncode == 0:
                return
            time.sleep(0.05)
        pytest.fail(f"PostgreSQL does not start: {self._said()}")

    def kill(self) -> None:
        """`kill -9` the postmaster; its children end by themselves as soon as they notice."""
        assert self._server is not None
        self._server.kill()
        self._server.wait(timeout=60)

    def remove(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)  # at once, without tidying up
            self._server.wait(timeout=60)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _started(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._programs / command[0], *command[1:]],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests, which then end it
                **self._as_user,
            )

    def _said(self) -> str:
        return (self._folder / "log").read_text(errors="replace")[-2000:]


@contextmanager
def cluster_to_kill() -> Iterator[Cluster]:
    """A server that a test may kill and start again."""
    programs = postgresql_programs()
    if programs is None:
        missing("PostgreSQL", "install it with: apt-get install postgresql")
    assert programs is not None
    cluster = Cluster(programs)
    try:
        cluster.make()
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@contextmanager
def postgresql_cluster() -> Iterator[str]:
    """The URL of an empty server of our own, until the block ends."""
    with cluster_to_kill() as cluster:
        yield cluster.url


@contextmanager
def another_database(url: str, name: str) -> Iterator[str]:
    """Lend the URL of a new, empty database on the same server until the block ends."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        engine.dispose()


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.parts[-3].split(".") if part.isdigit())
