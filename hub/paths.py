"""Paths of this site that arrive from outside."""

from urllib.parse import urlsplit


def safe_path(path: str | None, default: str = "/") -> str:
    """The path if it stays on this site, else the default: a link never leads to a stranger."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")):
        return default
    if any(ord(character) < 32 for character in path):
        return default
    parts = urlsplit(path)
    return default if parts.scheme or parts.netloc else path
