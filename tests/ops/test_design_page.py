"""The page that shows the design: all of it, to people who work on the site, never to families."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import create_app
from hub.config import ROOT
from tests.browser import Browser
from tests.chromium import Phone
from tests.conftest import settings

TEMPLATES = ROOT / "templates"
SMALL = """() => [...document.querySelectorAll("a[href], button, select, summary, .option")]
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([one, box]) => box.width && (box.width < 44 || box.height < 43.5)
        && !one.closest("[inert]") && getComputedStyle(one, "::after").position !== "absolute")
    .map(([one, box]) => `${one.textContent.trim()}: ${box.width} x ${box.height}`)"""

one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@one_database
def test_it_asks_the_database_for_nothing(browser: Browser, queries: list[str]) -> None:
    page = browser.visit("/design")
    assert not queries
    assert "亲子绘本：蚂蚁和西瓜" in page.text


def test_families_never_meet_it() -> None:
    production = settings("sqlite://", HUB_ENV="production", HUB_SECRET_KEY="k" * 40)
    client = create_app(production).test_client()
    assert client.get("/design", base_url="https://localhost").status_code == 404


def test_every_macro_is_shown_on_it() -> None:
    """Those of the frame (brand, tabs, …) stand around it; `csrf` writes nothing one could see."""
    macros = set(re.findall(r"\{%- macro ([a-z]\w*)\(", _read("ui.html") + _read("ui_forms.html")))
    around = _read("base.html") + _read("_site_bar.html")
    shown = set(re.findall(r"\bui\.(\w+)\(", _read("design.html") + around))
    assert len(macros) > 20
    missing = macros - shown - {"csrf"}
    assert not missing, "a component is part of the design when one can look at it"


def test_the_sprite_holds_no_picture_that_nothing_shows() -> None:
    """It is fetched on the first visit: what is drawn there is paid for by everybody."""
    drawn = re.findall(r'<symbol id="(\w+)"', (ROOT / "static" / "icons.svg").read_text())
    users = (path for folder in ("hub", "templates") for path in (ROOT / folder).rglob("*.*"))
    said = {
        word
        for path in users
        if path.suffix in {".py", ".html", ".json"}
        for word in re.findall(r"""["'#](\w+)["']""", path.read_text())
    }
    assert len(drawn) > 30
    assert not set(drawn) - said


@one_database
@pytest.mark.parametrize(
    ("width", "height", "colours"),
    [(390, 844, {}), (390, 844, {"color_scheme": "dark"}), (1280, 900, {}), (320, 640, {})],
)
def test_it_is_photographed_and_everybody_can_use_what_is_on_it(
    phones: Callable[..., Phone],
    tmp_path: Path,
    width: int,
    height: int,
    colours: dict[str, Any],
) -> None:
    phone = phones(viewport=(width, height))
    phone.page.emulate_media(**colours)
    page = phone.visit("/design")
    picture = tmp_path / f"design-{width}{'-dark' if colours else ''}.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 50_000
    assert page.evaluate(SMALL) == [], "too small for a thumb"


def _read(name: str) -> str:
    return (TEMPLATES / name).read_text()
