"""Settings: defaults that work at once, and a production start that refuses to be unsafe."""

import subprocess
import sys

import pytest

from hub.config import INSTANCE, ROOT, ConfigError, load_settings

SECRET = "a key that only this installation knows"


def test_without_any_variable_it_is_a_demo_on_this_machine_alone() -> None:
    settings = load_settings({"HUB_SECRET_KEY": SECRET})
    assert settings.env == "demo"
    assert settings.bind == "127.0.0.1:8000"
    assert settings.database_url == f"sqlite:///{INSTANCE / 'hub.db'}"
    assert settings.demo_sign_in
    assert not settings.secure_cookies
    assert settings.worker


def test_links_in_messages_begin_with_the_address_that_people_know() -> None:
    known = {"HUB_SECRET_KEY": SECRET, "HUB_BIND": "127.0.0.1:8001"}
    assert load_settings(known).address == "http://127.0.0.1:8001"
    named = known | {"HUB_ADDRESS": "https://hub.example/"}
    assert load_settings(named).address == "https://hub.example", "a path follows it"


def test_the_worker_can_be_run_elsewhere() -> None:
    assert not load_settings({"HUB_SECRET_KEY": SECRET, "HUB_WORKER": "0"}).worker


def test_production_hides_the_codes_and_sends_cookies_over_https_only() -> None:
    settings = load_settings({"HUB_ENV": "production", "HUB_SECRET_KEY": SECRET})
    assert not settings.demo_sign_in
    assert settings.secure_cookies


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"HUB_SECRET_KEY": ""}, "HUB_SECRET_KEY"),
        ({"HUB_SECRET_KEY": "short"}, "at least 32 characters"),
        ({"HUB_SECRET_KEY": " " * 40}, "at least 32 characters"),
        ({"HUB_DEMO_SIGN_IN": "1"}, "HUB_DEMO_SIGN_IN"),
        ({"HUB_ENV": "prod"}, "demo or production"),
        ({"HUB_WORKERS": "two"}, "whole number"),
        ({"HUB_SECURE_COOKIES": "yes"}, "0 or 1"),
        ({"HUB_WORKER": "2"}, "HUB_WORKER"),
    ],
)
def test_an_unsafe_or_unclear_setting_is_refused_in_one_line(
    changes: dict[str, str], sentence: str
) -> None:
    environ = {"HUB_ENV": "production", "HUB_SECRET_KEY": SECRET}
    with pytest.raises(ConfigError, match=sentence) as refused:
        load_settings(environ | changes)
    assert "\n" not in str(refused.value)


def test_production_refuses_the_key_that_the_demo_made_for_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr("hub.config.INSTANCE", tmp_path)
    demo = load_settings({})
    assert len(demo.secret_key) >= 32
    assert load_settings({}).secret_key == demo.secret_key, "it is made once"
    with pytest.raises(ConfigError, match="demo's own key"):
        load_settings({"HUB_ENV": "production", "HUB_SECRET_KEY": demo.secret_key})


def test_a_server_started_by_hand_refuses_too_without_a_trace() -> None:
    started = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=ROOT,
        env={"HUB_ENV": "production", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 1
    assert started.stderr.startswith("hub: HUB_ENV=production needs HUB_SECRET_KEY")
    assert len(started.stderr.splitlines()) == 1
