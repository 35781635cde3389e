"""Bookings in the calendar of a phone: what it says, what it never says, and who may fetch it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import func, select

from hub import clock as clocks
from hub.actor import Actor
from hub.audit import AuditEntry
from hub.bookings.models import BookingState
from hub.calendars import feeds
from hub.calendars import views as calendar_pages
from hub.calendars.models import CalendarFeed
from hub.catalogue.models import Centre
from hub.db import db, transaction
from hub.families.models import Household, Person
from hub.timetable.models import Slot
from tests.aliases import Book, Clock, Make
from tests.at_once import at_once
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.makers import a_booking, tomorrow

PAGE = "/bookings/calendar"
WECHAT = "Mozilla/5.0 (Linux; Android 10) MicroMessenger/8.0.49"

# The library says of a property only that it is one of thirty types: Any is what we know.
Events = dict[str, Any]
Read = Callable[..., Events]


def address_on(page: Page) -> str:
    """The address of the feed that the page shows, without the host."""
    whole = page.html.partition('id="feed-address"')[2].partition('value="')[2].partition('"')[0]
    assert whole.startswith("http://"), whole
    return "/" + whole.split("/", 3)[3]


@pytest.fixture
def feed(mother: Browser) -> str:
    """The address of the mother's feed."""
    return address_on(mother.submit(mother.visit(PAGE), form=PAGE))


def events(body: str) -> Events:
    """The events of a calendar, by the number of the booking."""
    found = {}
    for event in Calendar.from_ical(body).walk("VEVENT"):
        found[str(event["URL"]).rpartition("/")[2]] = event
    return found


@pytest.fixture
def read(app: Flask) -> Read:
    """What a calendar that asks at this address gets."""

    def fetch(address: str) -> Events:
        response = app.test_client().get(address)
        assert response.status_code == 200
        assert response.mimetype == "text/calendar"
        return events(response.text)

    return fetch


class TestOneBooking:
    def test_has_its_time_in_chongqing_its_place_its_number_and_an_alarm(
        self, mother: Browser, cast: Cast, a_place: Make, booked: Book
    ) -> None:
        number = booked(a_place(), cast.mother, cast.xiaoman)
        proof = mother.visit(f"/bookings/{number}")
        assert proof.links["怎么去"].startswith("https://uri.amap.com/search?keyword=")
        assert number not in proof.links["怎么去"]
        answer = mother.client.get(proof.links["加到手机日历"])
        body = answer.text.replace("\r\n ", "")
        assert "BEGIN:VTIMEZONE\r\nTZID:Asia/Shanghai" in body
        assert "DTSTART;TZID=Asia/Shanghai:20261124T140000" in body
        assert "TRIGGER:-PT2H" in body
        [event] = events(answer.text).values()
        assert event["SUMMARY"] == "亲子绘本"
        assert event["STATUS"] == "CONFIRMED"
        assert event["CLASS"] == "PRIVATE"
        assert str(event["LOCATION"]).startswith("榕树社区渝好空间，测试路")
        assert f"{number[:3]} {number[3:6]} {number[6:]}" in event["DESCRIPTION"]
        assert event["URL"] == f"http://localhost/bookings/{number}"
        assert "ORGANIZER" not in event

    def test_tells_nobody_who_goes(
        self,
        app: Flask,
        mother: Browser,
        cast: Cast,
        a_place: Make,
        booked: Book,
    ) -> None:
        """A calendar is shared with colleagues, shown on a wall, stored by a provider."""
        number = booked(a_place(), cast.mother, cast.xiaoman, cast.duoduo)
        body = mother.client.get(f"/bookings/{number}/calendar.ics").text.replace("\r\n ", "")
        for private in ("小满", "朵朵", "陈岚", "13800000001", "2020"):
            assert private not in body.replace("Asia/Shanghai:2020", "")
        assert "cancellation" not in body

    def test_is_the_households_alone(
        self, browser: Browser, cast: Cast, a_place: Make, booked: Book
    ) -> None:
        address = f"/bookings/{booked(a_place(), cast.mother, cast.xiaoman)}/calendar.ics"
        assert browser.client.get(address).location == f"/sign-in?next={address}"
        for other in (cast.other_mother, cast.stranger, cast.clerk, cast.administrator):
            assert browser.sign_in(other).client.get(address).status_code == 404
        assert browser.sign_in(cast.grandmother).client.get(address).status_code == 200

    def test_that_only_waits_is_no_appointment(
        self, mother: Browser, cast: Cast, a_place: Make, booked: Book
    ) -> None:
        number = booked(a_place(capacity=1, taken=1), cast.mother, cast.xiaoman)
        assert "加到手机日历" not in mother.visit(f"/bookings/{number}").links
        assert mother.client.get(f"/bookings/{number}/calendar.ics").status_code == 404

    def test_is_not_left_in_a_shared_browser(
        self, mother: Browser, cast: Cast, a_place: Make, booked: Book
    ) -> None:
        number = booked(a_place(), cast.mother, cast.xiaoman)
        answer = mother.client.get(f"/bookings/{number}/calendar.ics")
        assert "no-store" in answer.headers["Cache-Control"]

    def test_of_a_made_up_centre_says_so(
        self,
        app: Flask,
        mother: Browser,
        cast: Cast,
        a_place: Make,
        booked: Book,
    ) -> None:
        number = booked(a_place(), cast.mother, cast.xiaoman)
        with app.app_context(), transaction():
            db.session.get_one(Centre, cast.centre).is_demo = True
        body = mother.client.get(f"/bookings/{number}/calendar.ics").text
        assert "演示数据" in body.replace("\r\n ", "")

    def test_inside_wechat_the_page_says_what_to_do_instead(
        self, mother: Browser, cast: Cast, a_place: Make, booked: Book
    ) -> None:
        number = booked(a_place(), cast.mother, cast.xiaoman)
        page = mother.visit(f"/bookings/{number}", headers={"User-Agent": WECHAT})
        assert "加到手机日历" not in page.links
        assert "在浏览器打开" in page.text


