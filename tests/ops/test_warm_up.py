"""The start of the server: public pages are compiled before anybody asks for them."""

from flask import Flask

from hub import create_app
from hub.db import db
from hub.ops.warm_up import warm_up
from tests.aliases import Save
from tests.conftest import settings
from tests.makers import a_slot, tomorrow


def loaded(app: Flask) -> set[str]:
    """Return the names of the templates that were compiled, or read compiled, so far."""
    return {name for _loader, name in app.jinja_env.cache or ()}


def test_after_it_no_public_page_waits_for_its_template(app: Flask, saved: Save) -> None:
    slot_id = saved(a_slot(starts_at=tomorrow(14)))
    cold = create_app(settings(app.config["SQLALCHEMY_DATABASE_URI"]))
    warm_up(cold)
    warm = loaded(cold)
    assert "bookings/single_slot/slot.html" in warm
    for address in ("/", "/slots", "/centres", f"/slots/{slot_id}"):
        assert cold.test_client().get(address).status_code == 200
    assert loaded(cold) == warm
    with cold.app_context():
        db.engine.dispose()


def test_no_connection_is_left_for_the_workers_to_share(app: Flask, saved: Save) -> None:
    saved(a_slot(starts_at=tomorrow(14)))
    warm_up(app)
    with app.app_context():
        assert "Connections in pool: 0" in db.engine.pool.status()


def test_a_database_that_is_away_does_not_stop_the_start(app: Flask) -> None:
    away = create_app(settings("postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    warm_up(away)
    assert away.test_client().get("/healthz").status_code == 200
