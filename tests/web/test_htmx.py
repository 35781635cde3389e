"""Whole page or part, error pages, headers, languages: what every page has."""

import logging
from typing import Any

import pytest
from flask import Flask, abort
from sqlalchemy.exc import IntegrityError, OperationalError

from hub.web import security
from hub.web.security import Admits, open_to
from tests.aliases import Save
from tests.browser import Browser, Page, check
from tests.cast import Cast
from tests.makers import a_slot

PART = {"HX-Request": "true", "HX-Target": "places"}


class TestAPart:
    def test_is_the_block_named_like_the_target(self, browser: Browser, saved: Save) -> None:
        slot = saved(a_slot())
        for target in ("places", "section#places"):  # htmx 2, htmx 4
            answer = browser.client.get(
                f"/slots/{slot}", headers={"HX-Request": "true", "HX-Target": target}
            )
            assert answer.text.lstrip().startswith('<section id="places"')
            assert "<html" not in answer.text

    def test_brings_the_messages_along(self, browser: Browser, cast: Cast, saved: Save) -> None:
        slot = saved(a_slot())
        part = browser.client.get(f"/slots/{slot}", headers=PART)
        assert 'id="flashes"' in part.text
        assert "hx-swap-oob" in part.text

    def test_is_a_whole_page_when_the_page_has_no_such_block(
        self, browser: Browser, cast: Cast
    ) -> None:
        answer = browser.sign_in(cast.mother).client.get("/bookings?page=2", headers=PART)
        assert "<html" in answer.text
        assert answer.headers["HX-Retarget"] == "body"
        assert answer.headers["HX-Push-Url"] == "/bookings?page=2"

    def test_is_a_whole_page_when_history_is_restored(self, browser: Browser, saved: Save) -> None:
        headers = PART | {"HX-History-Restore-Request": "true"}
        answer = browser.client.get(f"/slots/{saved(a_slot())}", headers=headers)
        assert "<html" in answer.text
        assert "HX-Retarget" not in answer.headers

    def test_is_named_in_vary_so_that_no_cache_mixes_the_two(
        self, browser: Browser, saved: Save
    ) -> None:
        varies = browser.client.get(f"/slots/{saved(a_slot())}").vary
        assert {"hx-request", "hx-target", "cookie"} <= {name.lower() for name in varies}


class TestTrouble:
    @pytest.fixture
    def site(self, own_app: Flask) -> Browser:
        """The site with pages that fail in every way."""

        @own_app.get("/trouble/<int:status>")
        @open_to(Admits.EVERYONE)
        def trouble(status: int) -> str:
            if status == 1:
                raise IntegrityError("INSERT …", {}, Exception("小满"))
            if status == 2:
                raise OperationalError("SELECT …", {}, Exception("小满"))
            if status == 3:
                raise RuntimeError("oh")
            return abort(status)

        return Browser(own_app)

    @pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 429, 500, 503])
    def test_is_told_in_the_sites_face_with_a_way_on(self, site: Browser, status: int) -> None:
        page = site.visit(f"/trouble/{status}", status)
        assert "/" in page.hrefs
        assert f"错误编号 {status}" in page.text

    @pytest.mark.parametrize(("cause", "status"), [(1, 409), (2, 503), (3, 500)])
    def test_on_our_side_shows_no_trace_and_logs_no_name(
        self, site: Browser, cause: int, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            page = site.visit(f"/trouble/{cause}", status)
        assert "Traceback" not in page.html
        assert "小满" not in page.html + caplog.text

    def test_inside_htmx_takes_the_whole_page(self, site: Browser) -> None:
        answer = site.client.get("/trouble/500", headers=PART)
        assert answer.headers["HX-Retarget"] == "body"
        check(Page(answer.text, "/trouble/500", 500))

    def test_with_the_database_away_still_has_a_page(self, app: Flask, cast: Cast) -> None:
        browser = Browser(app).sign_in(cast.mother)

        def away(*_: Any, **__: Any) -> None:
            raise OperationalError("SELECT …", {}, Exception("away"))

        app.before_request_funcs.setdefault(None, []).append(away)
        page = browser.visit("/bookings", 503)
        assert page.headings == 1

    def test_of_an_address_nobody_knows_is_404(self, browser: Browser) -> None:
        browser.visit("/nothing-here", 404)
        browser.visit("/slots/not-a-number", 404)


class TestHeaders:
    def test_allow_nothing_inline_and_nothing_from_elsewhere(self, browser: Browser) -> None:
        headers = browser.client.get("/").headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"

    def test_of_static_files_let_browsers_keep_them_for_ever(
        self, browser: Browser, app: Flask
    ) -> None:
        page = browser.visit("/")
        style = page.html.split('rel="stylesheet" href="')[1].split('"')[0]
        answer = browser.client.get(style)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.mimetype == "text/css"
        answer.close()

    def test_a_view_that_names_nobody_is_closed(self, own_app: Flask) -> None:
        own_app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
        Browser(own_app).visit("/forgotten", 403)

    def test_a_write_without_a_token_is_refused(self, browser: Browser, cast: Cast) -> None:
        browser.sign_in(cast.mother)
        for rule in browser.app.url_map.iter_rules():
            if "POST" in (rule.methods or ()):
                values = dict.fromkeys(rule.arguments, "1")
                with browser.app.test_request_context():
                    built = rule.build(values)
                assert built is not None, rule.rule
                address = built[1]
                assert browser.client.post(address).status_code == 400, rule.rule


def test_the_guard_of_pages_is_what_keeps_strangers_out(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser.visit("/bookings").url.startswith("/sign-in")
    admit = security._admit
    functions = browser.app.before_request_funcs[None]
    monkeypatch.setitem(
        browser.app.before_request_funcs, None, [one for one in functions if one is not admit]
    )
    assert browser.client.get("/bookings").status_code != 303
