"""Reads over the outbox."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from hub.db import db
from hub.notices.models import Notice

SHOWN_FOR = timedelta(days=14)


def latest_notices(account_id: int, now: datetime) -> Sequence[Notice]:
    """The last few messages to an account, newest first: read here even if no SMS arrived."""
    recent = Notice.account_id == account_id, Notice.made_at > now - SHOWN_FOR
    newest = select(Notice).where(*recent).order_by(Notice.made_at.desc(), Notice.id.desc())
    return db.session.scalars(newest.limit(3)).all()
