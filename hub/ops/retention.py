"""Delete what is kept only for a while: sessions and browsers, codes, forms, counts, feedback."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute

from hub import clock
from hub.accounts.models import AccountSession, KnownBrowser, SavedForm, SignInCode
from hub.bookings.feedback.actions import KEPT_FOR
from hub.bookings.feedback.models import Feedback
from hub.db import db, transaction
from hub.limits import RateCount

BATCH = 500
AT_ONCE = timedelta(0)

# The key of a table, the instant from which its rows age, and how long they are kept.
EXPIRING: tuple[
    tuple[InstrumentedAttribute[int], InstrumentedAttribute[datetime], timedelta], ...
] = (
    (AccountSession.id, AccountSession.expires_at, AT_ONCE),
    (KnownBrowser.id, KnownBrowser.expires_at, AT_ONCE),
    (SavedForm.id, SavedForm.expires_at, AT_ONCE),
    (SignInCode.id, SignInCode.expires_at, AT_ONCE),
    (RateCount.id, RateCount.expires_at, AT_ONCE),
    (Feedback.booking_id, Feedback.at, KEPT_FOR),
)


def delete_expired() -> Iterator[int]:
    """Delete what has expired, some rows at a time; yield how many were deleted.

    Those who add a row may delete some old ones, so this is for the last ones: what a family had
    typed must not stay because nobody came after them.
    """
    for key, at, kept_for in EXPIRING:
        old = select(key).where(at < clock.now() - kept_for).limit(BATCH)
        while db.session.scalar(old) is not None:
            with transaction():
                # Rows that another worker has locked are left to it.
                ids = db.session.scalars(old.with_for_update(skip_locked=True)).all()
                db.session.execute(delete(key.class_).where(key.in_(ids)))
            yield len(ids)
            if len(ids) < BATCH:
                break
