"""The site as it is shipped, under the load of families that book and cancel, to be killed.

Every visitor remembers what the site acknowledged; a form that got no answer is sent again.
"""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from hub.config import ROOT

PATIENCE = 60.0  # seconds
SECRET = "a key for the tests, long enough for anybody"
KEY = re.compile(r'name="(csrf_token|request_key)"[^>]*value="([^"]*)"')
LABEL = re.compile(r"<h1>([^<]*)</h1>")
SAID = {"约好了": "confirmed", "候补": "waiting", "等您确认": "offered", "已取消": "cancelled"}
# What may be read next where one of these was read before, unless the family itself cancels.
NEXT = {
    "confirmed": {"confirmed"},
    "waiting": {"waiting", "offered", "confirmed"},
    "offered": {"offered"},
    "cancelled": {"cancelled"},
}


def until(happened: Callable[[], Any], what: str) -> None:
    """Look again and again until it has happened, for a minute at most."""
    deadline = time.monotonic() + PATIENCE
    never = threading.Event()
    while not happened():
        if time.monotonic() > deadline:
            pytest.fail(f"it did not happen within a minute: {what}")
        never.wait(0.02)


def children(parent: int) -> list[int]:
    """The processes a process has started, as Linux knows them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, its_parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it has just ended
        if int(its_parent) == parent and state != "Z":
            found.append(int(stat.parent.name))
    return sorted(found)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(*pids: int) -> None:
    """`kill -9`, all of them before any can notice that another is gone."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


class Program:
    """A process of the site, which is killed and started anew; its words go to a file."""

    def __init__(self, folder: Path, command: list[str], **environ: str) -> None:
        self._command, self._said = command, folder / "said.log"
        self._environ = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "HUB_WORKER": "0"}
        self._environ |= {"HUB_PATIENCE": "60"} | environ  # on a machine that does much else
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with self._said.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, *self._command],
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    def kill(self) -> None:
        """End it and its children, without a word."""
        if self._process is None:
            return
        alive = self._process.poll() is None
        family = [self.pid, *children(self.pid)] if alive else []
        kill(*family)
        self._process.wait(timeout=PATIENCE)
        until(lambda: not any(map(lives, family)), "its children are gone")

    def said(self) -> str:
        return self._said.read_text(errors="replace") if self._said.exists() else ""


