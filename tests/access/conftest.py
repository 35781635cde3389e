"""Somebody's eyes: each page they meet is measured, and looked at by axe, in every dress it has.

HUB_PICTURES=tests/output keeps a picture of each there, to be looked at by people.
"""

import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, abort, request
from playwright.sync_api import Page, ViewportSize

from tests.access.places import Places, every_place
from tests.aliases import Clock
from tests.cast import Cast
from tests.chromium import QUICKLY, Phone

MEASURE = Path(__file__).with_name("inspect.js").read_text()
EVERYTHING = QUICKLY | {"rules": {"target-size": {"enabled": True}}}
COLOURS = QUICKLY | {"runOnly": ["color-contrast"]}
FINGER, LITTLE = 44, 36  # px; the seven days of a week beside each other are less at 320 px
NARROW: ViewportSize = {"width": 320, "height": 640}  # also what is left of 1280 px at 400 %
PICTURES = os.environ.get("HUB_PICTURES")
SCREENS: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "small": {"width": 375, "height": 667},
    "narrow": {"width": 320, "height": 568},
    "desktop": {"width": 1280, "height": 900},
}


@pytest.fixture
def places(app: Flask, cast: Cast, clock: Clock) -> dict[str, Places]:
    """Every place and state of the site, by whose it is."""

    def at(moment: datetime) -> None:
        clock.move_to(moment, tick=False)

    @app.before_request_funcs[None].append
    def _fail_if_asked() -> None:
        if "fault" in request.args:
            abort(int(request.args["fault"]))

    return every_place(app, cast, at)


@pytest.fixture
def inspect() -> Iterator[Callable[..., None]]:
    """Look at an open page in all its dresses; what is wrong is collected, and told at the end."""
    found: dict[str, list[str]] = {}

    def look(phone: Phone, name: str, *, dark: bool = False) -> None:
        if PICTURES:
            _photograph(phone.page, name)
        dressed = _wrong_in_the_dark(phone.page) if dark else ()
        for wrong in [*_wrong_with(phone.page), *dressed, *phone.troubles]:
            found.setdefault(wrong, []).append(name)
        phone.troubles.clear()  # one page's are not the next one's

    yield look
    told = [f"\n{wrong}\n    {'; '.join(names)}" for wrong, names in found.items()]
    assert not told, "".join(told)


def _photograph(page: Page, name: str) -> None:
    size = page.viewport_size
    assert size

    def keep(dress: str) -> None:
        file = Path(str(PICTURES)) / dress / (re.sub(r"\W+", "-", name) + ".jpeg")
        page.screenshot(path=file, full_page=True, type="jpeg", quality=70, scale="css")

    page.emulate_media(reduced_motion="reduce")  # colours that fade in are pictured half-way
    for dress, screen in SCREENS.items():
        page.set_viewport_size(screen)
        keep(dress)
    page.set_viewport_size(SCREENS["phone"])
    page.emulate_media(color_scheme="dark")
    keep("dark")
    page.emulate_media(color_scheme="light")
    page.evaluate("document.documentElement.toggleAttribute('data-care')")
    keep("large")
    page.evaluate("document.documentElement.toggleAttribute('data-care')")
    page.set_viewport_size(size)


def _wrong_with(page: Page) -> Iterator[str]:
    size = page.viewport_size
    assert size
    page.emulate_media(reduced_motion="reduce")  # colours that fade in are measured half-way
    page.evaluate(Axe().axe_script)
    yield from _axe(page, EVERYTHING)
    yield from page.evaluate(MEASURE, FINGER)
    page.set_viewport_size(NARROW)
    yield from (f"at 320 px: {one}" for one in page.evaluate(MEASURE, LITTLE))
    page.evaluate("document.documentElement.toggleAttribute('data-care')")
    yield from (f"large, at 320 px: {one}" for one in page.evaluate(MEASURE, LITTLE))
    page.set_viewport_size(size)
    yield from (f"large: {one}" for one in page.evaluate(MEASURE, FINGER))
    page.evaluate("document.documentElement.toggleAttribute('data-care')")


def _wrong_in_the_dark(page: Page) -> Iterator[str]:
    page.evaluate("document.documentElement.toggleAttribute('data-care')")
    yield from (f"large: {one}" for one in _axe(page, COLOURS))
    page.emulate_media(color_scheme="dark")
    yield from (f"large and dark: {one}" for one in _axe(page, COLOURS))
    page.evaluate("document.documentElement.toggleAttribute('data-care')")
    yield from (f"dark: {one}" for one in _axe(page, COLOURS))
    page.emulate_media(color_scheme="light")


def _axe(page: Page, options: dict[str, Any]) -> list[str]:
    # The colours of /design are patches with their names on them, not text.
    look = "options => axe.run({exclude: ['[data-colour]']}, options)"
    found = page.evaluate(look, options)["violations"]
    return [f"axe {one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
