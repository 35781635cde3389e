"""What a phone keeps: the worker, its page for want of a page, and the icon of the home screen."""

import json
import re

import brotli
import pytest
from flask import Flask

from bench.budget import FIRST_BYTES, FIRST_REQUESTS, LATER_BYTES, NEEDED
from hub.web.security import VISITOR
from tests.browser import Browser
from tests.cast import Cast


def test_the_worker_knows_the_files_of_this_version_of_the_site(browser: Browser) -> None:
    answer = browser.client.get("/sw.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    files = re.search(r"const FILES = (\[.*\]);", answer.text)
    assert files is not None
    shown = browser.visit("/").html
    for address in json.loads(files[1]):
        assert address in shown, "what a page needs is what is kept"
        browser.client.get(address).close()


def test_the_policy_lets_only_a_worker_of_ours_run(browser: Browser) -> None:
    assert "worker-src 'self'" in browser.client.get("/").headers["Content-Security-Policy"]


def test_the_page_without_a_network_names_nobody(browser: Browser, cast: Cast) -> None:
    by_a_stranger = browser.visit("/offline").html
    browser.sign_in(cast.clerk)
    assert browser.visit("/offline").html == by_a_stranger


def test_the_home_screen_gets_icons_that_are_there(browser: Browser) -> None:
    shown = browser.visit("/").html
    assert '<link rel="manifest" href="/manifest.webmanifest">' in shown
    answer = browser.client.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert manifest["start_url"] == "/"
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        found = browser.client.get(icon["src"])
        assert (found.status_code, found.mimetype) == (200, icon["type"])
        found.close()


class TestWhoIsHere:
    """The header by which the worker notices that what it keeps is somebody else's."""

    def test_is_nobody_before_signing_in_and_after(self, browser: Browser, cast: Cast) -> None:
        assert browser.client.get("/").headers[VISITOR] == "nobody"
        browser.sign_in(cast.mother)
        assert browser.client.get("/").headers[VISITOR] != "nobody"
        answer = browser.client.post("/sign-out", data={"csrf_token": browser.token()})
        assert answer.headers[VISITOR] == "nobody"

    def test_is_the_same_on_every_page_and_another_for_everybody_and_every_sign_in(
        self, app: Flask, browser: Browser, cast: Cast
    ) -> None:
        browser.sign_in(cast.mother)
        words = {browser.client.get(page).headers[VISITOR] for page in ("/", "/me", "/bookings")}
        assert len(words) == 1
        words.add(Browser(app).sign_in(cast.grandmother).client.get("/me").headers[VISITOR])
        browser.client.post("/sign-out/everywhere", data={"csrf_token": browser.token()})
        browser.sign_in(cast.mother)
        words.add(browser.client.get("/me").headers[VISITOR])
        assert len(words) == 3

    def test_is_not_told_by_it(self, browser: Browser, cast: Cast) -> None:
        word = browser.sign_in(cast.mother).client.get("/").headers[VISITOR]
        assert re.fullmatch("[0-9a-f]{16}", word)

    def test_is_nobody_where_the_sign_in_has_expired(self, browser: Browser, cast: Cast) -> None:
        browser.sign_in(cast.mother)
        with browser.client.session_transaction() as session:
            session["_user_id"] = "a key that opens nothing"
        assert browser.client.get("/").headers[VISITOR] == "nobody"


@pytest.mark.parametrize("address", ["/", "/slots", "/centres", "/centres/{centre}"])
def test_a_first_visit_is_light(browser: Browser, cast: Cast, address: str) -> None:
    address = address.format(centre=cast.centre)
    html = re.sub(r"\s+", " ", browser.visit(address).html)
    weights = []
    for one in [address, *set(NEEDED.findall(html))]:
        answer = browser.client.get(one)  # packed here: beside the files nothing may be yet
        weights.append(len(str(answer.headers)) + len(brotli.compress(answer.data)))
        answer.close()
    assert len(weights) <= FIRST_REQUESTS
    assert weights[0] <= LATER_BYTES
    assert sum(weights) <= FIRST_BYTES
