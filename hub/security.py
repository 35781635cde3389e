"""Who may enter which page, and the headers every answer carries. Closed by default."""

import enum
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, request
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect

View = TypeVar("View", bound=Callable[..., Any])

csrf = CSRFProtect()
login_manager = LoginManager()

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: over https Flask-WTF's CSRF check needs to see where a form came from.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    # Pages carry a CSRF token and speak to one person; nothing of them belongs in a shared cache.
    "Cache-Control": "no-store",
}
OVER_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}


class Admits(enum.IntEnum):
    """Who may open a page; from DESK on, each admits those after it too."""

    EVERYONE = 0
    SIGNED_IN = 1
    DESK = 2
    MANAGER = 3
    ADMINISTRATOR = 4


def open_to(admits: Admits) -> Callable[[View], View]:
    """Name who may enter a view. A view without this is closed to everybody."""

    def mark(view: View) -> View:
        view.admits = admits  # type: ignore[attr-defined]  # read by _admit below
        return view

    return mark


def init_app(app: Flask) -> None:
    csrf.init_app(app)
    login_manager.init_app(app)
    app.before_request(_admit)
    app.after_request(_add_headers)


def _admit() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no such page: Flask answers 404 by itself
    admits = getattr(current_app.view_functions[request.endpoint], "admits", None)
    if admits is None:
        abort(403)
    if admits is Admits.EVERYONE:
        return None
    if not current_user.is_authenticated:
        return login_manager.unauthorized()
    if current_user.clearance < admits:
        abort(403)
    return None


def _add_headers(response: Response) -> Response:
    there = {name.lower() for name, _value in response.headers}
    headers = HEADERS if not request.is_secure else HEADERS | OVER_HTTPS
    response.headers.extend((name, headers[name]) for name in headers if name.lower() not in there)
    return response
