"""What a page weighs: bytes over the wire and requests, as a browser gets them from the server.

No timing: the same site weighs the same on every machine. The first visit of a page brings all it
needs; of a later page only itself, and what no page before it has brought. What a browser fetches
when the site is put on the home screen, or its worker once and in the background, is told apart.
"""

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask
from sqlalchemy import Select, select

from bench import site
from hub import clock
from hub.accounts.models import Account
from hub.bookings.models import Booking, BookingState
from hub.catalogue.models import Admission, Centre
from hub.db import db, transaction
from hub.ops.serve import prepare
from hub.timetable.models import Series, Slot

FIRST_BYTES, FIRST_REQUESTS, LATER_BYTES = 40_000, 6, 10_000
NEEDED = re.compile(
    r'<(?:link rel="(?:stylesheet|icon)" href|script src|use href'
    r'|img(?![^>]*loading="lazy")[^>]* src)="(/[^"#]+)'
)
Row = TypeVar("Row")
ACCEPTED = "gzip, deflate, br, zstd"  # by today's browsers over https


@dataclass(frozen=True)
class Answer:
    """One answer, and how many bytes it was with its head."""

    body: bytes
    weight: int


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    name: str
    weight: int
    requests: int
    most: int

    @property
    def is_over(self) -> bool:
        return self.weight > self.most or self.requests > FIRST_REQUESTS

    def __str__(self) -> str:
        told = f"{self.name:<34}{self.weight:>8} bytes{self.requests:>4} requests"
        return f"{told}   over the budget of {self.most}" if self.is_over else told


def main() -> None:
    with site.sqlite() as url:
        app = site.application(url)
        with app.app_context():
            prepare(app, clock.now())
            first, later = _addresses(app)
            db.engine.dispose()
        with site.served(url):
            lines = list(_lines(first, later))
    print(f"at most {FIRST_BYTES} bytes and {FIRST_REQUESTS} requests, later {LATER_BYTES} bytes\n")
    for line in lines:
        print(line)
    if over := [line.name for line in lines if line.is_over]:
        raise SystemExit(f"over the budget: {', '.join(over)}")


def _addresses(app: Flask) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """Return the pages to weigh on a first visit; and later, each with the cookie that is sent."""
    slot = _one(_coming().where(Slot.admission == Admission.FIRST_COME, Slot.series_id.is_(None)))
    drawn = _one(_coming().where(Slot.admission == Admission.DRAW))
    centre = _one(select(Centre).where(Centre.id == slot.centre_id))
    series = _one(select(Series).where(Series.is_whole))
    mine = select(Booking).where(Booking.state == BookingState.CONFIRMED)
    mine = mine.where(Booking.made_by_id.is_not(None), Booking.starts_at > clock.now())
    booking = _one(mine)
    account = _one(select(Account).where(Account.id == booking.made_by_id))
    first = {
        "home": "/",
        "find": "/slots",
        "centres": "/centres",
        "centre": f"/centres/{centre.id}",
        "slot": f"/slots/{slot.id}",
    }
    of_family = {
        "my bookings": "/bookings",
        "proof of a booking": f"/bookings/{booking.number}",
        "family": "/family",
        "new person": "/family/persons/new",
        "me": "/me",
        "slot, signed in": f"/slots/{slot.id}",
    }
    anybody = {
        "series": f"/series/{series.id}",
        "draw": f"/slots/{drawn.id}/draw",
        "sign in": "/sign-in",
        "lookup": "/booked",
        "nothing there": "/nothing-there",
        "offline": "/offline",
    }
    with transaction():
        cookie = site.cookie(app, account)
    later = {name: (address, "") for name, address in (first | anybody).items()}
    return first, later | {name: (address, cookie) for name, address in of_family.items()}


def _coming() -> Select[Slot]:
    return select(Slot).where(Slot.starts_at > clock.now()).order_by(Slot.starts_at, Slot.id)


def _one(wanted: Select[Row]) -> Row:
    found = db.session.scalars(wanted.limit(1)).first()
    if found is None:
        raise SystemExit(f"the demo has none of these: {wanted}")
    return found


def _lines(first: dict[str, str], later: dict[str, tuple[str, str]]) -> Iterator[Line]:
    kept: dict[str, int] = {}
    for name, address in first.items():
        page = _get(address)
        needs = {one: _get(one).weight for one in sorted(_needed(page))}
        kept |= needs
        weight = page.weight + sum(needs.values())
        yield Line(f"first visit: {name}", weight, 1 + len(needs), FIRST_BYTES)
    for name, (address, cookie) in later.items():
        page = _get(address, cookie)
        new = _needed(page) - kept.keys()
        weight = page.weight + sum(_get(one).weight for one in new)
        yield Line(f"later: {name}", weight, 1 + len(new), LATER_BYTES)
    for name, address in {"worker, once": "/sw.js", "home screen": "/manifest.webmanifest"}.items():
        yield Line(f"in the background: {name}", _get(address).weight, 1, LATER_BYTES)


def _needed(page: Answer) -> set[str]:
    """Return what the browser fetches before the page is whole, each once."""
    return set(NEEDED.findall(re.sub(r"\s+", " ", page.body.decode())))


def _get(address: str, cookie: str = "") -> Answer:
    name, _, port = site.ADDRESS.partition(":")
    asked = (
        f"GET {address} HTTP/1.1\r\nHost: {site.ADDRESS}\r\nAccept-Encoding: {{}}\r\n"
        f"Cookie: {cookie}\r\nConnection: close\r\n\r\n"
    )
    answers = []
    for accepted in (ACCEPTED, "identity"):  # weighed as it is packed, read as it is written
        with closing(socket.create_connection((name, int(port)), timeout=30)) as line:
            line.sendall(asked.format(accepted).encode())
            answers.append(b"".join(iter(lambda: line.recv(65536), b"")))
    packed, plain = answers
    head, _, body = plain.partition(b"\r\n\r\n")
    if head.split(b" ", 2)[1] not in {b"200", b"404"}:
        raise SystemExit(f"{address} answers {head.splitlines()[0]!r}")
    return Answer(body if b"text/html" in head else b"", len(packed))


if __name__ == "__main__":
    main()
