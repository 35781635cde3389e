"""What search engines are told: robots.txt and the sitemaps."""

import re
from dataclasses import replace
from datetime import timedelta
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from flask import Flask

from hub.timetable.models import SlotState
from hub.timetable.sharing import sitemap
from hub.web.security import Admits
from tests.aliases import Save
from tests.browser import Browser
from tests.makers import a_centre, a_slot, an_activity, tomorrow

SITE = "https://hub.example"


@pytest.fixture
def site(app: Flask) -> Browser:
    """The site in earnest, with an address of its own."""
    app.config["HUB"] = replace(app.config["HUB"], env="production", address=SITE)
    return Browser(app)


def addresses(site: Browser, url: str) -> list[str]:
    answer = site.client.get(url)
    assert answer.status_code == 200
    assert answer.mimetype == "application/xml"
    root = ElementTree.fromstring(answer.text)  # noqa: S314 – our own
    return [str(one.text).removeprefix(SITE) for one in root.iter(f"{{{sitemap.NAMESPACE}}}loc")]


def robots(browser: Browser) -> RobotFileParser:
    parser = RobotFileParser()
    parser.parse(browser.client.get("/robots.txt").text.splitlines())
    return parser


class TestRobots:
    def test_leave_private_pages_and_the_desk_alone(self, site: Browser) -> None:
        told = robots(site)
        for rule in site.app.url_map.iter_rules():
            admits = getattr(site.app.view_functions[rule.endpoint], "admits", None)
            path = re.sub(r"<[^>]+>", "1", rule.rule)
            if "GET" in (rule.methods or ()) and admits is not Admits.EVERYONE:
                assert not told.can_fetch("*", path), f"{path} is private: add it to PRIVATE"

    def test_may_look_at_what_is_for_everybody(self, site: Browser) -> None:
        told = robots(site)
        for path in ("/", "/slots", "/slots/1", "/centres/1", "/series/1", "/static/share.png"):
            assert told.can_fetch("*", path), path
        for path in ("/sign-in", "/offers/abc", "/booked"):
            assert not told.can_fetch("*", path), path
        assert told.site_maps() == [f"{SITE}/sitemap.xml"]

    def test_find_nothing_that_is_made_up(self, browser: Browser) -> None:
        assert not robots(browser).can_fetch("*", "/slots")

    @pytest.mark.parametrize("url", ["/robots.txt", "/sitemap.xml", "/sitemap/pages"])
    def test_may_be_answered_by_a_proxy(self, site: Browser, url: str) -> None:
        answer = site.client.get(url)
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert "Set-Cookie" not in answer.headers


class TestTheSitemap:
    def test_leads_to_every_centre_and_to_the_days_that_have_slots(
        self, site: Browser, saved: Save
    ) -> None:
        centre, other = a_centre(), a_centre()
        ids = saved(centre, other, a_slot(an_activity(centre)))[:2]
        assert addresses(site, "/sitemap.xml") == ["/sitemap/pages", "/sitemap/slots/2026-11-24"]
        centres = [f"/centres/{one}" for one in sorted(ids)]
        assert addresses(site, "/sitemap/pages") == ["/", "/slots", "/centres", *centres]

    def test_holds_open_slots_to_come_on_their_day_in_chongqing(
        self, site: Browser, saved: Save
    ) -> None:
        midnight = tomorrow(0)
        shown, last, *_rest = saved(
            a_slot(starts_at=midnight),
            a_slot(starts_at=midnight + timedelta(hours=23, minutes=59)),
            a_slot(starts_at=midnight - timedelta(minutes=1)),
            a_slot(starts_at=midnight + timedelta(days=1)),
            a_slot(starts_at=midnight + timedelta(hours=9), state=SlotState.CALLED_OFF),
            a_slot(starts_at=midnight - timedelta(hours=16)),  # today at 08:00: it is over
        )
        assert addresses(site, "/sitemap/slots/2026-11-24") == [f"/slots/{shown}", f"/slots/{last}"]
        assert len(addresses(site, "/sitemap/slots/2026-11-23")) == 1
        assert addresses(site, "/sitemap/slots/2025-01-01") == []

    def test_never_holds_more_than_the_standard_allows(
        self, site: Browser, saved: Save, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        saved(*(a_slot() for _ in range(4)))
        monkeypatch.setattr(sitemap, "MOST", 3)
        assert len(addresses(site, "/sitemap/slots/2026-11-24")) == 3
        assert len(addresses(site, "/sitemap/pages")) == 3

    def test_costs_one_query_whatever_there_is(
        self, site: Browser, saved: Save, queries: list[str]
    ) -> None:
        saved(*(a_slot(starts_at=tomorrow(9) + timedelta(days=day)) for day in range(20)))
        for url in ("/sitemap.xml", "/sitemap/pages", "/sitemap/slots/2026-11-24"):
            queries.clear()
            assert addresses(site, url)
            assert len(queries) <= 1, url

    def test_knows_no_day_that_does_not_exist(self, site: Browser) -> None:
        for day in ("2026-02-30", "abc", "9999-12-31"):
            assert site.client.get(f"/sitemap/slots/{day}").status_code == 404
