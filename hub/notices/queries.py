"""Reads over the outbox."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, text

from hub.db import db
from hub.notices.models import GIVEN_UP, Notice

SHOWN_FOR = timedelta(days=14)


def latest_notices(account_id: int, now: datetime) -> Sequence[Notice]:
    """Return the last few messages to an account, newest first: read here if no SMS arrived."""
    recent = Notice.account_id == account_id, Notice.made_at > now - SHOWN_FOR
    newest = select(Notice).where(*recent).order_by(Notice.made_at.desc(), Notice.id.desc())
    return db.session.scalars(newest.limit(3)).all()


def given_up(most: int) -> Sequence[Notice]:
    """Return the oldest messages that were not sent and are tried no more, so many at most."""
    unsent = select(Notice).where(text(GIVEN_UP)).order_by(Notice.id).limit(most)
    return db.session.scalars(unsent).all()


def count_given_up() -> int:
    """Count the messages that were not sent and are tried no more; their own index holds them."""
    return db.session.scalars(select(func.count(Notice.id)).where(text(GIVEN_UP))).one()
