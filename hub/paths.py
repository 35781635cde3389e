"""Addresses of this site that arrive from outside."""

from urllib.parse import urlsplit

from flask import Flask
from werkzeug.routing import IntegerConverter

LARGEST_ID = 2**63 - 1  # what both databases can keep; a larger one names nothing


class IdConverter(IntegerConverter):
    """`<int:…>` in an address: an id that a row could have; any other address is not found."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options | {"max": LARGEST_ID})  # type: ignore[arg-type]


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = IdConverter


def safe_path(path: str | None, default: str = "/") -> str:
    """The path if it stays on this site, else the default: a link never leads to a stranger."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")):
        return default
    if any(ord(character) < 32 for character in path):
        return default
    parts = urlsplit(path)
    return default if parts.scheme or parts.netloc else path
