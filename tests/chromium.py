"""A real browser against the real site: every page it meets is checked for errors and for axe."""

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.browser import session_of
from tests.databases import missing

PHONE = "Pixel 7"
PATIENCE = 60_000  # ms: a machine that does much else at once may take long; nothing waits in vain
QUICKLY = {"resultTypes": ["violations"], "preload": False, "iframes": False}  # for axe
BUSY = ".htmx-request, .htmx-swapping, .htmx-settling"
expect.set_options(timeout=PATIENCE)
QUIET = [  # no look-ups of its own: the tests have no network
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class _Silent(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Say nothing: what matters is on the page."""


@pytest.fixture
def live_site(app: Flask) -> Iterator[str]:
    """The address of the site, served by threads of this process."""
    # The clock is stopped in 2026, the browser's is not: the cookie must outlive the difference.
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=365 * 50)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium, started once."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium", "install it with: apt-get install chromium")
    browser = playwright.chromium.launch(executable_path=path, args=QUIET)
    yield browser
    browser.close()


class Phone:
    """Somebody's phone. `page` is Playwright's; `look` checks the page that is open."""

    def __init__(self, context: BrowserContext, site: str, scripts: bool) -> None:
        self.context, self.site, self.scripts = context, site, scripts
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._note)

    def _note(self, message: Any) -> None:
        # Chromium reports every 4xx answer as an error; which ones there are is the tests' matter.
        # So is the service worker, which most tests do without.
        usual = ("status of 4", "Service Worker registration blocked by Playwright")
        if message.type in {"error", "warning"} and not any(one in message.text for one in usual):
            self.troubles.append(message.text)

    def visit(self, path: str) -> Page:
        self.page.goto(self.site + path)
        self.look()
        return self.page

    def look(self) -> None:
        """The open page has no error, no broken policy, no sideways scroll, nothing for axe."""
        assert not self.troubles, f"{self.page.url}: {self.troubles}"
        wide = self.page.evaluate(
            "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{self.page.url} scrolls sideways by {wide} px"
        if not self.scripts:  # axe is a script itself, and has seen the same page with them
            return
        found = Axe().run(self.page, options=QUICKLY).response["violations"]
        told = [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]
        assert not told, f"{self.page.url}: {told}"

    def press(self, name: str, role: Any = "button") -> None:
        """Press the button (or follow the link) that says this, and look at what comes."""
        self.click(self.page.get_by_role(role, name=name).first)

    def click(self, target: Locator) -> None:
        """Press this, and look at the page or part that comes."""
        target.click()
        self.page.wait_for_load_state("networkidle")
        if self.scripts:
            expect(self.page.locator(BUSY)).to_have_count(0)
        self.look()

    @property
    def text(self) -> str:
        return self.page.locator("main").inner_text()


@pytest.fixture
def phones(
    chromium: Browser, playwright: Playwright, live_site: str, app: Flask
) -> Iterator[Callable[..., Phone]]:
    """Make a phone: `phones(scripts=False)` without JavaScript, `phones(account_id)` signed in,
    `phones(worker=True)` with the worker that answers when the network does not."""
    contexts: list[BrowserContext] = []

    def make(
        account_id: int | None = None,
        *,
        scripts: bool = True,
        viewport: tuple[int, int] | None = None,
        worker: bool = False,
    ) -> Phone:
        options: dict[str, Any] = dict(playwright.devices[PHONE])
        if viewport:
            options["viewport"] = {"width": viewport[0], "height": viewport[1]}
            options["is_mobile"] = viewport[0] < 600
        context = chromium.new_context(
            **options,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            java_script_enabled=scripts,
            service_workers="allow" if worker else "block",
            reduced_motion="reduce",  # axe would measure colours half-way through a transition
        )
        contexts.append(context)
        if account_id is not None:
            context.add_cookies([cookie_of(app, account_id, live_site)])
        return Phone(context, live_site, scripts)

    yield make
    for context in contexts:
        context.close()


def cookie_of(app: Flask, account_id: int, site: str) -> Any:
    """The cookie of somebody who signed in before."""
    with app.app_context():
        signed_in = session_of(account_id)
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(signed_in)
        session.permanent = True
    cookie = client.get_cookie("hub")
    assert cookie is not None
    return {"name": "hub", "value": cookie.value, "url": site}
