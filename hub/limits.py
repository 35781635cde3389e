"""Rate limits, counted in the database, so that every process agrees."""

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from hub import clock
from hub.db import Model, db, inserting, pk, text20, text60

SWEPT = 20  # old counts that one act deletes: more than it adds


class RateCount(Model):
    """How often one key was used in one window of time; the key is a hash, not a phone number."""

    __tablename__ = "rate_count"

    id: Mapped[pk]
    key: Mapped[text60] = mapped_column(unique=True)
    purpose: Mapped[text20]
    hits: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)


def count_use(purpose: str, who: str, *, most: int, window: timedelta, times: int = 1) -> bool:
    """Count a use by `who` in the caller's transaction; False if there were too many.

    Windows are fixed spans of the clock: at most `most` uses in each.
    """
    return _count(purpose, [who], window, times)[0] <= most


def count_first_uses(purpose: str, keys: Collection[str], *, window: timedelta) -> int:
    """Return how many of these are used for the first time in this window; one statement."""
    return sum(hits == 1 for hits in _count(purpose, keys, window, 1)) if keys else 0


def _count(purpose: str, keys: Collection[str], window: timedelta, times: int) -> list[int]:
    now = clock.now()
    number = int(now.timestamp()) // int(window.total_seconds())
    usual = {"purpose": purpose, "hits": times, "expires_at": now + window}
    # In one order: two counts of the same at once wait for each other, never in a circle.
    hashes = sorted(_key(purpose, key, number) for key in set(keys))
    statement = (
        inserting(RateCount)
        .values([{"key": key, **usual} for key in hashes])
        .on_conflict_do_update(index_elements=["key"], set_={"hits": RateCount.hits + times})
        .returning(RateCount.hits)
    )
    return list(db.session.scalars(statement))


def delete_old_counts(most: int = SWEPT) -> None:
    """Delete some counts whose window has passed; all that count call it, so that none pile up."""
    # Skipping locked rows: two counts at once must not wait for each other in a circle.
    old = select(RateCount.id).where(RateCount.expires_at < clock.now()).limit(most)
    db.session.execute(
        delete(RateCount).where(RateCount.id.in_(old.with_for_update(skip_locked=True)))
    )


def _key(purpose: str, who: str, number: int) -> str:
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, f"{purpose}\n{who}\n{number}".encode(), hashlib.sha256).hexdigest()[:48]
