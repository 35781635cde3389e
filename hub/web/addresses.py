"""Addresses of this site: as they arrive from outside, and as they are given to people."""

import re
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, request, url_for
from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError

YEARS = range(2000, 2200)  # beyond them no centre has a day, and clocks run out of range


class IdConverter(IntegerConverter):
    """`<int:…>` in an address: as many digits as an id in both databases can have, no more."""

    regex = r"\d{1,18}"


class DayConverter(BaseConverter):
    """`2026-11-23` and nothing else; an address with a day that does not exist is not found."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        try:
            day = date.fromisoformat(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        if day.year not in YEARS:
            raise ValidationError(f"{value} is out of range")
        return day

    def to_url(self, value: date) -> str:
        return value.isoformat()


def init_app(app: Flask) -> None:
    app.url_map.converters.update(int=IdConverter, day=DayConverter)


def public_url(endpoint: str, **values: Any) -> str:
    """Return the whole address of a page, for messages, previews and posters."""
    return f"{public_address()}{url_for(endpoint, **values)}"


def public_address() -> str:
    """Return how people reach the site: HUB_ADDRESS, not the host that a request claims.

    Only a demo without an address takes the request's: its links work on a phone beside it.
    """
    settings = current_app.config["HUB"]
    told = settings.is_production or settings.address != f"http://{settings.bind}"
    return str(settings.address) if told else request.host_url.rstrip("/")


def around_link(words: str) -> tuple[str, str, str]:
    """Return what a message says before an address of this site, its path, and what comes after.

    Without such an address all of it comes before.
    """
    ours = {str(current_app.config["HUB"].address), public_address()}
    address = "|".join(re.escape(one) for one in sorted(ours, key=len, reverse=True))
    before, *linked = re.split(rf"(?:{address})(/[\w/-]*)", words, maxsplit=1, flags=re.ASCII)
    path, after = linked or ("", "")
    return before, path, after


def safe_path(path: str | None, default: str = "/") -> str:
    """Return the path if it stays on this site, else the default: links never lead to strangers."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")):
        return default
    if any(ord(character) < 32 for character in path):
        return default
    parts = urlsplit(path)
    return default if parts.scheme or parts.netloc else path
