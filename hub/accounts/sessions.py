"""Sessions: one row for each browser that is signed in. Signing out deletes it, for good.

The cookie holds a random key and the row its hash: a copied cookie is worth nothing once its owner
has signed out, a late answer brings nothing back, and no cookie of another installation, or of a
database before it was restored, opens an account here.
"""

import hashlib
import secrets
from datetime import timedelta
from functools import cache
from typing import Any

from flask import Response, current_app, g, request, session
from sqlalchemy import Select, bindparam, delete, update
from sqlalchemy.exc import DBAPIError

from hub import clock
from hub.accounts.models import Account, AccountSession, Role
from hub.column_rows import Reading
from hub.config import SESSION_LIFE
from hub.db import db, transaction
from hub.web.htmx import is_opened

# Without use. Staff share the PC of a desk, and a page left open shows children's names.
STAFF_SESSION_LIFE = timedelta(hours=4)
RENEWED_EVERY = timedelta(days=1)
STAFF_SESSION_RENEWED_EVERY = timedelta(minutes=10)
RENEWED_AT = "renewed_at"  # in the cookie: seconds since 1970

VISITOR = Reading(Account, roles=Reading(Role))


def begin_session(account: Account) -> None:
    """Add a session of this account; its key goes into the cookie of whom login_user signs in."""
    account.session_key = secrets.token_urlsafe(32)
    db.session.add(
        AccountSession(
            account_id=account.id,
            key_hash=_hash(account.session_key),
            began_at=clock.now(),
            expires_at=clock.now() + _life(account),
        )
    )


def load_account(key: str) -> Account | None:
    """Return the account whose session has this key, or None if it ended; one query."""
    found = VISITOR.rows(_of_a_session(), key_hash=_hash(key), now=clock.now())
    return found[0] if found else None


def end_session(key: str) -> None:
    """Delete the session of one cookie."""
    db.session.execute(delete(AccountSession).where(AccountSession.key_hash == _hash(key)))


def end_sessions(account: Account) -> None:
    """Delete all sessions of this account, on all phones and computers."""
    db.session.execute(delete(AccountSession).where(AccountSession.account_id == account.id))


def renew_session(response: Response) -> Response:
    """Put off the end of the visitor's session: after use, once in a while.

    What a page or the browser's worker fetches by itself is no use. A session that was ended
    meanwhile stays ended. If the database is held, the page goes out and renewal waits its turn.
    """
    user = g.get("_login_user")  # where Flask-Login keeps whom it has looked up
    if user is None or not user.is_authenticated or not _is_used():
        return response
    now = clock.now()
    every = STAFF_SESSION_RENEWED_EVERY if user.is_staff else RENEWED_EVERY
    if now.timestamp() - session.get(RENEWED_AT, 0) < every.total_seconds():
        return response
    session[RENEWED_AT] = now.timestamp()
    mine = AccountSession.key_hash == _hash(session["_user_id"])
    try:
        with transaction():
            db.session.execute(
                update(AccountSession)
                .where(mine, AccountSession.expires_at > now)
                .values(expires_at=now + _life(user))
            )
    except DBAPIError as error:
        current_app.logger.warning("session not renewed: %s", type(error.orig).__name__)
    return response


@cache
def _of_a_session() -> Select[*tuple[Any, ...]]:
    """Build the query once: it is asked with every request."""
    wanted = (
        AccountSession.key_hash == bindparam("key_hash"),
        AccountSession.expires_at > bindparam("now"),
    )
    joined = VISITOR.select().join(AccountSession, AccountSession.account_id == Account.id)
    return joined.where(*wanted)


def _hash(key: str) -> str:
    """Hash what the cookie holds. It is random, so that no salt is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


def _life(account: Account) -> timedelta:
    return STAFF_SESSION_LIFE if account.is_staff else SESSION_LIFE


def _is_used() -> bool:
    """Whether somebody pressed or opened something."""
    return request.method not in {"GET", "HEAD"} or is_opened()
