"""Addresses of this site that arrive from outside."""

from urllib.parse import urlsplit

from flask import Flask
from werkzeug.routing import IntegerConverter


class IdConverter(IntegerConverter):
    """`<int:…>` in an address: as many digits as an id in both databases can have, no more."""

    regex = r"\d{1,18}"


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
