"""The desk and a whole 期: all of its dates at once, and what is left of them given up."""

from flask import Flask

from hub.bookings.models import Booking
from hub.catalogue.models import Activity
from hub.db import db
from tests.aliases import Clock
from tests.bookings.series.acts import begin
from tests.bookings.series.whole import (
    DATES,
    a_family,
    booking_on,
    date_ids,
    enrol_family,
    places,
    states,
    whole_of,
)
from tests.browser import Browser
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.makers import tomorrow


def a_series(app: Flask, cast: Cast) -> int:
    with app.test_request_context():
        return whole_of(db.session.get_one(Activity, cast.activity), "第1期")


def book(browser: Browser, cast: Cast, slot_id: int) -> None:
    page = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}/bookings")
    page = browser.submit(page, form="/household", phone="138 0000 0001", channel="desk")
    assert "整期" in page.text
    browser.submit(page, form="/bookings", persons=str(cast.xiaoman))


def test_books_every_date_of_one_that_has_not_begun_and_the_family_is_told_once(
    desk: Desk, app: Flask, browser: Browser, cast: Cast
) -> None:
    series = a_series(app, cast)
    book(browser, cast, date_ids(app, series)[2])
    assert places(app, series) == [(1, 0)] * DATES
    assert [f"起整期 {DATES} 次" in text for text in desk.told()] == [True, True]  # two guardians


def test_books_the_one_date_of_one_that_has_begun(
    app: Flask, browser: Browser, cast: Cast, clock: Clock
) -> None:
    series = a_series(app, cast)
    begin(clock)
    book(browser, cast, date_ids(app, series)[2])
    assert places(app, series) == [(2, 0), (2, 0), (1, 0), (2, 0)]


def test_gives_up_all_dates_to_come_after_the_deadline(
    app: Flask,
    browser: Browser,
    cast: Cast,
    clock: Clock,
) -> None:
    series = a_series(app, cast)
    first = enrol_family(app, series, (cast.mother, [cast.xiaoman]))
    enrol_family(app, series, a_family(app))
    begin(clock)
    second = date_number(app, first, 1)
    page = browser.sign_in(cast.clerk).visit(f"/desk/bookings/{second}/cancellation")
    assert f"一起约的还有 {DATES - 2} 个" in page.text
    browser.submit(page, form="/cancellation", together="y")
    assert states(app, first) == ["confirmed", *["cancelled"] * (DATES - 1)]
    assert places(app, series) == [(0, 0), *[(1, 0)] * (DATES - 1)]


def date_number(app: Flask, number: str, date: int) -> str:
    with app.app_context():
        return db.session.get_one(Booking, booking_on(app, number, date)).number


def test_moves_no_single_date_out_of_a_whole_or_into_it(
    app: Flask, browser: Browser, cast: Cast, desk: Desk
) -> None:
    series = a_series(app, cast)
    number = enrol_family(app, series, (cast.mother, [cast.xiaoman]))
    desk.fill(tomorrow(18), confirmed=1, name="小宝")
    into, other = date_ids(app, series)[1], desk.fill(tomorrow(20), capacity=3)
    page = browser.sign_in(cast.clerk).visit(f"/desk/bookings/{number}")
    assert "改期" not in page.links
    single = desk.number_of("小宝1")
    offered = browser.visit(f"/desk/bookings/{single}/move")
    assert str(into) not in offered.form("/move").choices["slot"]
    sent = {"csrf_token": browser.token(), "slot": str(other)}
    assert (
        "整期的活动不能改其中一次" in browser.post(f"/desk/bookings/{number}/move", sent, 422).text
    )
    browser.post(f"/desk/bookings/{single}/move", sent | {"slot": str(into)}, 422)
    assert states(app, number) == ["confirmed"] * DATES
    assert desk.state_of(single) == "confirmed"
