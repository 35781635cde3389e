"""Put messages in the outbox, and send those that are due."""

import logging
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import select, text, update
from sqlalchemy.orm import joinedload

from hub.db import db, end_reading, transaction
from hub.notices.gateway import Gateway
from hub.notices.models import DUE, GIVEN_UP, Notice

USEFUL_FOR = timedelta(days=1)  # unless the act knows better
# How long a try may take before the next may begin, and how long that waits: a gateway that is away
# for a night loses no message. The last counts for all later tries.
WAITS = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240)]
LONGEST_ERROR = 20  # characters, as the column has it

_logger = logging.getLogger(__name__)


def tell(account_id: int, message: str, now: datetime, until: datetime | None = None) -> None:
    """Put a message in the outbox, in the transaction of what it tells.

    If that transaction is undone, so is the message. It is not sent after `until`.
    """
    expires_at = until or now + USEFUL_FOR
    row = Notice(
        account_id=account_id, text=message, made_at=now, due_at=now, expires_at=expires_at
    )
    db.session.add(row)


def send_due(gateway: Gateway, now: datetime) -> int:
    """Send every message that is due and return how many were sent.

    A message that could not be sent is due again later: see WAITS.
    """
    total = 0
    while (sent := send_some(gateway, now)) is not None:
        total += sent
    return total


def send_again(now: datetime) -> int:
    """Make every message that was given up due once more, for a day; return how many."""
    again = {"given_up_at": None, "due_at": now, "expires_at": now + USEFUL_FOR, "tries": 0}
    with transaction():
        done = db.session.execute(update(Notice).where(text(GIVEN_UP)).values(**again))
        return int(cast(Any, done).rowcount)


def send_some(gateway: Gateway, now: datetime) -> int | None:
    """Send the message that fell due first; return 1, 0 if it failed, None if none is due.

    1. Claim it: count the try and move it on by WAITS, so that any number of senders share the
       outbox and a second one may try it only once this try is over. If it comes too late, give it
       up instead.
    2. Send it: hand it to the gateway.
    3. Record that it was sent, or the name of the error.

    If the gateway raises any Exception, this message alone has failed: it is tried again until it
    expires and is then given up; `hub check` names it. If the database fails or the sender is
    ended, that is raised and the message is due again, even if it was sent but not recorded. It is
    claimed alone, since a sender that a message ends would else move on others that it never sent.
    If sending takes long, pass a new `now` each time.
    """
    claimed = _claim(now)
    if claimed is None:
        return None
    notice_id, phone, message, is_late = claimed
    if is_late:
        return 0
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


def _claim(now: datetime) -> tuple[int, str, str, bool] | None:
    """Claim the message that fell due first: its number, phone, text and whether it comes too late.

    None if none is due.
    """
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
        whole = select(Notice).where(Notice.id == notice_id).options(joinedload(Notice.account))
        notice = db.session.scalars(whole).unique().one()
        is_late = notice.expires_at <= now
        if is_late:
            notice.given_up_at = now
        else:
            later = now + WAITS[min(notice.tries, len(WAITS) - 1)]
            notice.due_at = min(later, max(notice.expires_at, now + WAITS[0]))
            notice.tries += 1
        return notice.id, notice.account.phone, notice.text, is_late


def _record(notice_id: int, **values: object) -> None:
    with transaction():
        db.session.execute(update(Notice).where(Notice.id == notice_id).values(**values))
