"""Every setting: where it comes from, its default and what it means."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"
SHORTEST_SECRET = 32
SESSION_LIFE = timedelta(days=90)


class ConfigError(Exception):
    """The settings do not allow a start; the message says in one line what to change."""


@dataclass(frozen=True)
class Settings:
    """What this installation was told; the comment at each field names its variable."""

    # HUB_ENV: `demo` (default) fills itself with labelled demo data; `production` refuses it.
    env: str
    # HUB_SECRET_KEY: signs cookies and hashes codes. Demo makes its own in instance/secret_key;
    # production must be given one of at least 32 characters.
    secret_key: str
    # HUB_DATABASE_URL: default SQLite in instance/hub.db; or postgresql+psycopg://user@host/name.
    database_url: str
    # HUB_BIND: address and port of the server; default 127.0.0.1:8000.
    bind: str
    # HUB_ADDRESS: how people reach the site, for links in messages, previews, posters and QR codes;
    # default http://HUB_BIND.
    address: str
    # HUB_WORKER: 1 starts a `hub worker`, which does the clock's work, beside the server; default
    # 1. With 0 it is run elsewhere, any number of times.
    worker: bool
    # HUB_WORKERS: web processes; default 2.
    workers: int
    # HUB_THREADS: threads of each web process; default 2. More of them wait for the interpreter
    # lock: four took a fifth to a third off the rush on a busy machine (python -m bench.workers).
    threads: int
    # HUB_PATIENCE: seconds that a page waits for the database, or for a lock that somebody else
    # holds, before it answers 503; default 4. Pages that only read go on meanwhile.
    patience: int
    # HUB_DEMO_SIGN_IN: 1 shows the sign-in code on the page; default 1 in demo, 0 in production.
    demo_sign_in: bool
    # HUB_SECURE_COOKIES: 1 sends cookies over https only; default 1 in production, 0 in demo.
    secure_cookies: bool
    # HUB_PROXIES: how many reverse proxies stand in front and set X-Forwarded-*; default 0.
    proxies: int

    @property
    def is_production(self) -> bool:
        return self.env == "production"


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of this machine. Raises ConfigError if a start would be unsafe."""
    env = environ.get("HUB_ENV", "demo")
    if env not in {"demo", "production"}:
        raise ConfigError(f"HUB_ENV is {env!r}; it can be demo or production.")
    production = env == "production"
    bind = environ.get("HUB_BIND", "127.0.0.1:8000")
    settings = Settings(
        env=env,
        secret_key=environ.get("HUB_SECRET_KEY") or ("" if production else _own_secret()),
        database_url=environ.get("HUB_DATABASE_URL") or f"sqlite:///{INSTANCE / 'hub.db'}",
        bind=bind,
        address=(environ.get("HUB_ADDRESS") or f"http://{bind}").rstrip("/"),
        worker=_switch(environ, "HUB_WORKER", True),
        workers=_number(environ, "HUB_WORKERS", 2),
        threads=_number(environ, "HUB_THREADS", 2),
        patience=_number(environ, "HUB_PATIENCE", 4),
        demo_sign_in=_switch(environ, "HUB_DEMO_SIGN_IN", not production),
        secure_cookies=_switch(environ, "HUB_SECURE_COOKIES", production),
        proxies=_number(environ, "HUB_PROXIES", 0),
    )
    if production:
        _check_production(settings)
    return settings


def for_flask(settings: Settings) -> dict[str, Any]:
    """Return the same settings in the words of Flask and its extensions."""
    return {
        "HUB": settings,
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings),
        "SESSION_COOKIE_NAME": "hub",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "PERMANENT_SESSION_LIFETIME": SESSION_LIFE,
        # Else each answer would set the cookie, the late ones too that come after signing out.
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,  # a page left open overnight must still send its form
        "MAX_CONTENT_LENGTH": 1024 * 1024,
    }


def _engine_options(settings: Settings) -> dict[str, Any]:
    """Return what SQLAlchemy is told: no names of children in logs, and no wait without an end.

    Else one lock that somebody forgot (BEGIN; UPDATE slot … in a terminal) takes every thread.
    """
    patience = settings.patience
    options: dict[str, Any] = {"hide_parameters": True}
    if settings.database_url.startswith("sqlite"):
        return options | {"connect_args": {"timeout": patience}}
    waits = {
        "lock_timeout": patience,
        "statement_timeout": 15 * patience,
        "idle_in_transaction_session_timeout": 15 * patience,
    }
    told = " ".join(f"-c {name}={seconds}s" for name, seconds in waits.items())
    return options | {
        "pool_timeout": patience,
        "connect_args": {
            "connect_timeout": max(patience, 2),
            "options": told,
        },  # libpq takes 2 or 0
    }


def _check_production(settings: Settings) -> None:
    if len(settings.secret_key.strip()) < SHORTEST_SECRET:
        raise ConfigError(
            f"HUB_ENV=production needs HUB_SECRET_KEY with at least {SHORTEST_SECRET} characters, "
            'for instance from: python3 -c "import secrets; print(secrets.token_hex(32))"'
        )
    demo_key = INSTANCE / "secret_key"
    if demo_key.exists() and settings.secret_key == demo_key.read_text().strip():
        raise ConfigError("HUB_SECRET_KEY is the demo's own key; production needs a new one.")
    if settings.demo_sign_in:
        raise ConfigError(
            "HUB_DEMO_SIGN_IN=1 would show everybody's sign-in code; "
            "take it out for HUB_ENV=production."
        )


def _own_secret() -> str:
    """Return the demo's key, made once. Two processes that start together agree on one."""
    path = INSTANCE / "secret_key"
    if not path.exists():
        INSTANCE.mkdir(exist_ok=True)
        draft = INSTANCE / f"secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _switch(environ: Mapping[str, str], name: str, default: bool) -> bool:
    value = environ.get(name, "")
    if value not in {"", "0", "1"}:
        raise ConfigError(f"{name} is {value!r}; it can be 0 or 1.")
    return value == "1" if value else default


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name, "")
    if value and not value.isascii() or not (value or "0").isdigit():
        raise ConfigError(f"{name} is {value!r}; it must be a whole number.")
    return int(value) if value else default
