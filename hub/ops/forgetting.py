"""What was kept for a while only: codes, forms typed before a sign-in, counts of how often."""

from collections.abc import Iterator

from sqlalchemy import delete, select

from hub import clock
from hub.accounts.models import KeptForm, SignInCode
from hub.db import db, transaction
from hub.limits import RateCount

BATCH = 500


def forget_expired() -> Iterator[int]:
    """Delete what has expired, some rows at a time; yields how many went.

    Whoever adds a row clears some old ones away, so this is for the last ones: what a family had
    typed must not stay because nobody came after her.
    """
    for table in (KeptForm, SignInCode, RateCount):
        old = select(table.id).where(table.expires_at < clock.now()).limit(BATCH)
        while db.session.scalar(old) is not None:
            with transaction():
                # Those whom somebody else has in hand are hers to delete.
                ids = db.session.scalars(old.with_for_update(skip_locked=True)).all()
                db.session.execute(delete(table).where(table.id.in_(ids)))
            yield len(ids)
            if len(ids) < BATCH:
                break
