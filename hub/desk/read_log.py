"""Reads of personal data, recorded once the page is ready."""

from flask import Response
from flask_login import current_user

from hub.audit import record_read
from hub.db import transaction


def with_read_recorded(shown: Response, subject: str, subject_id: int, persons: int) -> Response:
    """The page, once it is written down who saw so many persons; nothing where it shows nobody.

    It is ready by then: reading and rendering a long sheet must not hold the one write lock.
    """
    account_id = current_user.id
    if persons:
        with transaction():
            record_read(subject, subject_id, account_id=account_id, persons=persons)
    return shown
