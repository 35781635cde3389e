"""What was kept for a while only: codes, typed forms, counts, how families say it was."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute

from hub import clock
from hub.accounts.models import SavedForm, SignInCode
from hub.bookings.feedback.actions import KEPT_FOR
from hub.bookings.feedback.models import Feedback
from hub.db import db, transaction
from hub.limits import RateCount

BATCH = 500
AT_ONCE = timedelta(0)

# The key of a table, the instant by which its rows are old, and how long they are kept from then.
OLD: tuple[tuple[InstrumentedAttribute[int], InstrumentedAttribute[datetime], timedelta], ...] = (
    (SavedForm.id, SavedForm.expires_at, AT_ONCE),
    (SignInCode.id, SignInCode.expires_at, AT_ONCE),
    (RateCount.id, RateCount.expires_at, AT_ONCE),
    (Feedback.booking_id, Feedback.at, KEPT_FOR),
)


def delete_expired() -> Iterator[int]:
    """Delete what has expired, some rows at a time; yields how many went.

    Whoever adds a row may clear some old ones away, so this is for the last ones: what a family
    had typed must not stay because nobody came after her.
    """
    for key, at, kept_for in OLD:
        old = select(key).where(at < clock.now() - kept_for).limit(BATCH)
        while db.session.scalar(old) is not None:
            with transaction():
                # Those whom somebody else has in hand are hers to delete.
                ids = db.session.scalars(old.with_for_update(skip_locked=True)).all()
                db.session.execute(delete(key.class_).where(key.in_(ids)))
            yield len(ids)
            if len(ids) < BATCH:
                break
