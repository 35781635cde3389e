"""Many people want the few places of one slot: who gets one, how fast, and what holds it back.

All of them press at the same moment. Each is a phone with a connection of its own and does what a
person does: the slot's page, the form it shows sent as the site's script sends it (which asks for
the part of the page that changes), the page that answers; at most three requests. The time counts
from that moment until they have read their answer. Beside the site, in turn, by the same driver, on
the same cores and the same kind of database: a bare program that does the same three requests
(bench/bare.py), so that each figure is a ratio within one run.
"""

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from bench import bare, phones, site
from bench.phones import Person, get, post
from hub.bookings.jobs.consistency import inconsistencies
from hub.db import db
from tests.databases import postgresql_cluster, postgresql_programs

PLACES, WAITING = 30, 20
ROUNDS = 3
FIELD = re.compile(rb'name="(csrf_token|request_key)"[^>]*value="([^"]*)"')
PART = re.compile(rb'<form[^>]*data-hx-target="#([\w-]+)"')
HOST = site.ADDRESS
SLOT_PAGE = "the slot's page"
GOOD_ENDS = {"confirmed", "waiting", "refused", "full"}


@dataclass(frozen=True)
class Rush:
    """What one rush came to: how people ended, attempts per second, and seconds they took."""

    ends: Counter[str]
    rate: float
    p50: float
    p99: float
    works: dict[str, float]  # page → milliseconds that a core is busy with it; {} where not asked


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, nargs="+", default=[200, 1000])
    options.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    options.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = options.parse_args()
    for name in installed(chosen.databases):
        for people in chosen.people:
            # A page costs the same however many come, and measuring it takes most of the time.
            with_pages = people == chosen.people[-1]
            bares, ours = [], []
            for _ in range(chosen.rounds):
                bares.append(bare_rush(name, people, with_pages=with_pages))
                ours.append(site_rush(name, people, with_pages=with_pages))
            print(f"\n{name}, {people} people at once, {PLACES} places, medians of {len(ours)}:")
            _report_rush(bares, ours)
            if with_pages:
                _report_pages(bares, ours)


def installed(names: list[str]) -> Iterator[str]:
    """Yield those of these databases that can be started here, and say which cannot."""
    for name in names:
        if name == "postgresql" and postgresql_programs() is None:
            print("postgresql is not installed: left out")
        else:
            yield name


def bare_rush(
    name: str, people: int, *, with_pages: bool = False, server: site.Size | None = None
) -> Rush:
    """Let people rush at the bare program on a new database. Ends where an answer is wrong."""
    with _database(name) as url:
        bare.prepare(url, PLACES, WAITING)
        visitors = [(f"visitor={number}", number) for number in range(people)]
        with site.served(url, "bench.bare:app", server) as served:
            rush = _rush(served, bare.SLOT, visitors, with_pages=with_pages)
    _check(rush, people)
    return rush


def site_rush(
    name: str, people: int, *, with_pages: bool = False, server: site.Size | None = None
) -> Rush:
    """Let people rush at the site on a new database. Ends where an answer or a count is wrong."""
    with _database(name) as url:
        app = site.application(url)
        slot_id, visitors = site.a_rush(app, people, PLACES, WAITING)
        with site.served(url, size=server) as served:
            rush = _rush(served, slot_id, visitors, with_pages=with_pages)
        with app.app_context():
            wrong = list(inconsistencies())
            db.engine.dispose()
    if wrong:
        raise SystemExit(f"wrong: {wrong}")
    _check(rush, people)
    return rush


@contextmanager
def _database(name: str) -> Iterator[str]:
    with site.sqlite() if name == "sqlite" else postgresql_cluster() as url:
        yield url


def _rush(
    server: site.Server, slot_id: int, visitors: list[tuple[str, int]], *, with_pages: bool
) -> Rush:
    page = get(HOST, f"/slots/{slot_id}", visitors[0][0])
    works = {SLOT_PAGE: _work(server, page)} if with_pages else {}
    attempts = [_Attempt(slot_id, *visitor) for visitor in visitors]
    ends = phones.all_at_once(HOST, (attempt.run() for attempt in attempts))
    if with_pages:
        works |= {what: _work(server, asked) for what, asked in _others(attempts, ends)}
    seconds = sorted(end.seconds for end in ends)
    return Rush(
        ends=Counter(end.word for end in ends),
        rate=len(ends) / seconds[-1],
        p50=seconds[len(ends) // 2],
        p99=seconds[len(ends) * 99 // 100],
        works=works,
    )


def _check(rush: Rush, people: int) -> None:
    """End where somebody got a wrong answer: each place and turn is given once, none is left."""
    placed = min(people, PLACES)
    given = {"confirmed": placed, "waiting": min(people - placed, WAITING)}
    if set(rush.ends) - GOOD_ENDS or any(rush.ends[word] != many for word, many in given.items()):
        raise SystemExit(f"wrong: {dict(rush.ends)}, not {given}")


def _report_rush(bares: list[Rush], ours: list[Rush]) -> None:
    ends = {word: [one.ends[word] for one in ours] for word in sorted(GOOD_ENDS)}
    rate, bare_rate = median(one.rate for one in ours), median(one.rate for one in bares)
    p99, bare_p99 = median(one.p99 for one in ours), median(one.p99 for one in bares)
    print(
        f"  {', '.join(f'{word} {median(many):.0f}' for word, many in ends.items())}\n"
        f"  {rate:.0f} attempts/s of {bare_rate:.0f} bare: {rate / bare_rate:.2f} (aim: 0.60)\n"
        f"  p50 {median(one.p50 for one in ours):.2f} s, p99 {p99:.2f} s of {bare_p99:.2f} bare: "
        f"{p99 / bare_p99:.1f} (aim: 2)"
    )


def _report_pages(bares: list[Rush], ours: list[Rush]) -> None:
    page = median(one.works[SLOT_PAGE] for one in bares)
    for what in dict.fromkeys(what for one in ours for what in one.works):
        work = median(one.works[what] for one in ours if what in one.works)
        print(f"  {what}: {work:.1f} ms of a core, {work / page:.1f} × the bare page (aim: 4)")


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
        fields = {key.decode(): value.decode() for key, value in FIELD.findall(page.body)}
        if "request_key" not in fields:
            return "full"  # there is nothing to press: the page says so by itself
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
    """Return the site's other pages, as people see them who got a place, and who did not."""
    if not attempts[0].cookie.startswith("hub="):
        return []  # of the bare program only the slot's page is asked
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


def _work(server: site.Server, request: bytes, *, times: int = 240, lines: int = 24) -> float:
    """Return the milliseconds that a core is busy with a request that is sent again and again.

    Over many connections of few requests each: one that stays open stays with one worker, and a
    few of them land unevenly. Counted are the web processes; PostgreSQL's own work is not.
    """

    def ask(most: int) -> Person:
        statuses = set()
        for _ in range(most):
            statuses.add((yield request).status)
        return str(statuses)

    phones.all_at_once(HOST, [ask(5) for _ in range(lines)])  # warm, as a site in use is
    before = server.work()
    ends = phones.all_at_once(HOST, [ask(times // lines) for _ in range(lines)])
    if wrong := {end.word for end in ends} - {"{200}", "{422}"}:
        raise SystemExit(f"{request[:60]!r} answers {wrong}")
    return (server.work() - before) / times * 1000


if __name__ == "__main__":
    main()
