"""Put messages in the outbox, and send those that are due."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import select, text, update
from sqlalchemy.orm import joinedload

from hub.db import db, end_reading, transaction
from hub.notices.gateway import Gateway
from hub.notices.models import DUE, Notice

LEASE = timedelta(minutes=1)  # how long one try may take before another may begin
LONGEST_ERROR = 20  # characters, as the column has it

_logger = logging.getLogger(__name__)


def tell(account_id: int, message: str, now: datetime) -> None:
    """Put a message in the outbox, in the transaction of what it tells.

    If that transaction is undone, so is the message.
    """
    db.session.add(Notice(account_id=account_id, text=message, made_at=now, due_at=now))


def send_due(gateway: Gateway, now: datetime) -> int:
    """Send every message that is due and return how many were sent.

    A message that could not be sent is due again after LEASE.
    """
    total = 0
    while (sent := send_some(gateway, now)) is not None:
        total += sent
    return total


def send_some(gateway: Gateway, now: datetime) -> int | None:
    """Send the message that fell due first; return 1, 0 if it failed, None if none is due.

    1. Claim it: move it on by LEASE and count the try, so that any number of senders share the
       outbox and a second one may try it only once this try is over.
    2. Send it: hand it to the gateway.
    3. Record that it was sent, or the name of the error.

    If the gateway raises any Exception, this message alone has failed: it is due again after LEASE
    and given up after MOST_TRIES; `hub check` then names it. If the database fails or the sender
    is ended, that is raised and the message is due again after LEASE, even if it was sent but not
    recorded. It is claimed alone, since a sender that a message ends would else use up the tries
    of others that it never sent. If sending takes longer than LEASE, pass a new `now` each time.
    """
    claimed = _claim(now)
    if claimed is None:
        return None
    notice_id, phone, message = claimed
    try:
        gateway.send(phone, message)
    except Exception as error:  # any error of a gateway concerns this one message
        failure = type(error).__name__  # its text may hold a phone or a name
    else:
        _record(notice_id, sent_at=now, last_error="")
        return 1
    _logger.warning("notice %s was not sent: %s", notice_id, failure)
    _record(notice_id, last_error=failure[:LONGEST_ERROR])
    return 0


def _claim(now: datetime) -> tuple[int, str, str] | None:
    """Claim the message that fell due first; return its number, phone and text, None if none."""
    due = select(Notice.id).where(text(DUE), Notice.due_at <= now).order_by(Notice.due_at).limit(1)
    # A look first: with nothing due, nobody waits for the write lock.
    nothing_due = db.session.scalar(due) is None
    end_reading()
    if nothing_due:
        return None
    with transaction():
        notice_id = db.session.scalar(due.with_for_update(skip_locked=True))
        if notice_id is None:  # other senders took the rest since the look
            return None
        this = Notice.id == notice_id
        claim = update(Notice).where(this).values(due_at=now + LEASE, tries=Notice.tries + 1)
        db.session.execute(claim)
        whole = select(Notice).where(this).options(joinedload(Notice.account))
        notice = db.session.scalars(whole).unique().one()
        return notice.id, notice.account.phone, notice.text


def _record(notice_id: int, **values: object) -> None:
    with transaction():
        db.session.execute(update(Notice).where(Notice.id == notice_id).values(**values))
