"""Many phones in one process: raw sockets that stay open, and no more parsing than is needed.

The driver runs on the same cores as the server it measures, so every microsecond here is taken
from the figures. A person is a generator: it yields the request to send, is given the answer, and
returns how it ended.
"""

import contextlib
import re
import selectors
import socket
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

PATIENCE = 60.0  # seconds without any answer to anybody, after which all give up
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
COOKIE = re.compile(rb"\r\nset-cookie: ([^;\r]+)", re.IGNORECASE)
PLACE = re.compile(rb"\r\nlocation: ([^\r]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """Head and body as they came."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        return int(self.head[9:12])

    @property
    def location(self) -> str:
        found = PLACE.search(self.head)
        return found[1].decode() if found else ""

    def cookie(self, before: str) -> str:
        """Return what is sent back from now on."""
        found = COOKIE.search(self.head)
        return found[1].decode() if found else before


Person = Generator[bytes, Answer, str]


@dataclass(slots=True)
class End:
    """How it ended for one person, in a word of theirs or of the driver, and after how long.

    The driver's words: "not connected", "no answer", "hung up", or the name of an OSError.
    """

    word: str
    seconds: float


@dataclass(slots=True)
class _Line:
    """One person's connection, and what has come of the answer they wait for."""

    person: Person
    number: int
    socket: socket.socket
    to_send: bytes
    is_connected: bool = False
    came: bytearray = field(default_factory=bytearray)


def get(host: str, path: str, cookie: str, target: str = "") -> bytes:
    """Write a request for a page; with a `target`, as the site's script does, for that part."""
    return f"GET {path} HTTP/1.1\r\n{_head(host, cookie, target)}\r\n".encode()


def post(host: str, path: str, cookie: str, fields: dict[str, str], target: str = "") -> bytes:
    """Write a request that sends a form, and asks for a part in the same way."""
    body = urlencode(fields)
    return (
        f"POST {path} HTTP/1.1\r\n{_head(host, cookie, target)}"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        f"{body}"
    ).encode()


def _head(host: str, cookie: str, target: str) -> str:
    part = f"HX-Request: true\r\nHX-Target: {target}\r\n" if target else ""
    return f"Host: {host}\r\nAccept-Language: zh-CN\r\nCookie: {cookie}\r\n{part}"


def all_at_once(host: str, people: Iterable[Person]) -> list[End]:
    """Let everybody begin at the same moment, each over a connection of their own.

    Their seconds count from that moment, the time in the queue included. A connection that is
    slow to be made is waited for; one that cannot be made ends as "not connected".
    """
    name, _, port = host.partition(":")
    ends: dict[int, End] = {}
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        for number, person in enumerate(people):
            line = _Line(person, number, socket.socket(), next(person))
            line.socket.setblocking(False)
            line.socket.connect_ex((name, int(port)))  # is told where the line is first used
            selector.register(line.socket, selectors.EVENT_WRITE, line)
        while selector.get_map():
            ready = selector.select(PATIENCE)
            for key, _events in ready:
                word = _serve(selector, key.data)
                if word is not None:
                    ends[key.data.number] = End(word, time.perf_counter() - began)
                    _hang_up(selector, key.data)
            if not ready:
                for key in list(selector.get_map().values()):
                    ends[key.data.number] = End("no answer", time.perf_counter() - began)
                    _hang_up(selector, key.data)
    return [ends[number] for number in sorted(ends)]


def _serve(selector: selectors.BaseSelector, line: _Line) -> str | None:
    """Go on with one person; return how it ended for them, or None while it has not."""
    try:
        if line.to_send:
            _send(selector, line)
            return None
        part = line.socket.recv(65536)
    except BlockingIOError:  # woken too early: that is no answer
        return None
    except OSError as error:
        return type(error).__name__ if line.is_connected else "not connected"
    if not part:
        return "hung up"
    line.came += part
    answer = _answer_in(line.came)
    if answer is None:
        return None
    line.came.clear()
    try:
        line.to_send = line.person.send(answer)
    except StopIteration as end:
        return str(end.value)
    with contextlib.suppress(OSError):  # it is tried again, and told, where the line is ready
        _send(selector, line)
    return None


def _send(selector: selectors.BaseSelector, line: _Line) -> None:
    line.to_send = line.to_send[line.socket.send(line.to_send) :]
    line.is_connected = True
    awaited = selectors.EVENT_WRITE if line.to_send else selectors.EVENT_READ
    selector.modify(line.socket, awaited, line)


def _answer_in(came: bytearray) -> Answer | None:
    """Return the answer, once all of it has come."""
    end = came.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(came[: end + 2])
    length = LENGTH.search(head)
    if length is None or len(came) < end + 4 + int(length[1]):
        return None
    return Answer(head, bytes(came[end + 4 :]))


def _hang_up(selector: selectors.BaseSelector, line: _Line) -> None:
    selector.unregister(line.socket)
    line.socket.close()
