"""Many people want the few places of one slot: who gets one, how fast, and what holds it back.

Each attempt is what a phone does: the slot's page, the form it shows sent, the page that answers.
Beside it, in the same run on the same cores: the bare database (lock, insert, commit) and a page
of 10 KB without a database on the same server, so that the figures can be read as ratios.
"""

import argparse
import contextlib
import http.client
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

from bench import site
from hub.bookings.queries import miscounted
from tests.databases import postgresql_cluster, postgresql_programs

CLIENTS = 32  # phones at the same moment; more would only queue in the driver
PLACES, WAITING = 30, 20
FIELD = re.compile(r'name="(csrf_token|request_key)"[^>]*value="([^"]*)"')


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, nargs="+", default=[200, 1000])
    options.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    chosen = options.parse_args()
    hello = _pages_per_second("/hello", "bench.hello:app", "sqlite://")
    print(f"a page of 10 KB without a database: {hello:.0f}/s; the bare database: {_bare():.0f}/s")
    for name in chosen.databases:
        if name == "postgresql" and postgresql_programs() is None:
            print("postgresql is not installed: left out")
            continue
        for people in chosen.people:
            with site.sqlite() if name == "sqlite" else postgresql_cluster() as url:
                _rush(name, url, people, hello)


def _rush(name: str, url: str, people: int, hello: float) -> None:
    app = site.application(url)
    slot_id, everybody = site.a_rush(app, people, PLACES, WAITING)
    with site.served(url):
        page = _rate(f"/slots/{slot_id}", everybody[0][0])
        ends, seconds, wall = _at_once([_attempt(slot_id, *person) for person in everybody])
    with app.app_context():
        wrong = miscounted()
        site.db.engine.dispose()
    seconds.sort()
    print(
        f"{name}, {people} people, {PLACES} places: {dict(sorted(ends.items()))}; "
        f"{people / wall:.0f} attempts/s, p50 {seconds[people // 2]:.2f} s, "
        f"p99 {seconds[people * 99 // 100]:.2f} s; "
        f"the slot's page {page:.0f}/s, {page / hello:.0%} of the bare page"
    )
    if ends["confirmed"] != PLACES or wrong or any(end.startswith("5") for end in ends):
        raise SystemExit(f"wrong: {ends}, {wrong}")


def _attempt(slot_id: int, cookie: str, child_id: int) -> Callable[[], str]:
    """One person's attempt: three requests on one connection; how it ended, in a word."""

    def run() -> str:
        with contextlib.closing(http.client.HTTPConnection(site.ADDRESS, timeout=60)) as line:
            page = _ask(line, "GET", f"/slots/{slot_id}", cookie)
            if page.status != 200:
                return str(page.status)
            mine = page.cookie or cookie  # now with the token of the form
            fields = dict(FIELD.findall(page.html)) | {"person": str(child_id)}
            sent = _ask(line, "POST", f"/slots/{slot_id}/bookings", mine, urlencode(fields))
            if sent.status == 422:
                return "refused"
            if sent.status != 303:
                return str(sent.status)
            proof = _ask(line, "GET", sent.location, mine)
            if proof.status != 200:
                return str(proof.status)
            return "waiting" if "候补第" in proof.html else "confirmed"

    return run


@dataclass(frozen=True)
class Answer:
    """What matters of an answer; `cookie` is as it is sent back, empty where none was set."""

    status: int
    html: str
    location: str
    cookie: str


def _ask(
    line: http.client.HTTPConnection, method: str, path: str, cookie: str, body: str = ""
) -> Answer:
    headers = {"Cookie": cookie, "Accept-Language": "zh-CN"}
    if body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    line.request(method, path, body.encode() or None, headers)
    answer = line.getresponse()
    html = answer.read().decode()
    location, kept = answer.headers.get("Location", ""), answer.headers.get("Set-Cookie", "")
    return Answer(answer.status, html, location, kept.partition(";")[0])


def _at_once(acts: list[Callable[[], str]]) -> tuple[Counter[str], list[float], float]:
    """All of it, from one moment on: how each ended, after how many seconds, and the whole."""
    began = time.perf_counter()

    def timed(act: Callable[[], str]) -> tuple[str, float]:
        try:
            return act(), time.perf_counter() - began
        except OSError as error:
            return type(error).__name__, time.perf_counter() - began

    with ThreadPoolExecutor(CLIENTS) as phones:
        ends = list(phones.map(timed, acts))
    return (
        Counter(end for end, _ in ends),
        [seconds for _, seconds in ends],
        (time.perf_counter() - began),
    )


def _pages_per_second(path: str, application: str, url: str) -> float:
    with site.served(url, application):
        return _rate(path, "")


def _rate(path: str, cookie: str, *, requests: int = 600, lines: int = 8) -> float:
    """How many times a second the page is answered, over a few connections that stay open."""

    def run(_: int) -> None:
        with contextlib.closing(http.client.HTTPConnection(site.ADDRESS, timeout=60)) as line:
            for _ in range(requests // lines):
                answer = _ask(line, "GET", path, cookie)
                if answer.status != 200:
                    raise SystemExit(f"{path} answers {answer.status}")

    began = time.perf_counter()
    with ThreadPoolExecutor(lines) as phones:
        list(phones.map(run, range(lines)))
    return requests / (time.perf_counter() - began)


def _bare(rows: int = 1000) -> float:
    """Lock, insert, commit, as one program without anything around it can on SQLite."""
    with site.sqlite() as url:
        path = url.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=FULL")
            database.execute("CREATE TABLE booking (id INTEGER PRIMARY KEY, person INTEGER)")
            began = time.perf_counter()
            for row in range(rows):
                database.execute("BEGIN IMMEDIATE")
                database.execute("INSERT INTO booking (person) VALUES (?)", (row,))
                database.execute("COMMIT")
            return rows / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
