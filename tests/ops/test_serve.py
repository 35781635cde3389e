"""Starting: what is made ready, what is refused in one line, and what is handed to the server."""

import os
import runpy
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from hub import clock, create_app
from hub.accounts.models import Account
from hub.catalogue.models import Centre, District, Kind
from hub.config import ROOT, ConfigError
from hub.db import db
from hub.ops import serve
from hub.web.health import is_migrated
from tests.conftest import settings
from tests.databases import another_database
from tests.ops.conftest import run

PRODUCTION = {"HUB_ENV": "production", "HUB_SECRET_KEY": "the real key of a real installation"}


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Flask]:
    """A production installation on a database that does not exist yet."""
    new = f"sqlite:///{tmp_path / 'new.db'}"
    app = create_app(settings(new, HUB_BIND="127.0.0.1:0", **PRODUCTION))
    yield app
    with app.app_context():
        db.engine.dispose()


def in_production(demo: Flask) -> Flask:
    """The same database, under production's settings."""
    demo.config["HUB"] = settings(demo.config["SQLALCHEMY_DATABASE_URI"], **PRODUCTION)
    return demo


def test_an_empty_production_gets_its_tables_kinds_and_districts_and_nothing_made_up(
    production: Flask,
) -> None:
    with production.app_context():
        assert serve.prepare(production, clock.now(), make=True)
        assert not serve.prepare(production, clock.now()), "it is there now"
        assert is_migrated()
        assert db.session.scalar(select(func.count(Kind.id))) == 9
        assert db.session.scalar(select(func.count(District.id))) == 41
        assert db.session.scalar(select(func.count(Centre.id))) == 0


@pytest.mark.parametrize("left", ["no file", "an empty file"])
def test_production_never_makes_a_database_by_starting(
    production: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    """The disk was not mounted: the next start would serve an empty site without a word."""
    monkeypatch.setattr(os, "execv", lambda *_words: pytest.fail("the server was started"))
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("a worker was started"))
    file = tmp_path / "new.db"
    if left == "an empty file":
        file.touch()
    for words in (["serve"], ["check"], ["send"], ["worker", "--once"], ["staff", "list"]):
        result = run(production, *words)
        assert result.exit_code == 1
        assert result.output.startswith(f"Error: there is no database in sqlite:///{file}; ")
        assert "hub init makes a new one" in result.output
        assert result.output.count("\n") == 1
    assert file.exists() == (left == "an empty file")
    if file.exists():
        with production.app_context():
            assert db.inspect(db.engine).get_table_names() == []


def test_hub_init_makes_the_database_once_and_keeps_what_it_holds(production: Flask) -> None:
    first, second = run(production, "init"), run(production, "init")
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert first.output.startswith("the database is made")
    assert second.output.startswith("there is a database already")
    with production.app_context():
        assert is_migrated()
        assert serve.prepare(production, clock.now()) is False


def test_production_in_postgresql_without_tables_is_not_made_by_starting_either(
    postgresql_url: str,
) -> None:
    with another_database(postgresql_url, "unmade") as url:
        app = create_app(settings(url, HUB_BIND="127.0.0.1:0", **PRODUCTION))
        with app.app_context():
            with pytest.raises(ConfigError, match="there is no database in postgresql"):
                serve.prepare(app, clock.now())
            assert db.inspect(db.engine).get_table_names() == []
            assert serve.prepare(app, clock.now(), make=True)
            serve.prepare(app, clock.now())
            db.session.remove()
            db.engine.dispose()


def test_gunicorn_started_by_hand_makes_no_database_either(
    production: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "STATIC", tmp_path / "static")
    conf = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    server = SimpleNamespace(app=SimpleNamespace(wsgi=lambda: production))
    with pytest.raises(SystemExit, match="hub: there is no database in sqlite"):
        conf["on_starting"](server)
    assert not (tmp_path / "new.db").exists()


