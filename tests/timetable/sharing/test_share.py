"""What the head of a page says of it: to a preview, to a search engine, and of private pages."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask

from hub.catalogue.models import OpeningHours
from hub.db import db
from hub.timetable.models import Series, SlotState
from tests.aliases import Clock, Save
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import a_booking, a_centre, a_child, a_guardian, a_slot, an_activity

HOSTILE = '</script><script src="//evil.example/x.js"></script><!--"\u2028'
EVENT = {"name", "startDate", "endDate", "eventStatus", "location", "offers", "organizer", "url"}
OFFER = {"price", "priceCurrency", "availability", "url", "validFrom"}


class Head(HTMLParser):
    """The metas, links and records of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.canonical = ""
        self.scripts: list[str] = []
        self.in_record = False
        self.records: list[Any] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        given = dict(attributes)
        if tag == "meta":
            name = given.get("name") or given.get("property") or ""
            self.meta[name] = given.get("content", "")
        elif tag == "link" and given.get("rel") == "canonical":
            self.canonical = given["href"]
        elif tag == "script":
            self.in_record = given.get("type") == "application/ld+json"
            self.scripts.append(given.get("src", ""))

    def handle_data(self, data: str) -> None:
        if self.in_record:
            self.records.append(json.loads(data))
            self.in_record = False


@pytest.fixture
def head(browser: Browser) -> Callable[[str], Head]:
    return lambda url: Head(browser.visit(url).html)


@pytest.fixture
def in_earnest(app: Flask) -> Flask:
    """The site with an address of its own, and nothing made up."""
    hub = app.config["HUB"]
    app.config["HUB"] = replace(hub, env="production", address="https://hub.example")
    return app


class TestAPublicPage:
    @pytest.mark.parametrize("url", ["/", "/slots", "/centres"])
    def test_may_be_found_under_one_address(
        self, head: Callable[[str], Head], in_earnest: Flask, url: str
    ) -> None:
        found = head(f"{url}?page=2&x=1")
        assert found.canonical == found.meta["og:url"] == f"https://hub.example{url}"
        assert "robots" not in found.meta
        assert found.meta["description"] == found.meta["og:description"]

    def test_of_a_slot_is_previewed_in_its_own_words(
        self, browser: Browser, saved: Save, in_earnest: Flask
    ) -> None:
        slot = saved(a_slot(an_activity(title="亲子绘本"), places_left=3))
        page = browser.visit(f"/slots/{slot}")
        found = Head(page.html)
        assert page.title == "亲子绘本 周二 11月24日 14:00 · 渝好空间"
        assert found.meta["og:title"] == "亲子绘本 周二 11月24日 14:00"
        assert found.meta["description"].startswith("周二 11月24日 14:00–15:30，")
        assert "余 3 个" in found.meta["og:description"]
        assert f"https://hub.example/slots/{slot}" in page.text

    def test_shows_a_picture_that_is_large_enough_for_wechat(
        self, browser: Browser, saved: Save, in_earnest: Flask
    ) -> None:
        picture = Head(browser.visit("/").html).meta["og:image"]
        assert picture.startswith("https://hub.example/static/share.")
        answer = browser.client.get(picture.removeprefix("https://hub.example"))
        png = answer.get_data()
        answer.close()
        width, height = int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
        assert png.startswith(b"\x89PNG")
        assert width == height >= 300
        assert len(png) < 10_000

    def test_of_what_is_over_is_not_looked_for_any_more(
        self, browser: Browser, saved: Save, clock: Clock
    ) -> None:
        slot = saved(a_slot())
        assert "分享到群" in browser.visit(f"/slots/{slot}").text
        clock.shift(timedelta(days=2))
        page = browser.visit(f"/slots/{slot}")
        assert Head(page.html).meta["robots"] == "noindex"
        assert "分享到群" not in page.text

    def test_never_repeats_the_host_that_a_request_claims(
        self, browser: Browser, saved: Save, in_earnest: Flask
    ) -> None:
        slot = saved(a_slot())
        for url in ("/", f"/slots/{slot}", f"/slots/{slot}/poster", "/robots.txt", "/sitemap.xml"):
            html = browser.client.get(url, headers={"Host": "evil.example"}).text
            assert "evil.example" not in html, url

    def test_of_a_demo_that_was_told_no_address_leads_to_where_it_is_looked_at(
        self, browser: Browser
    ) -> None:
        html = browser.client.get("/", headers={"Host": "192.168.1.5:8000"}).text
        assert Head(html).canonical == "http://192.168.1.5:8000/"


