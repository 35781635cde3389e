"""Put messages in the outbox, and send those that are due."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import select, text, update
from sqlalchemy.orm import joinedload

from hub.db import db, end_reading, transaction
from hub.notices.gateway import Gateway
from hub.notices.models import DUE, Notice

LEASE = timedelta(minutes=1)  # how long one try may take before another may begin
BATCH = 20
LONGEST_ERROR = 20  # characters, as the column has it

_logger = logging.getLogger(__name__)


def tell(account_id: int, message: str, now: datetime) -> None:
    """Put a message in the outbox, in the transaction of what it tells."""
    db.session.add(Notice(account_id=account_id, text=message, made_at=now, due_at=now))


def send_due(gateway: Gateway, now: datetime) -> int:
    """Send what is due and return how many went out; what fails is tried again later."""
    total = 0
    while (sent := send_some(gateway, now)) is not None:
        total += sent
    return total


def send_some(gateway: Gateway, now: datetime) -> int | None:
    """Send the next few messages that are due; return how many went out, None if none is due.

    1. Claim them by one UPDATE that moves them on and counts the try, so that any number of
    senders share the outbox. 2. Give each to the gateway. 3. Mark it sent, or why it failed.

    A message that fails in whatever way fails alone: it is due again after LEASE and given up after
    MOST_TRIES, and `hub check` then names it. A sender that dies leaves its claim to run out.
    Somebody who sends for long passes a new `now` each time.
    """
    claimed = _claim(now)
    sent = 0
    for notice_id, phone, message in claimed:
        try:
            gateway.send(phone, message)
        except Exception as error:  # whatever a gateway raises concerns this one message
            # Its name alone: what the error says may hold a phone or a name.
            _logger.warning("notice %s was not sent: %s", notice_id, type(error).__name__)
            _mark(notice_id, last_error=type(error).__name__[:LONGEST_ERROR])
        else:
            _mark(notice_id, sent_at=now, last_error="")
            sent += 1
    return sent if claimed else None


def _claim(now: datetime) -> list[tuple[int, str, str]]:
    due = (
        select(Notice.id)
        .where(text(DUE), Notice.due_at <= now)
        .order_by(Notice.due_at)
        .limit(BATCH)
    )
    # A look first: with nothing due, nobody waits for the write lock.
    nothing_due = db.session.scalar(due.limit(1)) is None
    end_reading()
    if nothing_due:
        return []
    with transaction():
        ids = db.session.scalars(due.with_for_update(skip_locked=True)).all()
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
