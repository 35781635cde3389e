"""Record reads of personal data, once the page is ready."""

from flask import Response
from flask_login import current_user

from hub.audit import record_read
from hub.db import transaction


def with_read_recorded(shown: Response, subject: str, subject_id: int, persons: int) -> Response:
    """Record that the visitor saw so many persons, and return the page; nothing for none.

    The page is ready by then: reading and rendering a long sheet must not hold the write lock.
    """
    account_id = current_user.id
    if persons:
        with transaction():
            record_read(subject, subject_id, account_id=account_id, persons=persons)
    return shown