def test_production_does_not_start_with_demo_data_and_does_without(demo: Flask) -> None:
    app = in_production(demo)
    with app.app_context():
        with pytest.raises(ConfigError, match="demo data") as refusal:
            serve.prepare(app, clock.now())
        assert "\n" not in str(refusal.value)
        db.session.execute(update(Centre).values(is_demo=False))
        db.session.execute(update(Account).values(password_hash=""))
        db.session.commit()
        serve.prepare(app, clock.now())


def test_production_does_not_start_with_an_account_that_the_demos_password_opens(
    demo: Flask,
) -> None:
    app = in_production(demo)
    with app.app_context():
        db.session.execute(update(Centre).values(is_demo=False))
        db.session.commit()
        with pytest.raises(ConfigError, match=r"\+86\d+ still signs in with the demo's password"):
            serve.refuse_demo_data(app)
        db.session.execute(update(Account).values(password_hash=""))
        db.session.commit()
        serve.refuse_demo_data(app)


def test_the_demo_does_not_start_on_the_database_of_a_real_installation(
    production: Flask,
) -> None:
    """Somebody forgot HUB_ENV: it would be filled with made-up centres and show all codes."""
    with production.app_context():
        serve.prepare(production, clock.now(), make=True)
        demo = create_app(settings(production.config["SQLALCHEMY_DATABASE_URI"]))
        with demo.app_context():
            with pytest.raises(ConfigError, match="real installation"):
                serve.prepare(demo, clock.now())
            assert db.session.scalar(select(func.count(Centre.id))) == 0
            db.engine.dispose()


def test_no_connection_is_left_for_the_workers_to_share(production: Flask) -> None:
    """Two processes that talk over one connection read each other's answers."""
    with production.app_context():
        serve.prepare(production, clock.now(), make=True)
        db.session.remove()
        db.engine.dispose()
        serve.refuse_demo_data(production)
        assert "Connections in pool: 0" in db.engine.pool.status()


def test_a_demo_starts_with_demo_data(demo: Flask) -> None:
    serve.refuse_demo_data(demo)


def test_a_second_start_leaves_the_demo_as_it_is(demo: Flask) -> None:
    with demo.app_context():
        before = db.session.scalar(select(func.count(Centre.id)))
        serve.prepare(demo, clock.now())
        assert db.session.scalar(select(func.count(Centre.id))) == before


def test_hub_serve_starts_a_worker_if_it_may_and_ends_as_gunicorn_of_the_same_python(
    demo: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_over: list[Any] = []
    monkeypatch.setattr(os, "execv", lambda *words: handed_over.append(words))
    monkeypatch.setattr(os, "chdir", handed_over.append)
    monkeypatch.setattr(serve, "start_worker_process", lambda app: handed_over.append(app))
    with_worker, alone = (
        settings(demo.config["SQLALCHEMY_DATABASE_URI"], HUB_BIND="127.0.0.1:0", HUB_WORKER=worker)
        for worker in "10"
    )
    demo.config["HUB"] = with_worker
    assert run(demo, "serve").exit_code == 0
    assert handed_over.pop(0) is demo, "a worker starts beside it, and before it becomes another"
    handed_over.clear()
    demo.config["HUB"] = alone
    result = run(demo, "serve")
    assert result.exit_code == 0, result.output
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
    assert handed_over == [ROOT, (sys.executable, command)]
    assert "http://127.0.0.1:0/" in result.output


def test_hub_serve_says_in_one_line_why_production_does_not_start(
    demo: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "execv", lambda *_words: pytest.fail("the server was started"))
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("a worker was started"))
    app = in_production(demo)
    app.config["HUB"] = settings(
        app.config["SQLALCHEMY_DATABASE_URI"], HUB_BIND="127.0.0.1:0", **PRODUCTION
    )
    result = run(app, "serve")
    assert result.exit_code == 1
    assert result.output.startswith("Error: HUB_ENV=production, but the database holds demo data")
    assert result.output.count("\n") == 1


def test_the_demo_says_how_to_sign_in_as_each_role(demo: Flask) -> None:
    text = "\n".join(serve.welcome(settings("sqlite://", HUB_BIND="0.0.0.0:8000")))
    assert "http://127.0.0.1:8000/" in text
    assert "演示" in text
    for phone in ("138 0013 8000", "138 0013 8001", "138 0013 8002", "138 0013 8003"):
        assert phone in text
    assert text.count("yuhao-demo-2026") == 3