class TestARecord:
    def test_of_a_slot_is_an_event_with_all_that_is_required(
        self, head: Callable[[str], Head], saved: Save, in_earnest: Flask
    ) -> None:
        centre = a_centre(name="榕树社区渝好空间", address="测试路1号")
        activity = an_activity(centre, title="亲子绘本", youngest_months=36, oldest_months=83)
        slot = saved(a_slot(activity, fee_fen=990))
        (event,) = head(f"/slots/{slot}").records
        assert event["@context"] == "https://schema.org"
        assert event["@type"] == "Event"
        assert event.keys() >= EVENT
        assert event["startDate"] == "2026-11-24T14:00:00+08:00"
        assert event["endDate"] == "2026-11-24T15:30:00+08:00"
        assert event["eventStatus"].endswith("/EventScheduled")
        assert event["location"]["@type"] == "Place"
        assert event["location"]["name"] == event["organizer"]["name"] == "榕树社区渝好空间"
        address = event["location"]["address"]
        assert address["@type"] == "PostalAddress"
        assert address["streetAddress"] == "测试路1号"
        assert address["addressLocality"].endswith("区")
        assert event["typicalAgeRange"] == "3-6"
        assert event["isAccessibleForFree"] is False
        assert event["offers"].keys() >= OFFER
        assert event["offers"]["price"] == "9.90"
        assert event["offers"]["priceCurrency"] == "CNY"
        assert event["offers"]["availability"].endswith("/InStock")
        assert event["url"] == f"https://hub.example/slots/{slot}"

    @pytest.mark.parametrize(
        ("given", "status", "availability"),
        [
            ({"state": SlotState.CALLED_OFF}, "EventCancelled", "SoldOut"),
            ({"places_left": 0}, "EventScheduled", "SoldOut"),
            ({"opens_at": datetime(2026, 11, 24, 1, tzinfo=UTC)}, "EventScheduled", "PreOrder"),
        ],
    )
    def test_says_whether_one_can_still_come(
        self,
        head: Callable[[str], Head],
        saved: Save,
        given: dict[str, Any],
        status: str,
        availability: str,
    ) -> None:
        (event,) = head(f"/slots/{saved(a_slot(**given))}").records
        assert event["eventStatus"] == f"https://schema.org/{status}"
        assert event["offers"]["availability"] == f"https://schema.org/{availability}"

    def test_of_a_whole_series_runs_from_its_first_date_to_its_last(
        self, head: Callable[[str], Head], saved: Save
    ) -> None:
        first = a_slot(an_activity(title="合唱"), fee_fen=1000)
        last = a_slot(first.activity, starts_at=first.starts_at + timedelta(weeks=1), fee_fen=1000)
        days = {"starts_on": first.starts_at.date(), "ends_on": last.starts_at.date()}
        series = Series(activity=first.activity, name="第 1 期", is_whole=True, **days)
        first.series = last.series = series
        (record,) = head(f"/series/{saved(series, first, last)[0]}").records
        assert record["@type"] == "EventSeries"
        assert record["name"] == "合唱 第 1 期"
        assert record.keys() >= EVENT
        assert record["startDate"] == "2026-11-24T14:00:00+08:00"
        assert record["endDate"] == "2026-12-01T15:30:00+08:00"
        assert record["offers"]["price"] == "20.00"

    def test_of_a_centre_is_a_place_with_its_hours(
        self, head: Callable[[str], Head], saved: Save
    ) -> None:
        centre = a_centre(name="榕树社区渝好空间", phone="")
        centre.opening_hours = [OpeningHours(weekday=0, opens=time(9), closes=time(18))]
        (place,) = head(f"/centres/{saved(centre)}").records
        assert place["@type"] == "Place"
        assert place.keys() >= {"name", "address", "url", "openingHoursSpecification"}
        assert "telephone" not in place
        (hours,) = place["openingHoursSpecification"]
        assert hours["dayOfWeek"] == "https://schema.org/Monday"
        assert (hours["opens"], hours["closes"]) == ("09:00", "18:00")

    def test_is_not_left_by_a_title_that_closes_it(self, browser: Browser, saved: Save) -> None:
        slot = saved(a_slot(an_activity(title=HOSTILE[:60])))
        html = browser.visit(f"/slots/{slot}").html
        found = Head(html)
        assert found.records[0]["name"] == HOSTILE[:60]
        assert not [source for source in found.scripts if "evil" in source]
        assert unescape(found.meta["og:title"]).startswith(HOSTILE[:60])


def test_a_private_page_is_kept_out_of_search_and_its_preview_names_nobody(
    app: Flask, cast: Cast, saved: Save
) -> None:
    guardian = a_guardian()
    child = a_child(guardian.household, name="小满满")
    slot = a_slot(an_activity(title="绘本"))
    booking = a_booking(slot, child)
    saved(guardian, child, slot, booking)
    with app.app_context():
        db.session.add(booking)
        number, person, account = booking.number, child.id, guardian.account_id
    browser = Browser(app).sign_in(account)
    for url in (
        "/me",
        "/family",
        f"/family/persons/{person}",
        f"/family/persons/{person}/removal",
        "/bookings",
        f"/bookings/{number}",
        f"/bookings/{number}/cancellation",
        "/sign-in",
        "/booked",
    ):
        page = (Browser(app) if url == "/sign-in" else browser).visit(url)
        found = Head(page.html)
        assert found.meta["robots"] == "noindex", url
        assert found.meta["og:title"] == "渝好空间", url
        assert not found.records, url
        assert not found.canonical, url
        assert "小满满" not in page.title, url


def test_a_slot_costs_no_query_more_for_being_shared(
    browser: Browser, saved: Save, queries: list[str]
) -> None:
    slot = saved(a_slot())
    queries.clear()
    browser.visit(f"/slots/{slot}")
    assert len(queries) <= 1, queries
