"""Two bars of signal: nothing is lost or doubled, and the page says what happened."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from flask import Flask, request
from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select

from hub.bookings.models import Booking
from hub.catalogue.models import Activity
from hub.db import db
from hub.families.models import Person
from tests.cast import Cast
from tests.chromium import Phone, cookie_of
from tests.makers import a_booking, a_slot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Phones = Callable[..., Phone]
NOT_SENT = "网络断了，没有提交成功；您填的还在，连上以后再按一次。"
UNSURE = "没有收到回音"
KEPT = """async () => {
  const found = {};
  for (const name of await caches.keys())
    found[name.split("-")[0]] = (await (await caches.open(name)).keys())
      .map((one) => new URL(one.url).pathname).sort();
  return found;
}"""


@pytest.fixture
def slot(app: Flask, cast: Cast) -> int:
    with app.app_context():
        slot = a_slot(db.session.get_one(Activity, cast.activity), capacity=3, places_left=3)
        db.session.add(slot)
        db.session.commit()
        return slot.id


@pytest.fixture
def number(app: Flask, cast: Cast) -> str:
    """Of 小满's booking, tomorrow."""
    with app.app_context():
        xiaoman = db.session.get_one(Person, cast.xiaoman)
        slot = a_slot(db.session.get_one(Activity, cast.activity), capacity=3, places_left=2)
        db.session.add(slot)
        db.session.flush()
        booking = a_booking(slot, xiaoman)
        db.session.add(booking)
        db.session.commit()
        return booking.number


@pytest.fixture
def asked(app: Flask) -> list[tuple[str, str]]:
    """What the server was asked for."""
    seen: list[tuple[str, str]] = []

    def note() -> None:
        seen.append((request.method, request.path))

    app.before_request_funcs[None].insert(0, note)
    return seen


@pytest.fixture
def slow(app: Flask) -> Event:
    """Once set, a form is not answered for a second."""
    is_slow = Event()

    @app.before_request_funcs[None].append
    def _wait() -> None:
        if is_slow.is_set():
            Event().wait(1)

    return is_slow