class Site(Program):
    """gunicorn with the project's own settings, on a free port."""

    def __init__(self, folder: Path, database_url: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        command = ["-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
        known = {"HUB_DATABASE_URL": database_url, "HUB_SECRET_KEY": SECRET, "HUB_WORKERS": "2"}
        super().__init__(folder, command, HUB_BIND=f"127.0.0.1:{self.port}", **known)

    def start(self) -> None:
        super().start()
        until(self.answers, "the site answers")

    def answers(self) -> bool:
        answer = ask(self.port, "GET", "/healthz", "")
        return answer is not None and answer.status == 200

    def kill_one(self, chance: random.Random) -> None:
        """Kill a web worker; gunicorn starts another."""
        until(lambda: len(children(self.pid)) == 2, "both web workers are there")
        one = chance.choice(children(self.pid))
        kill(one)
        until(lambda: not lives(one), "it is gone")


@contextmanager
def running(program: Program) -> Iterator[Program]:
    """Started, and with all its children gone afterwards."""
    try:
        program.start()
        yield program
    finally:
        program.kill()


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    cookie: str
    body: str


def ask(
    port: int, method: str, path: str, cookie: str, form: list[tuple[str, str]] | None = None
) -> Answer | None:
    """What the site answers; None where there is no answer, or half of one."""
    headers = {"Cookie": cookie} if cookie else {}
    body = None
    if form is not None:
        body = urlencode(form)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        line.request(method, path, body, headers)
        answer = line.getresponse()
        text = answer.read().decode()
    except (OSError, HTTPException):
        return None
    finally:
        line.close()
    new_cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    return Answer(answer.status, answer.getheader("Location") or "", new_cookie or cookie, text)


@dataclass
class Party:
    """A form that was acknowledged, and what the site said of it since."""

    number: str
    slot_id: int
    persons: frozenset[int]
    request_key: str
    states: list[str] = field(default_factory=list)

    @property
    def is_cancelled(self) -> bool:
        return "cancelled" in self.states


@dataclass(frozen=True)
class Family:
    """Who visits: the account's cookie, the household and its children."""

    cookie: str
    household_id: int
    children: tuple[int, ...]


class Visitor:
    """A family in a thread of its own, that books, cancels and looks as chance wants."""

    def __init__(self, load: "Load", family: Family, chance: random.Random) -> None:
        self.family = family
        self.parties: list[Party] = []
        self.refused: list[str] = []  # the keys of forms that were answered with a no
        self._load, self._chance, self._cookie = load, chance, family.cookie

    def act(self) -> None:
        live = [party for party in self.parties if not party.is_cancelled]
        what = self._chance.random()
        if live and what < 0.3:
            self.cancel(self._chance.choice(live))
        elif self.parties and what < 0.45:
            self.look(self._chance.choice(self.parties))
        else:
            self.book()

    def book(self) -> None:
        slot_id = self._chance.choice(self._load.slots)
        booked = {
            person
            for party in self.parties
            if party.slot_id == slot_id and not party.is_cancelled
            for person in party.persons
        }
        free = sorted(set(self.family.children) - booked)
        if not free:
            return
        persons = self._chance.sample(
            free, 2 if len(free) > 1 and self._chance.random() < 0.3 else 1
        )
        page = self._insist("GET", f"/slots/{slot_id}")
        keys = KEY.findall(page.body)
        words = dict(keys)
        if "request_key" not in words:
            return  # full, to the end of the waiting list
        form = [*words.items(), *(("person", str(person)) for person in persons)]
        answer = self._insist("POST", f"/slots/{slot_id}/bookings", form)
        if answer.status != 303:
            self.refused.append(words["request_key"])
            self._load.note(
                answer.status == 422, f"a form for a place was answered {answer.status}"
            )
            return
        number = answer.location.rpartition("/")[2]
        known = {party.number for party in self.parties}
        self._load.note(number not in known, f"{number} is the answer to two forms")
        party = Party(number, slot_id, frozenset(persons), words["request_key"])
        self.parties.append(party)
        self._load.acknowledge("booked")
        self.look(party)

    def cancel(self, party: Party) -> None:
        path = f"/bookings/{party.number}/cancellation"
        page = self._insist("GET", path)
        self._load.note(page.status == 200, f"{party.number} cannot be cancelled: {page.status}")
        form = [(name, value) for name, value in KEY.findall(page.body) if name == "csrf_token"][:1]
        answer = self._insist("POST", path, [*form, ("which", "all")])
        if answer.status != 303:
            self._load.note(False, f"{party.number} was not cancelled: {answer.status}")
            return
        party.states.append("cancelled")
        self._load.acknowledge("cancelled")
        self.look(party)

    def look(self, party: Party) -> None:
        """Read the page of a booking, which must not contradict what was read before."""
        page = self._insist("GET", f"/bookings/{party.number}")
        label = LABEL.search(page.body)
        words = label[1].strip() if page.status == 200 and label else f"{page.status}"
        state = next((state for said, state in SAID.items() if words.startswith(said)), words)
        before = party.states[-1] if party.states else None
        may = NEXT[before] if before else {"confirmed", "waiting", "offered"}
        self._load.note(state in may, f"{party.number} was {before}, and is {state}")
        if state in may:
            party.states.append(state)

    def _insist(self, method: str, path: str, form: list[tuple[str, str]] | None = None) -> Answer:
        """Send the same again until the site answers."""
        deadline, never = time.monotonic() + PATIENCE, threading.Event()
        while time.monotonic() < deadline:
            answer = ask(self._load.port, method, path, self._cookie, form)
            status = answer.status if answer else 0
            self._load.count(method, status)
            if answer and answer.status != 503:
                self._cookie = answer.cookie
                return answer
            never.wait(0.1)  # as a person does who sees that the site is away
        raise TimeoutError(f"no answer to {method} {path} within a minute")


class Load:
    """Families that all act at once until it is over, and what was acknowledged to them."""

    def __init__(self, port: int, slots: list[int], families: list[Family], seed: int) -> None:
        self.port, self.slots = port, slots
        self.over = threading.Event()
        self.acknowledged: Counter[str] = Counter()
        self.answers: Counter[tuple[str, int]] = Counter()  # (method, status); 0 for no answer
        self.faults: list[str] = []
        self._changed = threading.Condition()
        self.visitors = [
            Visitor(self, family, random.Random(f"{seed} {family.household_id}"))  # noqa: S311 – a dice
            for family in families
        ]

    @property
    def parties(self) -> list[Party]:
        return [party for visitor in self.visitors for party in visitor.parties]

    @property
    def unanswered(self) -> int:
        """Forms that were sent without an answer, each of which was sent again."""
        return self.answers["POST", 0] + self.answers["POST", 503]

    def acknowledge(self, what: str) -> None:
        with self._changed:
            self.acknowledged[what] += 1
            self._changed.notify_all()

    def count(self, method: str, status: int) -> None:
        with self._changed:
            self.answers[method, status] += 1

    def note(self, is_fine: bool, fault: str) -> None:
        if not is_fine:
            with self._changed:
                self.faults.append(fault)
                self._changed.notify_all()

    def reach(self, more: int) -> None:
        """Wait until so many more acts have been acknowledged."""
        with self._changed:
            goal = self.acknowledged.total() + more
            reached = self._changed.wait_for(
                lambda: self.faults or self.acknowledged.total() >= goal, timeout=PATIENCE
            )
        assert reached, f"{self.acknowledged}, and nothing more within a minute: {self.answers}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Everybody acts until the block ends; then each looks once more at all they were told."""
        threads = [threading.Thread(target=self._live, args=(one,)) for one in self.visitors]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join(timeout=2 * PATIENCE)
            self.faults += ["a thread hangs" for thread in threads if thread.is_alive()]
        for visitor in self.visitors:
            for party in visitor.parties:
                visitor.look(party)

    def _live(self, visitor: Visitor) -> None:
        try:
            while not self.over.is_set() and not self.faults:
                visitor.act()
        except Exception as error:
            self.note(False, f"{type(error).__name__}: {error}")
