"""What a proxy may keep: pages for strangers, and never anything of somebody with a session."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask, session
from werkzeug.test import TestResponse

from hub.catalogue.models import Admission
from hub.db import db
from hub.timetable.models import Slot
from hub.web.security import Admits, open_to, same_for_strangers
from tests.aliases import Save
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import a_slot

PUBLIC = "public, max-age=0, s-maxage=10, stale-while-revalidate=30"
SHARED = {
    "slots.show_slot",
    "draws.show_draw",
    "draws.show_list",
    "series.show_series",
    "timetable.centres",
    "timetable.find",
    "timetable.home",
    "timetable.show_centre",
}
OF_THE_SITE_ITSELF = {  # the same for everybody, signed in or not
    "offline.show_manifest",
    "offline.show_worker",
    "sitemap.show_pages",
    "sitemap.show_robots",
    "sitemap.show_sitemap",
    "sitemap.show_slots",
}
TODAY = date(2026, 11, 23)
Answers = Callable[[Callable[[], Browser]], Iterator[tuple[str, TestResponse]]]


@pytest.fixture
def slot(saved: Save) -> int:
    """Open for booking."""
    return int(saved(a_slot()))


@pytest.fixture
def answers(app: Flask, cast: Cast, slot: int) -> Answers:
    """Every address that can be looked at, and what it answers."""
    names: dict[str, object] = {
        "slot_id": slot,
        "centre_id": cast.centre,
        "person_id": cast.xiaoman,
        "day": TODAY,
    }

    def of_all(anybody: Callable[[], Browser]) -> Iterator[tuple[str, TestResponse]]:
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()):
                continue
            values = {name: names.get(name, 1) for name in rule.arguments}
            with app.test_request_context():
                built = rule.build(values)
            if built is not None:
                yield rule.endpoint, anybody().client.get(built[1])

    return of_all


def is_shared(answer: TestResponse) -> bool:
    return "public" in answer.headers["Cache-Control"]


def test_the_list_of_pages_that_may_be_shared_is_changed_on_purpose(wordless_app: Flask) -> None:
    found = {
        endpoint
        for endpoint, view in wordless_app.view_functions.items()
        if getattr(view, "same_for_strangers", False)
    }
    assert found == SHARED
    assert all(
        getattr(wordless_app.view_functions[name], "admits", None) is Admits.EVERYONE
        for name in found
    )


def test_a_stranger_may_be_shown_what_another_was_shown(app: Flask, answers: Answers) -> None:
    shared = set()
    for endpoint, answer in answers(lambda: Browser(app)):
        if not is_shared(answer) or endpoint in OF_THE_SITE_ITSELF:
            continue
        shared.add(endpoint)
        assert answer.headers["Cache-Control"] == PUBLIC
        assert "Set-Cookie" not in answer.headers, endpoint
        assert "csrf_token" not in answer.text, endpoint
        varies = {name.lower() for name in answer.vary}
        assert {"cookie", "accept-encoding", "hx-request", "hx-target"} <= varies, endpoint
    assert shared == SHARED - {"draws.show_draw", "draws.show_list", "series.show_series"}


@pytest.mark.parametrize("who", ["mother", "stranger", "clerk", "administrator"])
def test_nothing_that_somebody_with_a_session_is_shown_may_be_kept(
    browser: Browser, cast: Cast, answers: Answers, who: str
) -> None:
    browser.sign_in(getattr(cast, who))
    for endpoint, answer in answers(lambda: browser):
        if endpoint not in OF_THE_SITE_ITSELF:
            assert answer.headers["Cache-Control"] == "no-store", endpoint
            assert "ETag" not in answer.headers, endpoint


@pytest.mark.parametrize("who", ["mother", "clerk", "administrator"])
def test_what_may_be_kept_for_all_never_carries_the_cookie_of_one(
    browser: Browser, cast: Cast, answers: Answers, who: str
) -> None:
    """A cache that keeps /robots.txt with it signs the next visitor in as somebody else."""
    browser.sign_in(getattr(cast, who))
    shared = [one for one in answers(lambda: browser) if is_shared(one[1])]
    assert {endpoint for endpoint, _answer in shared} >= {"sitemap.show_robots"}
    assert [name for name, answer in shared if "Set-Cookie" in answer.headers] == []


def test_nor_of_somebody_who_has_one_without_being_signed_in(browser: Browser, slot: int) -> None:
    browser.visit("/sign-in")  # its form has a token
    answer = browser.client.get(f"/slots/{slot}")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["/", "/slots", "/centres", "/slots/{slot}"])
def test_an_unchanged_page_is_not_sent_again(browser: Browser, slot: int, address: str) -> None:
    address = address.format(slot=slot)
    tag = browser.client.get(address).headers["ETag"]
    for packed in ("gzip", "br", "identity"):
        headers = {"If-None-Match": tag, "Accept-Encoding": packed}
        again = browser.client.get(address, headers=headers)
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == PUBLIC


def test_a_changed_page_is(app: Flask, browser: Browser, slot: int) -> None:
    tag = browser.client.get(f"/slots/{slot}").headers["ETag"]
    with app.app_context():
        db.session.get_one(Slot, slot).places_left -= 1
        db.session.commit()
    answer = browser.client.get(f"/slots/{slot}", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag


def test_a_part_of_a_page_is_another_thing_than_the_page(browser: Browser, slot: int) -> None:
    whole = browser.client.get(f"/slots/{slot}")
    part = browser.client.get(
        f"/slots/{slot}", headers={"HX-Request": "true", "HX-Target": "places"}
    )
    assert is_shared(whole)
    assert whole.headers["ETag"] != part.headers["ETag"]


def test_a_countdown_is_not_shared_for_it_would_be_late(browser: Browser, saved: Save) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    slot = saved(a_slot(opens_at=soon))
    answer = browser.client.get(f"/slots/{slot}")
    assert "data-opens-in" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_draw_is_shared_like_the_slot(browser: Browser, saved: Save) -> None:
    ends = datetime.now(UTC) + timedelta(hours=2)
    slot = saved(a_slot(admission=Admission.DRAW, entries_until=ends))
    assert is_shared(browser.client.get(f"/slots/{slot}/draw"))


def test_a_view_that_begins_a_session_is_not_shared_whatever_it_says(own_app: Flask) -> None:
    @own_app.get("/careless")
    @open_to(Admits.EVERYONE)
    @same_for_strangers
    def careless() -> str:
        session["who"] = "somebody"
        return "for you alone"

    assert not is_shared(own_app.test_client().get("/careless"))


def test_a_page_of_another_language_or_district_says_that_it_varies_by_cookie(
    browser: Browser, slot: int
) -> None:
    browser.client.set_cookie("language", "en")
    answer = browser.client.get(f"/slots/{slot}")
    assert 'lang="en"' in answer.text
    assert is_shared(answer)
    assert "cookie" in {name.lower() for name in answer.vary}
    browser.client.delete_cookie("language")
    chinese = browser.client.get(f"/slots/{slot}", headers={"Accept-Language": "en"})
    assert 'lang="zh-CN"' in chinese.text, "by nothing but the cookie, else Vary must say so"