def count(app: Flask, model: type[Any]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def fill_in(page: Page) -> None:
    page.get_by_label("姓名").fill("乐乐")
    page.get_by_label("出生日期").fill("2020-05-01")
    page.get_by_label("女").check()


def trouble(page: Page) -> str:
    box = page.locator("#trouble")
    expect(box).to_be_visible()
    return box.inner_text()


def lose_answers(page: Page, pattern: str) -> None:
    """The server gets what is sent and does it; its answer never arrives. Once."""

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    page.context.route(pattern, lose, times=1)


@pytest.mark.parametrize("worker", [False, True], ids=["first visit", "with the worker"])
def test_a_form_that_cannot_be_sent_stays_as_it_is(
    phones: Phones, app: Flask, cast: Cast, worker: bool
) -> None:
    phone, before = phones(cast.mother, worker=worker), count(app, Person)
    page = a_visited(phone, "/family/persons/new") if worker else phone.visit("/family/persons/new")
    fill_in(page)
    phone.context.set_offline(True)
    page.get_by_role("button", name="加上").click()
    assert trouble(page) == NOT_SENT
    assert page.get_by_label("姓名").input_value() == "乐乐"
    assert count(app, Person) == before
    phone.context.set_offline(False)
    expect(page.locator("#trouble")).to_contain_text("网络通了")
    page.get_by_role("button", name="加上").click()
    page.wait_for_url("**/family")
    assert count(app, Person) == before + 1


def test_a_lost_answer_is_said_and_pressing_again_books_nothing_twice(
    phones: Phones, app: Flask, cast: Cast, slot: int
) -> None:
    phone = phones(cast.mother)
    page = phone.visit(f"/slots/{slot}")
    lose_answers(page, f"**/slots/{slot}/bookings")
    page.get_by_label("小满").check()
    page.locator("#places form button").click()
    assert UNSURE in trouble(page)
    assert "不会约重" in trouble(page)
    assert page.get_by_label("小满").is_checked()
    assert count(app, Booking) == 1, "the server had booked it"
    page.locator("#places form button").click()
    expect(page.locator("main")).to_contain_text("约好了")
    assert count(app, Booking) == 1


def test_a_plain_form_whose_answer_is_lost_stays_too(
    phones: Phones, app: Flask, cast: Cast
) -> None:
    phone, before = phones(cast.mother, worker=True), count(app, Person)
    page = a_visited(phone, "/family/persons/new")
    fill_in(page)
    lose_answers(page, "**/family/persons/new")
    page.get_by_role("button", name="加上").click()
    assert UNSURE in trouble(page)
    assert page.get_by_label("姓名").input_value() == "乐乐"
    assert count(app, Person) == before + 1
    page.get_by_role("button", name="加上").click()
    expect(page.locator("main")).to_contain_text("已经")
    assert count(app, Person) == before + 1


def test_what_is_pressed_twice_is_sent_once(
    phones: Phones, app: Flask, cast: Cast, slot: int, asked: list[tuple[str, str]], slow: Event
) -> None:
    phone = phones(cast.mother)
    page = phone.visit(f"/slots/{slot}")
    page.get_by_label("小满").check()
    slow.set()
    page.locator("#places form").evaluate(
        "(form) => { form.requestSubmit(); setTimeout(() => form.requestSubmit(), 300); }"
    )
    expect(page.locator("main")).to_contain_text("约好了")
    slow.clear()
    phone.visit("/family/persons/new")
    fill_in(page)
    slow.set()
    page.locator("main form").evaluate(
        "(form) => { form.requestSubmit(); setTimeout(() => form.requestSubmit(), 300); }"
    )
    page.wait_for_url("**/family")
    sent = [path for method, path in asked if method == "POST"]
    assert sent == [f"/slots/{slot}/bookings", "/family/persons/new"]


def test_my_next_bookings_can_be_read_without_a_network(
    phones: Phones, cast: Cast, number: str, asked: list[tuple[str, str]]
) -> None:
    phone = phones(cast.mother, worker=True)
    page = a_visited(phone, "/bookings")
    page.wait_for_function(f"({KEPT})().then(({{ mine }}) => mine?.length === 2)")
    asked.clear()
    phone.visit("/bookings")
    assert asked.count(("GET", "/bookings")) == 1, "a page is asked for once"

    phone.context.set_offline(True)
    page.goto(f"{phone.site}/bookings/{number}")
    assert "没有网络：您看到的是 周一 11月23日 10:00 时的样子" in phone.text
    assert "亲子绘本" in phone.text
    assert "明天" not in page.locator(".moment").inner_text()
    assert page.locator(".qr svg").is_visible()
    header = page.locator(".site-header").bounding_box()
    assert header
    assert header["height"] < 200, "with its stylesheet"
    page.goto(f"{phone.site}/bookings")
    assert "没有网络" in phone.text
    assert "榕树社区" in phone.text
    page.goto(f"{phone.site}/slots")
    assert "网络断了" in phone.text
    page.goto(f"{phone.site}/family")
    assert "小满" not in phone.text


def test_what_is_kept_of_a_cancelled_booking_says_so_in_the_language_chosen_last(
    phones: Phones, cast: Cast, number: str
) -> None:
    page = with_copies(phone := phones(cast.mother, worker=True))
    phone.visit(f"/bookings/{number}/cancellation")
    phone.press("确定取消")
    phone.press("English")
    phone.context.set_offline(True)
    page.goto(f"{phone.site}/bookings/{number}")
    assert page.locator("html").get_attribute("lang") == "en"
    assert "约好了" not in phone.text
    page.goto(f"{phone.site}/slots")
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("how", ["退出这台设备", "在所有设备上退出"])
def test_nothing_of_it_stays_after_signing_out(
    phones: Phones, cast: Cast, number: str, how: str
) -> None:
    page = with_copies(phone := phones(cast.mother, worker=True))
    phone.visit("/me")
    for more in page.locator("main summary").all():
        more.click()
    page.get_by_role("button", name=how).click()
    page.wait_for_load_state("networkidle")
    assert set(page.evaluate(KEPT)) == {"files"}
    phone.context.set_offline(True)
    for address in ("/bookings", f"/bookings/{number}"):
        page.goto(phone.site + address)
        assert "网络断了" in phone.text
        assert "亲子绘本" not in phone.text


def test_nor_where_the_network_fails_while_signing_out(
    phones: Phones, cast: Cast, number: str
) -> None:
    page = with_copies(phone := phones(cast.mother, worker=True))
    phone.visit("/me")
    phone.context.route("**/sign-out", lambda route: route.abort())
    page.get_by_role("button", name="退出这台设备").click()
    assert UNSURE in trouble(page)
    assert set(page.evaluate(KEPT)) == {"files"}


def test_nor_when_the_sign_in_has_expired_or_is_somebody_elses(
    phones: Phones, app: Flask, cast: Cast, number: str
) -> None:
    page = with_copies(phone := phones(cast.mother, worker=True))
    phone.context.clear_cookies()
    phone.visit("/centres")
    assert set(page.evaluate(KEPT)) == {"files"}

    page = with_copies(phone := phones(cast.mother, worker=True))
    phone.context.add_cookies([cookie_of(app, cast.other_mother, phone.site)])
    phone.visit("/bookings")
    page.wait_for_function(f"({KEPT})().then(({{ mine }}) => mine?.length === 1)")
    assert page.evaluate(KEPT)["mine"] == ["/bookings"]
    phone.context.set_offline(True)
    page.goto(f"{phone.site}/bookings/{number}")
    assert "亲子绘本" not in phone.text


def a_visited(phone: Phone, path: str) -> Page:
    """The page at `path`, on a phone that has been here long enough for the worker to be ready."""
    phone.visit("/me")
    phone.page.evaluate("navigator.serviceWorker.register('/sw.js')")
    phone.page.evaluate("navigator.serviceWorker.ready")
    phone.page.wait_for_function("navigator.serviceWorker.controller")
    return phone.visit(path)


def with_copies(phone: Phone) -> Page:
    page = a_visited(phone, "/bookings")
    page.wait_for_function(f"({KEPT})().then(({{ mine }}) => mine?.length === 2)")
    return page
