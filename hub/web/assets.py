"""Files of static/, under names that change with their content, so that browsers keep them."""

import hashlib
import os
from functools import cache
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise

from hub.config import ROOT

STATIC = ROOT / "static"
PACKED = {".br", ".gz"}  # made beside a file when the site starts; WhiteNoise finds them itself


def asset(name: str) -> str:
    """Return the address of a file of static/: `site.css` is /static/site.3f2a9c0d1e5b.css."""
    return _addresses()[name]


def init_app(app: Flask) -> None:
    served = WhiteNoise(
        app.wsgi_app,
        allow_all_origins=False,
        immutable_file_test=r"^/static/.+\.[0-9a-f]{12}\.\w+$",
    )
    for name, address in _addresses().items():
        served.add_file_to_dictionary(address, str(STATIC / name), _as_it_is_now(STATIC / name))
    app.wsgi_app = served  # type: ignore[method-assign]  # as Flask tells


def _as_it_is_now(path: Path) -> dict[str, os.stat_result]:
    """Return what WhiteNoise may serve for a file: itself, and what was packed from it."""
    packed = [path.with_name(path.name + suffix) for suffix in sorted(PACKED)]
    made_at = path.stat().st_mtime
    fresh = [one for one in packed if one.exists() and abs(one.stat().st_mtime - made_at) < 0.001]
    return {str(one): one.stat() for one in [path, *fresh]}


@cache
def _addresses() -> dict[str, str]:
    files = [path for path in STATIC.rglob("*") if path.is_file() and path.suffix not in PACKED]
    return {path.relative_to(STATIC).as_posix(): _address(path) for path in files}


def _address(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    folder = path.parent.relative_to(STATIC).as_posix()
    prefix = "/static/" if folder == "." else f"/static/{folder}/"
    return f"{prefix}{path.stem}.{digest}{path.suffix}"
