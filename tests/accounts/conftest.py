"""What the tests of signing in share: the text messages sent, and signing in as people do."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask

from hub import create_app
from hub.db import db
from hub.notices import gateway
from tests.browser import Browser, Page
from tests.conftest import settings


@dataclass
class Messages:
    """The gateway's double: what would have reached people's phones."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    is_broken: bool = False

    def send(self, phone: str, text: str) -> None:
        if self.is_broken:
            raise OSError("no way out")
        self.sent.append((phone, text))

    @property
    def code(self) -> str:
        """The code in the last message."""
        found = re.search(r"\d{6}", self.sent[-1][1])
        assert found
        return found[0]

    @property
    def wrong_code(self) -> str:
        return "000000" if self.code != "000000" else "111111"


@pytest.fixture(autouse=True)
def messages(monkeypatch: pytest.MonkeyPatch) -> Messages:
    """Everything sent to phones in this test; set `is_broken` to lose the way out."""
    double = Messages()
    monkeypatch.setattr(gateway, "gateway", lambda: double)
    return double


@pytest.fixture
def another_browser(app: Flask) -> Callable[[], Browser]:
    """A second telephone, or a tab that does not share the first one's cookies."""
    return lambda: Browser(app)


@pytest.fixture
def another_process(app: Flask, database_url: str) -> Iterator[Callable[..., Flask]]:
    """The program once more on the same database, with other settings if given."""
    started = []

    def start(**changes: str) -> Flask:
        started.append(create_app(settings(database_url, **changes)))
        return started[-1]

    yield start
    for other in started:
        with other.app_context():
            db.engine.dispose()


@pytest.fixture
def sign_in(messages: Messages) -> Callable[..., Page]:
    """Sign in with a code, as people do, and return the page one arrives at."""

    def do(browser: Browser, phone: str = "13800138000", at: str = "/sign-in") -> Page:
        page = browser.submit(browser.visit(at), phone=phone)
        return browser.submit(page, form="/sign-in/code", code=messages.code)

    return do
