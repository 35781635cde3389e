"""How this browser wants its pages: each choice in a cookie of its own, without a session.

A page for strangers then depends on nobody: it holds no token of a session, and a proxy may keep
it for all who chose the same.
"""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import abort, current_app, redirect, request
from flask.typing import ResponseReturnValue

from hub.web.addresses import safe_path

KEPT_FOR = timedelta(days=400)  # no browser keeps a cookie longer


def preference(name: str) -> str:
    """Return what this browser chose before, or nothing."""
    return request.cookies.get(name, "")


def set_preference(name: str, value: str) -> ResponseReturnValue:
    """Store the choice (an empty one is removed) and lead back to where it was made."""
    _refuse_other_sites()
    answer = redirect(safe_path(request.form.get("back")), 303)
    settings = current_app.config
    answer.set_cookie(
        name,
        value,
        max_age=KEPT_FOR if value else 0,
        secure=settings["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return answer


def _refuse_other_sites() -> None:
    """Refuse forms of other sites, in place of a token: there is nothing here to guard.

    The worst that another site could do is to show this browser larger letters, or English. It
    cannot do even that: every browser says where a form comes from, by Sec-Fetch-Site over https
    and by Origin (the oldest by Referer) anyhow, and no page can write these headers itself.
    """
    fetched = request.headers.get("Sec-Fetch-Site")
    try:
        source = urlsplit(request.headers.get("Origin") or request.referrer or "").netloc
    except ValueError:  # an address that is none
        source = ""
    if fetched != "same-origin" if fetched else source != request.host:
        abort(400)
