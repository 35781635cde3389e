"""Known browsers: those in which an account has signed in before, told by a signed cookie.

The cookie opens nothing. It outlives signing out, since the PC of a desk must stay known for all
who work there. Rows say for which accounts; signing out everywhere deletes an account's rows.
"""

import hashlib
import secrets
from datetime import timedelta

from flask import current_app, request
from itsdangerous import BadSignature, Signer
from sqlalchemy import delete, select
from werkzeug.wrappers import Response

from hub import clock
from hub.accounts.models import Account, KnownBrowser
from hub.db import db, inserting

COOKIE = "hub-browser"
KNOWN_FOR = timedelta(days=400)  # after the last sign-in; no browser keeps a cookie longer


def browser_key() -> str:
    """Return the key in this browser's cookie; empty if it has none, or one that is not ours."""
    try:
        return _signer().unsign(request.cookies.get(COOKIE, "")).decode()
    except BadSignature:
        return ""


def key_known_for(phone: str) -> str:
    """Return the key of this browser if the account of the phone has signed in in it, else ""."""
    key = browser_key()
    if not key:
        return ""
    known = (
        select(KnownBrowser.id)
        .join(Account, Account.id == KnownBrowser.account_id)
        .where(
            Account.phone == phone,
            KnownBrowser.key_hash == _hash(key),
            KnownBrowser.expires_at > clock.now(),
        )
    )
    return key if db.session.scalar(known) is not None else ""


def know_browser(account: Account) -> str:
    """Make this browser known for the account; return the key, which goes into the cookie."""
    key, until = browser_key() or secrets.token_urlsafe(32), clock.now() + KNOWN_FOR
    known = inserting(KnownBrowser).values(
        account_id=account.id, key_hash=_hash(key), expires_at=until
    )
    db.session.execute(
        known.on_conflict_do_update(
            index_elements=["account_id", "key_hash"], set_={"expires_at": until}
        )
    )
    return key


def keep_key(response: Response, key: str) -> None:
    """Set the cookie by which this browser is told from others."""
    response.set_cookie(
        COOKIE,
        _signer().sign(key).decode(),
        max_age=KNOWN_FOR,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def forget_browsers(account: Account) -> None:
    """Let no browser be known for this account any more; for other accounts they stay known."""
    db.session.execute(delete(KnownBrowser).where(KnownBrowser.account_id == account.id))


def _signer() -> Signer:
    key = current_app.config["SECRET_KEY"]
    return Signer(key, salt="known browser", digest_method=hashlib.sha256)


def _hash(key: str) -> str:
    """Hash what the cookie holds. It is random, so that no salt is needed."""
    return hashlib.sha256(key.encode()).hexdigest()
