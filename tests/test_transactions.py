"""How a read and a write end: nothing is kept by accident, and PostgreSQL keeps its plans."""

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from hub.catalogue.models import District
from hub.db import db, end_reading, transaction
from tests.browser import Browser
from tests.cast import Cast


def districts() -> list[tuple[str, int]]:
    rows = db.session.execute(select(District.name, District.position).order_by(District.id))
    return [(name, position) for name, position in rows]


def test_what_was_changed_outside_a_transaction_is_not_kept(app: Flask, cast: Cast) -> None:
    with app.app_context():
        before = districts()
        for forgotten in (
            lambda: db.session.add(District(name="不该有的区", position=9)),
            lambda: setattr(db.session.scalars(select(District)).first(), "name", "改了名"),
            lambda: db.session.execute(update(District).values(position=99)),
        ):
            forgotten()
            end_reading()
            assert districts() == before
            forgotten()
            db.session.flush()
            end_reading()
            assert districts() == before


def test_an_act_that_follows_a_read_sees_what_others_have_written_since(
    app: Flask, cast: Cast
) -> None:
    with app.app_context():
        district = db.session.scalars(select(District)).first()
        assert district is not None
        with db.engine.begin() as other:
            end_reading()
            other.execute(update(District).values(position=99))
        with transaction():
            assert district.position == 99


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_keeps_the_statements_of_a_page_prepared(browser: Browser, app: Flask) -> None:
    """A ROLLBACK at the end of each read would drop them: each page would be planned anew."""
    for _ in range(12):
        browser.client.get("/slots")
    with app.app_context():
        prepared = select(func.count()).select_from(text("pg_prepared_statements"))
        assert db.session.scalars(prepared).one() > 0
