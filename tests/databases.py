"""Databases for the tests: a fresh SQLite file for each, and a PostgreSQL cluster of our own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


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


@contextmanager
def postgresql_cluster() -> Iterator[str]:
    """The URL of an empty server of our own: a socket in a short folder, no port, no fsync."""
    programs = postgresql_programs()
    if programs is None:
        missing("PostgreSQL", "install it with: apt-get install postgresql")
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="hub-pg-"))  # short: a socket's name has a limit
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL does not run as root
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(*command: str) -> None:
        subprocess.run(
            [*as_user, *command], cwd="/", check=True, stdout=subprocess.DEVNULL, timeout=60
        )

    cluster = str(folder / "db")
    initdb = [str(programs / "initdb"), "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    run(*initdb, "--no-sync", "-U", "postgres", cluster)
    options = f"-F -c listen_addresses='' -c unix_socket_directories={folder}"
    log = str(folder / "log")
    run(str(programs / "pg_ctl"), "-w", "-D", cluster, "-o", options, "-l", log, "start")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        run(str(programs / "pg_ctl"), "-D", cluster, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.parts[-3].split(".") if part.isdigit())