class TestTheFeed:
    def test_is_made_once_and_shown_to_both_guardians(
        self, app: Flask, mother: Browser, feed: str, cast: Cast
    ) -> None:
        again = mother.post(PAGE, mother.visit(PAGE).form("/renewal").fields)
        assert address_on(again) == feed
        assert address_on(Browser(app).sign_in(cast.grandmother).visit(PAGE)) == feed
        with app.app_context():
            made = select(func.count()).where(AuditEntry.act == "make_feed")
            assert db.session.scalar(made) == 1

    def test_made_by_both_guardians_at_once_is_one(self, app: Flask, cast: Cast) -> None:
        def make() -> None:
            with transaction():
                household = db.session.get_one(Household, cast.household)
                feeds.make_feed(household, by=Actor(cast.mother, clocks.now()))

        assert at_once(app, [make] * 8) == {"None": 8}
        with app.app_context():
            made = select(func.count()).where(AuditEntry.act == "make_feed")
            assert db.session.scalar(made) == 1

    def test_follows_a_booking_through_its_life(
        self,
        mother: Browser,
        cast: Cast,
        feed: str,
        read: Read,
        a_place: Make,
        booked: Book,
        clock: Clock,
    ) -> None:
        first, second = a_place(), a_place(starts_at=tomorrow(18))
        number = booked(first, cast.mother, cast.xiaoman)
        made = read(feed)[number]
        clock.shift(timedelta(minutes=5))
        moved = mother.submit(
            mother.visit(f"/bookings/{number}/move"), form="/move", slot=str(second)
        )
        after = read(feed)
        old, new = after[number], after[moved.url.rpartition("/")[2]]
        assert (made["STATUS"], old["STATUS"], new["STATUS"]) == (
            "CONFIRMED",
            "CANCELLED",
            "CONFIRMED",
        )
        assert old["UID"] == made["UID"] != new["UID"]
        assert old["SEQUENCE"] > made["SEQUENCE"]
        assert old["LAST-MODIFIED"].dt > made["LAST-MODIFIED"].dt
        assert old["SUMMARY"] == "已改期：亲子绘本"
        assert not old.walk("VALARM")

    def test_forgets_what_was_cancelled_after_six_weeks(
        self,
        mother: Browser,
        cast: Cast,
        feed: str,
        read: Read,
        a_place: Make,
        booked: Book,
        clock: Clock,
    ) -> None:
        number = booked(
            a_place(starts_at=tomorrow(14) + timedelta(days=20)), cast.mother, cast.xiaoman
        )
        mother.submit(mother.visit(f"/bookings/{number}/cancellation"), form="/cancellation")
        assert read(feed)[number]["SUMMARY"] == "已取消：亲子绘本"
        clock.shift(timedelta(days=41))
        assert number in read(feed)
        clock.shift(timedelta(days=2))
        assert number not in read(feed)

    def test_knows_nothing_of_turns_in_a_line(
        self,
        mother: Browser,
        cast: Cast,
        feed: str,
        read: Read,
        a_place: Make,
        booked: Book,
    ) -> None:
        number = booked(a_place(capacity=1, taken=1), cast.mother, cast.xiaoman)
        assert read(feed) == {}
        mother.submit(mother.visit(f"/bookings/{number}/cancellation"), form="/cancellation")
        assert read(feed) == {}

    def test_holds_nobody_elses_bookings(
        self,
        cast: Cast,
        feed: str,
        read: Read,
        a_place: Make,
        booked: Book,
    ) -> None:
        booked(a_place(), cast.other_mother, cast.amu)
        assert read(feed) == {}

    def test_is_not_found_once_it_is_renewed_or_stopped(
        self, app: Flask, mother: Browser, feed: str, read: Read
    ) -> None:
        other = address_on(mother.submit(mother.visit(PAGE), form="/renewal"))
        assert other != feed
        assert app.test_client().get(feed).status_code == 404
        assert read(other) == {}
        mother.submit(mother.visit(PAGE), form="/removal")
        assert app.test_client().get(other).status_code == 404
        with app.app_context():
            assert db.session.scalar(select(func.count(CalendarFeed.household_id))) == 0

    def test_cannot_be_guessed(self, app: Flask, feed: str) -> None:
        stranger = app.test_client()
        token = feed.removeprefix("/calendar/").removesuffix(".ics")
        assert len(token) == 43
        for guess in (token[:-1], token.swapcase(), token + "A", "%00", "1", "a" * 5000):
            assert stranger.get(f"/calendar/{guess}.ics").status_code in {400, 404}

    def test_is_not_shown_to_who_guesses_on_and_on(
        self, app: Flask, feed: str, read: Read, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calendar_pages, "GUESSES_PER_ADDRESS_AND_HOUR", 3)
        answers = [app.test_client().get(f"/calendar/{n}.ics").status_code for n in range(5)]
        assert answers == [404, 404, 404, 429, 429]
        read(feed)  # from the same address: nobody else's calendar stops for it

    def test_is_not_fetched_without_end(
        self, app: Flask, feed: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calendar_pages, "FETCHES_PER_FEED_AND_HOUR", 2)
        answers = [app.test_client().get(feed).status_code for _ in range(3)]
        assert answers == [200, 200, 429]

    def test_is_sent_again_only_when_something_has_changed(
        self,
        app: Flask,
        cast: Cast,
        feed: str,
        a_place: Make,
        booked: Book,
        clock: Clock,
    ) -> None:
        booked(a_place(), cast.mother, cast.xiaoman)
        first = app.test_client().get(feed)
        assert first.headers["Cache-Control"] == "private, no-cache"
        assert "Set-Cookie" not in first.headers
        assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n" in first.text
        seen = {"If-None-Match": first.headers["ETag"]}
        clock.shift(timedelta(hours=3))
        assert app.test_client().get(feed, headers=seen).status_code == 304
        booked(a_place(starts_at=tomorrow(18)), cast.mother, cast.xiaoman)
        assert app.test_client().get(feed, headers=seen).status_code == 200

    def test_changes_nothing_when_it_is_fetched_and_asks_the_same_of_many_bookings(
        self,
        app: Flask,
        cast: Cast,
        feed: str,
        read: Read,
        a_place: Make,
        booked: Book,
        queries: list[str],
    ) -> None:
        counts = []
        for hour in (9, 11, 13, 15):
            booked(a_place(starts_at=tomorrow(hour)), cast.mother, cast.xiaoman)
            queries.clear()
            read(feed)
            counts.append(len(queries))
        assert max(counts) <= 4, queries

    def test_needs_a_household(self, app: Flask, browser: Browser, cast: Cast) -> None:
        page = browser.sign_in(cast.stranger).visit(PAGE)
        assert not [form for form in page.forms if PAGE in form.action]
        sent = browser.visit("/family/persons/new").form("/new").fields
        for act in ("", "/renewal", "/removal"):
            assert browser.client.post(PAGE + act, data=sent).status_code == 404
        assert Browser(app).client.get(PAGE).location == f"/sign-in?next={PAGE}"

    def test_of_another_household_stays_when_one_is_stopped(
        self, app: Flask, mother: Browser, feed: str, read: Read, cast: Cast
    ) -> None:
        other = Browser(app).sign_in(cast.other_mother)
        others = address_on(other.submit(other.visit(PAGE), form=PAGE))
        mother.submit(mother.visit(PAGE), form="/removal")
        assert read(others) == {}


def test_a_whole_series_is_an_event_a_date_and_a_leave_takes_one_out(
    app: Flask, mother: Browser, cast: Cast, feed: str, read: Read, a_place: Make
) -> None:
    places = [a_place(starts_at=tomorrow(9) + timedelta(days=day)) for day in range(3)]
    with app.app_context(), transaction():
        slots = [db.session.get_one(Slot, slot_id) for slot_id in places]
        child = db.session.get_one(Person, cast.xiaoman)
        made = [a_booking(slot, child) for slot in slots]
        made[1].state = BookingState.ON_LEAVE
        db.session.add_all(made)
        db.session.flush()
        numbers = [booking.number for booking in made]
    found = read(feed)
    assert [found[number]["STATUS"] for number in numbers] == [
        "CONFIRMED",
        "CANCELLED",
        "CONFIRMED",
    ]
    assert found[numbers[1]]["SUMMARY"] == "已请假：亲子绘本"
