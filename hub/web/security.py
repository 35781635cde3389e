"""Who may enter which page, and the headers every answer carries. Closed by default."""

import enum
import hashlib
import hmac
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect

from hub import clock
from hub.actor import Actor, Channel, own_key

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
        "worker-src 'self'",
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
# A proxy may answer for us while many look at once; a browser asks, and is told what is new.
FOR_STRANGERS = "public, max-age=0, s-maxage=10, stale-while-revalidate=30"
# Who is signed in, without saying who: by it the worker of the browser (static/sw.js) notices that
# the bookings it keeps for the time without a network are somebody else's, or nobody's any more.
VISITOR = "Hub-Visitor"
NOBODY = "nobody"
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


def without_token(view: View) -> View:
    """Take a form without its token. Only for views that check themselves where it comes from."""
    csrf.exempt(view)
    return view


def same_for_strangers(view: View) -> View:
    """Mark a view that shows the same to everybody without a session: a proxy may keep it."""
    view.same_for_strangers = True  # type: ignore[attr-defined]  # read by _may_be_shared below
    return view


def acting(channel: Channel = Channel.WEB, request_key: str | None = None) -> Actor:
    """Return the visitor who is signed in as the one who acts now."""
    key = own_key(current_user.id, request_key) if request_key else None
    return Actor(current_user.id, clock.now(), channel, key)


def never_share() -> None:
    """Mark the page being made as true at this very moment only."""
    g.never_shared = True


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions in a signed cookie, which no answer carries that others may be shown too."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if "public" not in response.headers.get("Cache-Control", ""):
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    app.session_interface = Sessions()
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
    if _may_be_shared(response):
        response.headers["Cache-Control"] = FOR_STRANGERS
        # Weak, because what is packed for the way is not the same bytes.
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:20], weak=True)
        response.make_conditional(request)
    if visitor := _visitor():
        response.headers[VISITOR] = visitor
    there = {name.lower() for name, _value in response.headers}
    headers = HEADERS if not request.is_secure else HEADERS | OVER_HTTPS
    response.headers.extend((name, headers[name]) for name in headers if name.lower() not in there)
    return response


def _may_be_shared(response: Response) -> bool:
    """Whether a proxy may keep this answer.

    It is of a view that says so, for a visitor without a session, and nothing in it began one: no
    token of a form, no message.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    return (
        getattr(view, "same_for_strangers", False)
        and response.status_code == 200
        and "never_shared" not in g
        and "Cache-Control" not in response.headers
        and "Set-Cookie" not in response.headers
        and current_app.config["SESSION_COOKIE_NAME"] not in request.cookies
        and not session.modified
    )


def _visitor() -> str:
    """Return a word that is the same for one sign-in and another for the next.

    Empty if nobody has asked who the visitor is.
    """
    user = g.get("_login_user")  # where Flask-Login keeps whom it has looked up
    if user is None:
        return ""
    if not user.is_authenticated:
        return NOBODY
    key = current_app.config["SECRET_KEY"].encode()
    signed_in = f"visitor\n{session['_user_id']}".encode()
    return hmac.new(key, signed_in, hashlib.sha256).hexdigest()[:16]
