"""What no form of ours sends: field names, sizes and targets that somebody has made up."""

import re
from pathlib import Path

import pytest
from flask import Flask

from hub.config import ROOT
from hub.web.htmx import PARTS
from tests.access.places import every_place
from tests.aliases import Clock
from tests.browser import Browser
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.makers import tomorrow

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TEMPLATES = list((ROOT / "templates").rglob("*.html"))


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    return Desk(app, cast)


@SQLITE
@pytest.mark.parametrize("index", ["²", "٣", "9" * 5000, "-1", "", "1e3", " 1"])
def test_a_line_of_a_groups_list_that_has_no_number_is_no_line(
    desk: Desk, browser: Browser, cast: Cast, index: str
) -> None:
    slot_id = desk.fill(tomorrow(14), capacity=3)
    page = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}/group-list")
    fields = {
        "csrf_token": page.form("/group-list").fields["csrf_token"],
        f"group-lines-{index}-name": "王小明",
    }
    answer = browser.client.post(f"/desk/slots/{slot_id}/group-bookings", data=fields)
    assert answer.status_code in {303, 422}


@SQLITE
@pytest.mark.parametrize(
    "typed", ["9" * 400, "9" * 5000, "-" + "9" * 400, "1e400", "nan", "１" * 40]
)
def test_a_number_of_places_that_is_none_is_refused_beside_its_field(
    desk: Desk, browser: Browser, cast: Cast, typed: str
) -> None:
    slot_id = desk.fill(tomorrow(14), capacity=3)
    page = browser.sign_in(cast.manager).visit(f"/desk/slots/{slot_id}/capacity")
    refused = browser.submit(page, 422, form="/capacity", capacity=typed)
    assert "请写" in refused.text
    assert refused.form("/capacity").fields["capacity"] == typed, "what was typed stays"


def test_every_part_that_a_template_asks_for_is_one_that_can_stand_alone() -> None:
    asked = {
        name
        for template in TEMPLATES
        for name in re.findall(r'data-hx-target="#([^"]+)"', Path(template).read_text())
    }
    assert asked == PARTS


@SQLITE
def test_every_block_of_every_page_can_be_asked_for_as_a_part(
    app: Flask, cast: Cast, clock: Clock
) -> None:
    """A block that leans on what stands outside it is not rendered alone: the page comes whole."""
    places = every_place(app, cast, lambda moment: clock.move_to(moment, tick=False))
    blocks = {name for one in TEMPLATES for name in re.findall(r"{% block (\w+)", one.read_text())}
    assert blocks >= {"content", "title", *PARTS}
    failed = []
    for who, there in places.items():
        browser = Browser(app)
        if account := getattr(cast, who, None):
            browser.sign_in(account)
        for address in there.values():
            for block in sorted(blocks):
                part = {"HX-Request": "true", "HX-Target": block}
                answer = browser.client.get(address, headers=part)
                if answer.status_code >= 500:
                    failed.append((address, block))
    assert failed == []
