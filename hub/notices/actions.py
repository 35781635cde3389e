"""Putting messages in the outbox, and sending those that are due."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from hub.db import db, transaction
from hub.notices.gateway import Gateway
from hub.notices.models import Notice

LEASE = timedelta(minutes=1)  # how long one try may take before another may begin
MOST_TRIES = 5
BATCH = 20


def tell(account_id: int, text: str, now: datetime) -> None:
    """Put a message in the outbox, in the transaction of what it tells."""
    db.session.add(Notice(account_id=account_id, text=text, made_at=now, due_at=now))


def send_due(gateway: Gateway, now: datetime) -> int:
    """Send what is due and say how many went out; a message that fails is tried again later."""
    total = 0
    while (sent := send_some(gateway, now)) is not None:
        total += sent
    return total


def send_some(gateway: Gateway, now: datetime) -> int | None:
    """Send the next few that are due and say how many went out; None where nothing is due.

    A try is claimed by one UPDATE, so any number of senders share the outbox. Whoever sends for
    long asks with a new `now` each time: a claim is good for a short while after it.
    """
    claimed = _claim(now)
    sent = 0
    for notice_id, phone, text in claimed:
        try:
            gateway.send(phone, text)
        except OSError as error:
            _mark(notice_id, last_error=type(error).__name__[:20])
        else:
            _mark(notice_id, sent_at=now, last_error="")
            sent += 1
    return sent if claimed else None


def _claim(now: datetime) -> list[tuple[int, str, str]]:
    due = (
        select(Notice.id)
        .where(Notice.sent_at.is_(None), Notice.due_at <= now, Notice.tries < MOST_TRIES)
        .order_by(Notice.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    with transaction():
        ids = db.session.scalars(due).all()
        claim = (
            update(Notice)
            .where(Notice.id.in_(ids))
            .values(due_at=now + LEASE, tries=Notice.tries + 1)
        )
        db.session.execute(claim)
        notices = db.session.scalars(
            select(Notice)
            .where(Notice.id.in_(ids))
            .options(joinedload(Notice.account))
            .order_by(Notice.id)
        ).unique()
        return [(notice.id, notice.account.phone, notice.text) for notice in notices]


def _mark(notice_id: int, **values: object) -> None:
    with transaction():
        db.session.execute(update(Notice).where(Notice.id == notice_id).values(**values))
