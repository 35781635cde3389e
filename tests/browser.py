"""A test browser: sees pages and forms as people do, and checks every page it meets."""

from collections import Counter
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from flask import Flask
from werkzeug.test import TestResponse

from hub import clock
from hub.accounts.models import Account
from hub.accounts.sessions import RENEWED_AT, begin_session
from hub.db import db, transaction

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
EVERYWHERE = {"/language", "/care"}  # forms that stand on every page
WITHOUT_TOKEN = {*EVERYWHERE, "/district"}  # they look where they are sent from instead
INLINE = ("style", "onclick", "onload", "onsubmit", "onchange", "oninput")


class Form:
    """A form of a page: where it goes, and its fields with what stands in them."""

    def __init__(self, method: str, action: str) -> None:
        self.method, self.action = method, action
        self.fields: dict[str, str] = {}  # what is sent if nothing is typed
        self.names: set[str] = set()
        self.choices: dict[str, list[str]] = {}

    def note_input(self, tag: str, name: str, given: dict[str, str], names: set[str]) -> None:
        """Take in one input or button, by the names and values of its attributes."""
        value = given.get("value", "")
        if given.get("type") in {"radio", "checkbox"}:
            if "disabled" not in names:
                self.choices.setdefault(name, []).append(value or "on")
            if "checked" in names:
                self.fields[name] = value or "on"
        elif tag == "button":
            self.choices.setdefault(name, []).append(value)
        else:
            self.fields[name] = value


class Page(HTMLParser):
    """What a test needs to know of a page: its text, title, ids, links and forms."""

    def __init__(self, html: str, url: str, status: int) -> None:
        super().__init__()
        self.html, self.url, self.status = html, url, status
        self.ids: list[str] = []
        self.labels_for: list[str] = []
        self.described_by: list[str] = []
        self.headings = 0
        self.title = ""
        self.lang = ""
        self.links: dict[str, str] = {}  # text → address
        self.hrefs: list[str] = []
        self.forms: list[Form] = []
        self.troubles: list[str] = []
        self._words: list[str] = []
        self._open: list[str] = []
        self._link: tuple[str, list[str]] | None = None
        self._form: Form | None = None
        self._select: str = ""
        self._textarea: str = ""
        self.feed(html)
        self.close()
        self.text = " ".join(" ".join(self._words).split())

    def form(self, action_contains: str = "") -> Form:
        """The one form whose action holds these words (without words: the page's own form)."""
        found = [form for form in self.forms if action_contains in form.action]
        if not action_contains:
            found = [form for form in found if form.action not in EVERYWHERE]
        assert len(found) == 1, f"{len(found)} forms with {action_contains!r} on {self.url}"
        return found[0]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag not in VOID:
            self._open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        self.troubles += [f"inline {name} on <{tag}>" for name in INLINE if name in given]
        self.described_by += given.get("aria-describedby", "").split()
        self.labels_for += [given["for"]] if tag == "label" and "for" in given else []
        self.headings += tag == "h1"
        self.lang = given.get("lang", "") if tag == "html" else self.lang
        is_data = given.get("type") == "application/ld+json"  # which nothing runs
        if tag in {"script", "style"} and "src" not in given and not is_data:
            self.troubles.append(f"inline <{tag}>")
        if tag == "a" and "href" in given:
            self._link = (given["href"], [])
            self.hrefs.append(given["href"])
        if tag == "img" and "alt" not in given:
            self.troubles.append("an image without alt")
        if tag == "form":
            if self._form:
                self.troubles.append("a form inside a form")
            self._form = Form(
                given.get("method", "get").lower(), given.get("action", "") or self.url
            )
            self.forms.append(self._form)
        self._note_control(tag, given, {name for name, _ in attributes})

    def _note_control(self, tag: str, given: dict[str, str], names: set[str]) -> None:
        form, name = self._form, given.get("name", "")
        if form and tag == "option" and self._select:
            form.choices.setdefault(self._select, []).append(given.get("value", ""))
            if "selected" in names or self._select not in form.fields:
                form.fields[self._select] = given.get("value", "")
        elif form and name and tag in {"input", "button"}:
            form.names.add(name)
            form.note_input(tag, name, given, names)
        elif form and name and tag in {"select", "textarea"}:
            form.names.add(name)
            self._select, self._textarea = (name, "") if tag == "select" else ("", name)
            form.fields |= {name: ""} if tag == "textarea" else {}

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "a" and self._link:
            self.links[" ".join(" ".join(self._link[1]).split())] = self._link[0]
            self._link = None
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if "title" in self._open and "svg" not in self._open:
            self.title += data
            return
        if "script" in self._open or "style" in self._open:
            return
        if self._textarea and self._form:
            self._form.fields[self._textarea] += data.removeprefix("\n")
        self._words.append(data)
        if self._link:
            self._link[1].append(data)


