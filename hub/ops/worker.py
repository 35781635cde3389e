"""The worker: round after round of scheduled jobs, until it is asked to end."""

import select
import signal
import socket
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import click
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from hub import clock
from hub.bookings.jobs import scheduled_jobs
from hub.config import ROOT
from hub.notices.actions import send_some
from hub.notices.gateway import Gateway
from hub.ops.retention import delete_expired
from hub.web.health import is_migrated
from hub.web.language import CHINESE

PAUSE = 5  # seconds between two rounds when there was nothing to do
ENDING = (signal.SIGTERM, signal.SIGINT)
LEFT_OUT_FOR = timedelta(minutes=1)  # what failed is tried again, but not in every round
# How PostgreSQL's codes begin where one row is in trouble, not the connection: two acts in each
# other's way, a lock or an answer that took too long.
OF_ONE_ROW = ("40", "55", "57014")


class Bell:
    """Rings, and never stops, once this process is asked to end.

    By SIGTERM or SIGINT; or, where there is a lifeline, by its other end being closed, which
    happens when the last process that holds it is gone, however it ended.
    """

    def __init__(self, lifeline: int | None = None) -> None:
        self._lifeline = [] if lifeline is None else [lifeline]

    def __enter__(self) -> "Bell":
        self._heard, self._caught = socket.socketpair()
        self._caught.setblocking(False)
        # Each signal leaves a byte in the socket, which nobody takes out.
        self._wakeup = signal.set_wakeup_fd(self._caught.fileno(), warn_on_full_buffer=False)
        self._before = {sign: signal.signal(sign, lambda *_: None) for sign in ENDING}
        return self

    def __exit__(self, *_raised: object) -> None:
        for sign, handler in self._before.items():
            signal.signal(sign, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._heard.close()
        self._caught.close()

    def rings(self, within: float = 0) -> bool:
        """Whether it rings, waiting for it so many seconds at most."""
        ends = [self._heard.fileno(), *self._lifeline]
        return bool(select.select(ends, [], [], within)[0])


class Worker:
    """Does everything that is due. No failure ends it, and nothing waits for a failure."""

    def __init__(self, app: Flask, gateway: Gateway, bell: Bell) -> None:
        self._app = app
        self._gateway = gateway
        self._bell = bell
        self._is_ready = False
        self._trouble = ""
        self._left_out: dict[tuple[str, int], datetime] = {}

    def run(self) -> None:
        """Round after round until the bell rings, also where the database is away for a while."""
        while not self._bell.rings():
            if not self._try_round():
                self._bell.rings(within=PAUSE)

    def finish(self) -> int:
        """Rounds until nothing is due any more, or the bell rings; how much was done."""
        total = 0
        while done := self.round():
            total += done
            if self._bell.rings():
                break
        return total

    def round(self) -> int:
        """Everything that is due, in the order of its urgency; how much of it was done."""
        now, done = clock.now(), 0
        self._left_out = {row: until for row, until in self._left_out.items() if now < until}
        for name, work in self._duties():
            with self._app.app_context(), force_locale(CHINESE):
                try:
                    for number in work():
                        done += number
                        if self._bell.rings():
                            return done
                except Exception as error:
                    self._fail(name, 0, error)
        return done

    def _duties(self) -> Iterator[tuple[str, Callable[[], Iterator[int]]]]:
        for duty in scheduled_jobs.SCHEDULED_JOBS:
            yield duty.name, partial(scheduled_jobs.perform, duty, self._left_out, self._fail)
        yield "send notices", self._send
        yield "forget", delete_expired

    def _send(self) -> Iterator[int]:
        while (sent := send_some(self._gateway, clock.now())) is not None:
            yield sent

    def _try_round(self) -> int:
        try:
            if not self._is_ready:
                self._wait_for_tables()
            done = self.round() if self._is_ready else 0
        except Exception as error:
            self._is_ready = False
            away = f"the database is away ({reason(error)})"
            self._say_once(away if is_away(error) else f"{type(error).__name__} {_place(error)}")
            return 0
        if self._is_ready and self._trouble:
            self._trouble = ""
            say("at work again")
        return done

    def _wait_for_tables(self) -> None:
        with self._app.app_context():
            self._is_ready = is_migrated()
        if not self._is_ready:
            self._say_once("the database has not its newest tables yet; hub serve makes them")

    def _say_once(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            say(f"{trouble}; trying again every {PAUSE} s")

    def _fail(self, name: str, row: int, error: Exception) -> None:
        """Say where it failed and not on what, since a message may hold names.

        Raises it again where no other row would fare better.
        """
        if is_away(error):
            raise error
        self._left_out[name, row] = clock.now() + LEFT_OUT_FOR
        say(f"could not {name}, row {row}: {type(error).__name__} {_place(error)}")


def is_away(error: Exception) -> bool:
    """Whether the database itself fails, and not one row of it."""
    if not isinstance(error, DBAPIError):
        return False
    code = str(getattr(error.orig, "sqlstate", None) or "")
    away = isinstance(error, OperationalError | InterfaceError) and not code.startswith(OF_ONE_ROW)
    return away or error.connection_invalidated


def reason(error: Exception) -> str:
    """The first line of what the database says."""
    said = str(getattr(error, "orig", error)).strip().splitlines()
    return said[0] if said else type(error).__name__


def say(line: str) -> None:
    """Write one line for the people who watch."""
    click.echo(f"hub worker: {line}", err=True)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if f"{ROOT}/hub/" in frame.filename] or frames
    return f"in {Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else ""
