"""Moving a booking to another slot of the same activity in one press."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from hub import clock as clocks
from hub.bookings.jobs.consistency import inconsistencies
from hub.catalogue.models import Activity
from hub.db import db
from hub.timetable.models import Series, Slot, SlotState
from tests.aliases import Book, Clock, Make, Save
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import a_slot, an_activity, tomorrow


@pytest.fixture
def two_slots(cast: Cast, a_place: Make, booked: Book) -> Callable[..., tuple[str, int, int]]:
    """小满 has a place tomorrow at 14:00; the same is on at 18:00: the number, and both slots."""

    def make(**other: Any) -> tuple[str, int, int]:
        first = a_place(capacity=3)
        return (
            booked(first, cast.mother, cast.xiaoman),
            first,
            a_place(starts_at=tomorrow(18), **other),
        )

    return make


def places_left(app: Flask, *slot_ids: int) -> list[int]:
    with app.app_context():
        assert not list(inconsistencies())
        return [db.session.get_one(Slot, slot_id).places_left for slot_id in slot_ids]


def test_one_press_exchanges_the_place(
    app: Flask, mother: Browser, two_slots: Callable[..., tuple[str, int, int]]
) -> None:
    number, first, second = two_slots(capacity=2)
    page = mother.visit(mother.visit(f"/bookings/{number}").links["改到别的场次"])
    page = mother.submit(page, form="/move", slot=str(second))
    assert "约好了" in page.text
    assert "18:00–19:30" in page.text
    assert places_left(app, first, second) == [3, 1]
    old = mother.visit(f"/bookings/{number}")
    assert "已改期" in old.text
    assert old.links["看新的预约"] == page.url


def test_sent_twice_moves_once_and_leads_to_the_same_booking(
    app: Flask, mother: Browser, two_slots: Callable[..., tuple[str, int, int]]
) -> None:
    number, first, second = two_slots(capacity=2)
    asked = mother.visit(f"/bookings/{number}/move")
    once = mother.submit(asked, form="/move", slot=str(second))
    assert mother.submit(asked, form="/move", slot=str(second)).url == once.url
    assert mother.visit(f"/bookings/{number}/move").url == once.url
    assert places_left(app, first, second) == [3, 1]


def test_without_a_place_there_the_old_booking_stands_and_the_page_says_so(
    app: Flask,
    mother: Browser,
    two_slots: Callable[..., tuple[str, int, int]],
    fill_up: Callable[..., None],
) -> None:
    number, first, second = two_slots(capacity=1)
    asked = mother.visit(f"/bookings/{number}/move")
    fill_up(second)
    page = mother.submit(asked, 422, form="/move", slot=str(second))
    assert "原来的预约还在" in page.text
    assert places_left(app, first, second) == [2, 0]
    assert "约好了" in mother.visit(f"/bookings/{number}").text


def test_refused_by_a_rule_the_old_booking_stands_and_the_page_says_so(
    app: Flask,
    mother: Browser,
    cast: Cast,
    two_slots: Callable[..., tuple[str, int, int]],
    booked: Book,
) -> None:
    number, first, second = two_slots()
    booked(second, cast.mother, cast.xiaoman)
    page = mother.visit(f"/bookings/{number}/move")
    page = mother.submit(page, 422, form="/move", slot=str(second))
    assert "已经约过这一场" in page.text
    assert "原来的预约还在" in page.text
    assert places_left(app, first, second) == [2, 9]


def test_only_slots_of_the_activity_that_have_places_now_are_offered(
    app: Flask,
    mother: Browser,
    cast: Cast,
    two_slots: Callable[..., tuple[str, int, int]],
    a_place: Make,
) -> None:
    number, _first, second = two_slots()
    a_place(starts_at=tomorrow(8), capacity=1, taken=1)
    a_place(starts_at=tomorrow(10), state=SlotState.CALLED_OFF)
    a_place(starts_at=tomorrow(20), opens_at=clocks.now() + timedelta(minutes=1))
    with app.app_context():
        centre = db.session.get_one(Activity, cast.activity).centre
        db.session.add(a_slot(an_activity(centre), starts_at=tomorrow(12)))
        db.session.commit()
    assert mother.visit(f"/bookings/{number}/move").form("/move").choices["slot"] == [str(second)]


def test_a_slot_of_another_activity_is_refused_even_by_a_hand_made_request(
    app: Flask,
    mother: Browser,
    two_slots: Callable[..., tuple[str, int, int]],
    saved: Save,
) -> None:
    number, first, _second = two_slots()
    elsewhere = saved(a_slot())
    asked = mother.visit(f"/bookings/{number}/move").form("/move")
    page = mother.post(asked.action, asked.fields | {"slot": str(elsewhere)}, 422)
    assert "同一个活动" in page.text
    assert places_left(app, first) == [2]
    mother.post(asked.action, asked.fields | {"slot": "999999"}, 404)


@pytest.mark.parametrize("typed", ["", "x", "9" * 400])
def test_without_a_slot_it_is_asked_for(
    mother: Browser, two_slots: Callable[..., tuple[str, int, int]], typed: str
) -> None:
    number, _first, _second = two_slots()
    asked = mother.visit(f"/bookings/{number}/move").form("/move")
    page = mother.post(asked.action, asked.fields | {"slot": typed}, 422)
    assert "请选择改到哪一场" in page.text


def test_after_the_deadline_the_page_says_why_not(
    app: Flask,
    mother: Browser,
    two_slots: Callable[..., tuple[str, int, int]],
    clock: Clock,
) -> None:
    number, first, second = two_slots()
    asked = mother.visit(f"/bookings/{number}/move")
    clock.move_to(tomorrow(13), tick=False)
    assert "改到别的场次" not in mother.visit(f"/bookings/{number}").links
    assert "取消要在" in mother.visit(f"/bookings/{number}/move").text
    assert "取消要在" in mother.submit(asked, 422, form="/move", slot=str(second)).text
    assert places_left(app, first, second) == [2, 10]


def test_a_turn_on_the_waiting_list_cannot_be_moved(
    app: Flask,
    mother: Browser,
    cast: Cast,
    a_place: Make,
    fill_up: Callable[..., None],
    booked: Book,
) -> None:
    slot = a_place(capacity=1)
    fill_up(slot)
    number = booked(slot, cast.mother, cast.xiaoman)
    assert "改到别的场次" not in mother.visit(f"/bookings/{number}").links
    assert "只有约好的" in mother.visit(f"/bookings/{number}/move").text


def test_a_date_of_a_whole_series_is_left_and_not_moved(
    app: Flask, mother: Browser, two_slots: Callable[..., tuple[str, int, int]]
) -> None:
    number, first, second = two_slots()
    asked = mother.visit(f"/bookings/{number}/move")
    with app.app_context():
        slot = db.session.get_one(Slot, first)
        day = clocks.local(slot.starts_at).date()
        slot.series = Series(
            activity=slot.activity, name="冬季班", is_whole=True, starts_on=day, ends_on=day
        )
        db.session.commit()
    assert "请假" in mother.submit(asked, 422, form="/move", slot=str(second)).text
    assert places_left(app, first, second) == [2, 10]


def test_only_the_family_sees_and_moves_it(
    app: Flask, browser: Browser, cast: Cast, two_slots: Callable[..., tuple[str, int, int]]
) -> None:
    number, first, second = two_slots()
    address = f"/bookings/{number}/move"
    assert Browser(app).visit(address).url.startswith("/sign-in")
    other = Browser(app).sign_in(cast.other_mother)
    other.visit(address, 404)
    token = other.token()
    other.post(address, {"csrf_token": token, "slot": str(second)}, 404)
    assert places_left(app, first, second) == [2, 10]


def test_the_list_takes_the_same_number_of_queries_however_long_it_is(
    mother: Browser,
    queries: list[str],
    two_slots: Callable[..., tuple[str, int, int]],
    a_place: Make,
) -> None:
    number, _first, _second = two_slots()

    def count() -> int:
        queries.clear()
        mother.visit(f"/bookings/{number}/move")
        return len(queries)

    assert count() == 3
    for day in range(3, 8):
        a_place(starts_at=clocks.now() + timedelta(days=day))
    assert count() == 3
