"""Acts at the same moment, in threads."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy.exc import IntegrityError

from hub.db import db
from hub.refusals import Refused

PATIENCE = 120  # seconds, on a machine that does much else


def at_once(app: Flask, acts: list[Callable[[], Any]]) -> Counter[str]:
    """Run every act in a thread of its own, all from the same moment; count how they ended.

    An act ends with what it returned, as text, or with a refusal. Raises ExceptionGroup, with
    every traceback, if an act ended in another way.
    """
    start = threading.Barrier(len(acts))
    ends: list[str] = []
    errors: list[Exception] = []

    def run(act: Callable[[], Any]) -> None:
        with app.test_request_context():
            start.wait(timeout=PATIENCE)
            try:
                ends.append(str(act()))
            except Refused:
                ends.append("refused")
            except IntegrityError:
                ends.append("refused by the database")
            except Exception as error:
                errors.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE)
    if errors:
        raise ExceptionGroup("acts ended with an error", errors)
    assert len(ends) == len(acts), "a thread did not end"
    return Counter(ends)