def session_of(account_id: int) -> dict[str, Any]:
    """What the cookie holds of somebody who has just signed in."""
    with transaction():
        account = db.session.get_one(Account, account_id)
        begin_session(account)
    return {
        "_user_id": account.get_id(),
        "_fresh": True,
        RENEWED_AT: clock.now().timestamp(),
    }


class Browser:
    """Flask's test client seen from outside: addresses and forms, never models or mocks."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def sign_in(self, account_id: int) -> "Browser":
        """Be signed in as this account (the sign-in pages themselves have tests of their own)."""
        with self.app.app_context():
            signed_in = session_of(account_id)
        with self.client.session_transaction() as session:
            session.update(signed_in)
            session.permanent = True
        return self

    def token(self) -> str:
        """What the forms of this browser carry to show that they come from a page of ours."""
        return self.visit("/booked").form("/booked").fields["csrf_token"]

    def visit(self, url: str, expect: int = 200, **options: Any) -> Page:
        """Open an address, follow redirects, and look at the page one arrives at."""
        return self._arrive(self.client.get(url, follow_redirects=True, **options), expect)

    def submit(self, page: Page, expect: int = 200, form: str = "", **answers: Any) -> Page:
        """Fill in the form the page shows (the one whose action holds `form`) and send it.

        `answers` are texts, or lists of them, by the names of fields.
        """
        chosen = page.form(form)
        unknown = answers.keys() - chosen.names
        assert not unknown, f"the form of {page.url} has no field {unknown}; it has {chosen.names}"
        for name, answer in answers.items():
            offered = chosen.choices.get(name)
            for value in [answer] if isinstance(answer, str) else answer:
                assert offered is None or value in offered, f"{name} does not offer {value!r}"
        sent: dict[str, Any] = {**chosen.fields, **answers}
        address = urljoin(page.url, chosen.action)
        if chosen.method == "get":
            return self._arrive(
                self.client.get(address, query_string=sent, follow_redirects=True), expect
            )
        return self.post(address, sent, expect, referer=page.url)

    def post(
        self, address: str, sent: dict[str, Any], expect: int = 200, *, referer: str = "/"
    ) -> Page:
        """Send these fields as they are, as a hand-made request would."""
        headers = {"Referer": urljoin("http://localhost", referer)}
        response = self.client.post(address, data=sent, headers=headers, follow_redirects=True)
        return self._arrive(response, expect)

    def _arrive(self, response: TestResponse, expect: int) -> Page:
        url = response.request.full_path.removesuffix("?")
        page = Page(response.text, url, response.status_code)
        assert response.status_code == expect, f"{url}: {response.status_code}\n{page.text[:2000]}"
        for previous in response.history:
            assert previous.status_code != 302, f"{previous.request.path}: say 303, not 302"
        if response.mimetype == "text/html":
            check(page)
        return page


def check(page: Page) -> None:
    """What is true of every page of the site."""
    where = page.url
    assert page.headings == 1, f"{where}: a page has one h1, this has {page.headings}"
    assert page.title.strip(), f"{where}: a page has a title"
    assert page.lang in {"zh-CN", "en"}, f"{where}: lang is {page.lang!r}"
    assert not _twice(page.ids), f"{where}: ids used twice: {_twice(page.ids)}"
    for target in {*page.labels_for, *page.described_by}:
        assert target in page.ids, f"{where}: nothing has the id {target!r}"
    assert not page.troubles, f"{where}: {page.troubles}"
    for form in page.forms:
        assert form.method in {"get", "post"}, f"{where}: a form with method {form.method}"
        if form.method == "post":
            needs_token = form.action not in WITHOUT_TOKEN
            assert ("csrf_token" in form.names) is needs_token, (
                f"{where}: a token for {form.action}: {needs_token}"
            )


def _twice(words: Iterable[str]) -> set[str]:
    return {word for word, times in Counter(words).items() if times > 1}