def test_production_says_where_it_is_and_where_codes_go_and_nothing_more() -> None:
    text = "\n".join(serve.welcome(settings("sqlite://", **PRODUCTION)))
    assert "http://127.0.0.1:8000/" in text
    assert "no SMS gateway is configured" in text
    assert "http://127.0.0.1:8000: set HUB_ADDRESS" in text
    named = settings("sqlite://", **PRODUCTION, HUB_ADDRESS="https://hub.example")
    assert not any("HUB_ADDRESS" in line for line in serve.welcome(named))
    assert "yuhao-demo-2026" not in text
    assert "138" not in text


@pytest.mark.parametrize("bind", ["8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "a:99999"])
def test_an_address_that_is_none_is_refused(bind: str) -> None:
    with pytest.raises(ConfigError, match="HUB_BIND"):
        serve.check_address(bind)


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigError, match=f"{bind} cannot be used") as refusal:
            serve.check_address(bind)
    assert "\n" not in str(refusal.value)
    serve.check_address(bind)


def test_a_database_that_is_away_is_told_in_one_line(tmp_path: Path) -> None:
    app = create_app(settings(f"sqlite:///{tmp_path}/no/such/folder.db", HUB_BIND="127.0.0.1:0"))
    result = run(app, "serve")
    assert result.exit_code == 1
    assert result.output.startswith("Error: the database of HUB_DATABASE_URL is away")
    assert result.output.count("\n") == 1


def test_gunicorn_started_by_hand_refuses_demo_data_too(
    demo: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "STATIC", tmp_path / "static")
    conf = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    server = SimpleNamespace(app=SimpleNamespace(wsgi=lambda: demo))
    conf["on_starting"](server)
    in_production(demo)
    with pytest.raises(SystemExit, match="hub: HUB_ENV=production, but the database holds demo"):
        conf["on_starting"](server)


def test_gunicorn_refuses_settings_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "STATIC", tmp_path / "static")
    monkeypatch.setenv("HUB_ENV", "production")
    monkeypatch.delenv("HUB_SECRET_KEY", raising=False)
    with pytest.raises(SystemExit, match="hub: HUB_ENV=production needs HUB_SECRET_KEY"):
        runpy.run_path(str(ROOT / "gunicorn.conf.py"))


def test_gunicorn_is_told_the_settings_and_writes_no_log_of_visits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "STATIC", tmp_path / "static")
    monkeypatch.setenv("HUB_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("HUB_BIND", "127.0.0.1:8765")
    monkeypatch.setenv("HUB_WORKERS", "3")
    conf = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert (conf["bind"], conf["workers"]) == ("127.0.0.1:8765", 3)
    assert conf["accesslog"] is None
    assert conf["control_socket_disable"]
    assert conf["forwarded_allow_ips"] == ""
    monkeypatch.setenv("HUB_PROXIES", "1")
    assert runpy.run_path(str(ROOT / "gunicorn.conf.py"))["forwarded_allow_ips"]


def test_static_files_are_packed_and_what_is_out_of_date_never_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "STATIC", tmp_path)
    css, picture = tmp_path / "site.css", tmp_path / "photo.png"
    css.write_text("a { color: red }\n" * 100)
    picture.write_bytes(b"\x89PNG" * 100)
    serve.pack_static_files()
    packed = sorted(path.name for path in tmp_path.iterdir())
    assert packed == ["photo.png", "site.css", "site.css.br", "site.css.gz"]
    made = (tmp_path / "site.css.br").stat().st_ino
    serve.pack_static_files()
    assert (tmp_path / "site.css.br").stat().st_ino == made, "nothing changed, nothing done"

    css.write_text("b")  # too short to be worth packing: what was packed before must go
    os.utime(css, (css.stat().st_atime, css.stat().st_mtime + 5))
    serve.pack_static_files()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photo.png", "site.css"]
