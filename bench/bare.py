"""The least that a program of this stack does for the same three requests: Flask, Jinja, raw SQL.

A slot's page of 10 KB with a form, a booking in one transaction, the page that proves it: no forms
library, no ORM, no sessions, no rules. The site is measured as a share of it.
"""

import hmac
import os
import secrets
import sqlite3
import threading
from typing import Any

import psycopg
from flask import Flask, Response, abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from hub.config import load_settings

PAGE = """<!doctype html><html lang="zh-CN"><title>{{ title }}</title><h1>{{ title }}</h1>
<p>余 {{ left }} 个</p>
{% if left or waiting %}<form method="post" data-hx-target="#places">
<input type="hidden" name="csrf_token" value="{{ token }}">
<input type="hidden" name="request_key" value="{{ key }}"></form>{% endif %}
{% for row in range(rows) %}<p class="row">{{ row }} · {{ title }}</p>{% endfor %}</html>"""
ROWS = 275  # of the page, which is then as long as a slot's page of the site
SLOT = 1
URL = os.environ.get("HUB_DATABASE_URL", "")
IS_SQLITE = URL.startswith("sqlite")

app = Flask(__name__)
app.config["HUB"] = load_settings()  # the server's own settings look at it
template = app.jinja_env.from_string(PAGE)
_of_thread = threading.local()


def prepare(url: str, places: int, waiting: int) -> None:
    """Make the two tables in a new database, with one slot of so many places and turns."""
    line, key = connect(url), "INTEGER" if url.startswith("sqlite") else "serial"
    line.execute("CREATE TABLE slot (id INTEGER PRIMARY KEY, places INTEGER, waiting INTEGER)")
    line.execute(
        f"CREATE TABLE booking (id {key} PRIMARY KEY, number TEXT UNIQUE, person TEXT, state TEXT)"
    )
    line.execute(f"INSERT INTO slot VALUES ({SLOT}, {places}, {waiting})")
    line.close()


def connect(url: str) -> Any:
    """Open a connection that commits by itself, except between BEGIN and COMMIT."""
    if not url.startswith("sqlite"):
        return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    line = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000"):
        line.execute(f"PRAGMA {pragma}")
    return line


@app.get("/slots/<int:slot_id>")
def show_slot(slot_id: int) -> str:
    found = _ask("SELECT places, waiting FROM slot WHERE id = ?", slot_id).fetchone()
    left, waiting = found or abort(404)
    key = secrets.token_urlsafe(16)
    return template.render(
        title="寒假托管", left=left, waiting=waiting, token=_token(), key=key, rows=ROWS
    )


@app.post("/slots/<int:slot_id>/bookings")
def book(slot_id: int) -> BaseResponse:
    if not hmac.compare_digest(request.form.get("csrf_token", ""), _token()):
        abort(400)
    number, person = str(secrets.randbelow(10**10)), request.form["person"]
    _ask("BEGIN IMMEDIATE" if IS_SQLITE else "BEGIN")
    for counter, state in (("places", "confirmed"), ("waiting", "waiting")):
        take = f"UPDATE slot SET {counter} = {counter} - 1 WHERE id = ? AND {counter} > 0"
        if _ask(take, slot_id).rowcount:
            row = number, person, state
            _ask("INSERT INTO booking (number, person, state) VALUES (?, ?, ?)", *row)
            _ask("COMMIT")
            return redirect(f"/bookings/{number}", 303)
    _ask("ROLLBACK")
    return Response(show_slot(slot_id), 422)


@app.get("/bookings/<number>")
def show_booking(number: str) -> str:
    found = _ask("SELECT state FROM booking WHERE number = ?", number).fetchone()
    state = (found or abort(404))[0]
    said = "候补第 1 位" if state == "waiting" else "约好了"
    return template.render(title=said, left=0, waiting=0, rows=ROWS)


def _ask(sql: str, *values: object) -> Any:
    """Run one statement on the connection of this thread."""
    if not hasattr(_of_thread, "line"):
        _of_thread.line = connect(URL)
    return _of_thread.line.execute(sql if IS_SQLITE else sql.replace("?", "%s"), values)


def _token() -> str:
    """The token of a form: a hash of the visitor's cookie, as the site's is of the session."""
    key = app.config["HUB"].secret_key.encode()
    return hmac.new(key, request.headers.get("Cookie", "").encode(), "sha256").hexdigest()
