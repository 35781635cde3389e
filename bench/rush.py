"""Many people want the few places of one slot: who gets one, how fast, and what holds it back.

All of them press at the same moment. Each is a phone with a connection of its own and does what a
person does: the slot's page, the form it shows sent as the site's script sends it (which asks for
the part of the page that changes), the page that answers; at most three requests. How long it took
counts from that moment, in the queue too, until she has read her answer. Beside it, in the same
run, by the same driver, on the same cores: the bare database (lock, insert, commit) and a page of
10 KB without a database on the same server, so that the figures can be read as ratios.
"""

import argparse
import contextlib
import re
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import psycopg

from bench import phones, site
from bench.phones import Person, get, post
from hub.bookings.jobs.consistency import troubles
from hub.db import db
from tests.databases import postgresql_cluster, postgresql_programs

PLACES, WAITING = 30, 20
KEY = re.compile(rb'name="(csrf_token|request_key)"[^>]*value="([^"]*)"')
PART = re.compile(rb'<form[^>]*data-hx-target="#([\w-]+)"')
HOST = site.ADDRESS


@dataclass(frozen=True)
class _Pace:
    """How many answers a second, and how long a core is busy with one: the second hardly changes
    where somebody else uses the cores too."""

    rate: float
    work: float

    def __str__(self) -> str:
        return f"{self.rate:.0f}/s, {self.work * 1000:.1f} ms of a core each"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, nargs="+", default=[200, 1000])
    options.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    chosen = options.parse_args()
    with site.served("sqlite://", "bench.hello:app") as server:
        hello = _pace(server, get(HOST, "/hello", ""))
    print(f"a page of 10 KB without a database: {hello}", flush=True)
    for name in chosen.databases:
        if name == "postgresql" and postgresql_programs() is None:
            print("postgresql is not installed: left out")
            continue
        for people in chosen.people:
            with site.sqlite() if name == "sqlite" else postgresql_cluster() as url:
                _rush(name, url, people, hello)


def _rush(name: str, url: str, people: int, hello: _Pace) -> None:
    bare = _bare(url)
    app = site.application(url)
    slot_id, everybody = site.a_rush(app, people, PLACES, WAITING)
    with site.served(url) as server:
        page = get(HOST, f"/slots/{slot_id}", everybody[0][0])
        paces = {"the slot's page": _pace(server, page)}
        attempts = [_Attempt(slot_id, *person) for person in everybody]
        work, began = time.process_time(), time.perf_counter()
        ends = phones.all_at_once(HOST, (attempt.run() for attempt in attempts))
        wall, work = time.perf_counter() - began, time.process_time() - work
        paces |= {words: _pace(server, request) for words, request in _others(attempts, ends)}
    with app.app_context():
        wrong = list(troubles())
        db.engine.dispose()
    seconds = sorted(end.seconds for end in ends)
    words = Counter(end.word for end in ends)
    last = max((end.seconds for end in ends if end.word == "confirmed"), default=0)
    print(
        f"\n{name}, {people} people at once, {PLACES} places: {dict(sorted(words.items()))}\n"
        f"  {people / wall:.0f} attempts/s ({bare:.0f}/s in the bare database), "
        f"p50 {seconds[people // 2]:.2f} s, p99 {seconds[people * 99 // 100]:.2f} s, "
        f"the last place after {last:.2f} s; the driver took {work / wall:.0%} of a core"
    )
    for what, pace in paces.items():
        print(
            f"  {what}: {pace}; {pace.rate / hello.rate:.0%} of the bare page, "
            f"{hello.work / pace.work:.0%} by the server's work",
            flush=True,
        )
    if words["confirmed"] != PLACES or wrong or set(words) - {"confirmed", "waiting", "refused"}:
        raise SystemExit(f"wrong: {words}, {wrong}")


@dataclass
class _Attempt:
    """One person's attempt; kept are the words to send again, and where it led."""

    slot_id: int
    cookie: str
    child_id: int
    sent: bytes = b""
    proof: str = ""

    def run(self) -> Person:
        here = f"/slots/{self.slot_id}"
        page = yield get(HOST, here, self.cookie)
        if page.status != 200:
            return str(page.status)
        self.cookie = page.cookie(self.cookie)  # now with the token of the form
        fields = {key.decode(): value.decode() for key, value in KEY.findall(page.body)}
        fields["person"] = str(self.child_id)
        part = PART.search(page.body)
        target = part[1].decode() if part else ""
        self.sent = post(HOST, f"{here}/bookings", self.cookie, fields, target)
        answer = yield self.sent
        if answer.status == 422:
            return "refused"
        if answer.status != 303:
            return str(answer.status)
        self.cookie, self.proof = answer.cookie(self.cookie), answer.location
        proof = yield get(HOST, self.proof, self.cookie, target)
        if proof.status != 200:
            return str(proof.status)
        return "waiting" if "候补第".encode() in proof.body else "confirmed"


def _others(attempts: list[_Attempt], ends: list[phones.End]) -> list[tuple[str, bytes]]:
    """The other pages, as somebody sees them who got a place, and somebody who did not."""
    found = {end.word: attempt for attempt, end in zip(attempts, ends, strict=True)}
    pages = []
    if late := found.get("refused"):
        pages.append(("the refusal", late.sent))
        pages.append(("the full slot's page", get(HOST, f"/slots/{late.slot_id}", late.cookie)))
    if glad := found.get("confirmed"):
        pages.append(("the proof", get(HOST, glad.proof, glad.cookie)))
        pages.append(("my bookings", get(HOST, "/bookings", glad.cookie)))
        pages.append(("home", get(HOST, "/", glad.cookie)))
        pages.append(("find", get(HOST, "/slots", glad.cookie)))
    return pages


def _pace(server: site.Server, request: bytes, *, times: int = 600, lines: int = 8) -> _Pace:
    """The same request again and again, over a few connections that stay open."""

    def ask(most: int) -> Person:
        statuses = set()
        for _ in range(most):
            statuses.add((yield request).status)
        return str(statuses)

    phones.all_at_once(HOST, [ask(20) for _ in range(lines)])  # warm, as a site in use is
    work, began = server.work(), time.perf_counter()
    ends = phones.all_at_once(HOST, [ask(times // lines) for _ in range(lines)])
    wall = time.perf_counter() - began
    if wrong := {end.word for end in ends} - {"{200}", "{422}"}:
        raise SystemExit(f"{request[:60]!r} answers {wrong}")
    return _Pace(times / wall, (server.work() - work) / times)


def _bare(url: str, rows: int = 500) -> float:
    """Lock, insert, commit, as one program without anything around it can."""
    file = url.removeprefix("sqlite:///")
    line: Any
    if file == url:
        begin, key = "BEGIN", "serial PRIMARY KEY"
        line = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    else:
        begin, key = "BEGIN IMMEDIATE", "INTEGER PRIMARY KEY"
        line = sqlite3.connect(file, isolation_level=None)
        line.execute("PRAGMA journal_mode=WAL")
        line.execute("PRAGMA synchronous=FULL")
    with contextlib.closing(line):
        line.execute(f"CREATE TABLE bare (id {key}, places INTEGER)")
        line.execute("INSERT INTO bare (id, places) VALUES (0, 1000000)")
        began = time.perf_counter()
        for _ in range(rows):
            line.execute(begin)
            line.execute("UPDATE bare SET places = places - 1 WHERE id = 0")
            line.execute("INSERT INTO bare (places) VALUES (0)")
            line.execute("COMMIT")
        wall = time.perf_counter() - began
        line.execute("DROP TABLE bare")
    return rows / wall


if __name__ == "__main__":
    main()
