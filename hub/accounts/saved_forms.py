"""Save what was typed when a session had expired, for half an hour, and give it back once.

Beside views and commands this alone opens transactions: the pages of every feature call it when
they are shown, and only the browser that sent the form may have it back.
"""

import hashlib
import json
import secrets
from datetime import timedelta

from flask import flash, request, session
from flask_babel import gettext as _
from sqlalchemy import delete, select
from werkzeug.datastructures import MultiDict

from hub import clock
from hub.accounts.models import SavedForm
from hub.db import db, transaction
from hub.limits import count_use, delete_old_counts

KEPT_FOR = timedelta(minutes=30)  # time for the code to arrive, and for a child in between
MOST_BYTES = 8 * 1024  # every form of a family is smaller; strangers must not fill the disk
LONGEST_PATH = 200
# What many families wrote in one list (`group-…`) is saved nowhere, not for a minute.
NEVER_KEPT = ("csrf_token", "group-")
# Anybody may send a form without being signed in; a centre's families share one address.
FORMS_PER_ADDRESS_AND_HOUR = 60
SWEPT = 50  # old forms that saving one deletes


def save_form(path: str, fields: MultiDict[str, str]) -> bool:
    """Save what was typed for the page at `path`; False if there is nothing, or too much."""
    typed = [pair for pair in fields.items(multi=True) if not pair[0].startswith(NEVER_KEPT)]
    written = json.dumps(typed, ensure_ascii=False)
    if not typed or len(written.encode()) > MOST_BYTES or len(path) > LONGEST_PATH:
        return False
    token = secrets.token_urlsafe(24)
    most, window = FORMS_PER_ADDRESS_AND_HOUR, timedelta(hours=1)
    with transaction():
        if not count_use("saved_form", request.remote_addr or "", most=most, window=window):
            return False
        _delete_expired()
        delete_old_counts()
        until = clock.now() + KEPT_FOR
        db.session.add(
            SavedForm(token_hash=_hash(token), path=path, fields=written, expires_at=until)
        )
    session["kept"] = {"token": token, "path": path}
    return True


def is_saved() -> bool:
    """Whether a saved form waits for this browser to sign in."""
    return "kept" in session


def saved_form(path: str) -> MultiDict[str, str] | None:
    """Return what was typed on the page at `path`, once; None, without a query, if nothing waits.

    Call it before anything is loaded: it is a transaction of its own.
    """
    waiting = session.get("kept")
    if not waiting or waiting["path"] != path:
        return None
    del session["kept"]
    wanted = (
        SavedForm.token_hash == _hash(waiting["token"]),
        SavedForm.path == path,
        SavedForm.expires_at > clock.now(),
    )
    with transaction():
        written = db.session.scalar(delete(SavedForm).where(*wanted).returning(SavedForm.fields))
    if written is None:
        return None
    flash(_("已为您保留刚才填的内容，请再按一次提交。"))
    return MultiDict((name, value) for name, value in json.loads(written))


def _delete_expired() -> None:
    # Skipping locked rows: two forms saved at once must not wait for each other in a circle.
    old = select(SavedForm.id).where(SavedForm.expires_at < clock.now()).limit(SWEPT)
    db.session.execute(
        delete(SavedForm).where(SavedForm.id.in_(old.with_for_update(skip_locked=True)))
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
