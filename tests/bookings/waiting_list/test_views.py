"""A place that is held until the family answers, by the link of a message or on its pages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as clocks
from hub.actor import Actor
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import Booking
from hub.bookings.slot_changes import actions as slot_changes
from hub.bookings.waiting_list import views as offers
from hub.db import db, transaction
from hub.timetable.models import Slot
from tests.aliases import Book, Clock, Make
from tests.browser import Browser
from tests.cast import Cast


@pytest.fixture
def offered(
    cast: Cast,
    a_place: Make,
    fill_up: Callable[..., None],
    booked: Book,
    give_up: Callable[..., None],
    offer_of: Callable[[str], str],
) -> Callable[..., tuple[int, str, str]]:
    """A full slot for which the family waited: the slot, the booking number, the token."""

    def make(*persons: int, **given: Any) -> tuple[int, str, str]:
        slot = a_place(capacity=3, **given)
        fill_up(slot)
        number = booked(slot, cast.mother, *(persons or [cast.xiaoman]))
        give_up(slot, cast.other_mother, places=max(len(persons), 1))
        return slot, number, offer_of(number)

    return make


def states(app: Flask, slot_id: int) -> list[str]:
    with app.app_context():
        of_slot = select(Booking.state).where(Booking.slot_id == slot_id).order_by(Booking.id)
        assert not list(inconsistencies())
        return [state.value for state in db.session.scalars(of_slot)]


class TestTheLink:
    def test_shows_what_when_and_until_when_to_everybody_who_has_it_and_no_names(
        self, browser: Browser, offered: Callable[..., tuple[int, str, str]]
    ) -> None:
        _slot, _number, token = offered()
        page = browser.visit(f"/offers/{token}")
        for words in ("亲子绘本", "14:00–15:30", "榕树社区", "给您留了 1 个名额", "今天", "12:00"):
            assert words in page.text
        assert "小满" not in page.html

    def test_says_how_many_places_are_held_for_a_party(
        self, browser: Browser, cast: Cast, offered: Callable[..., tuple[int, str, str]]
    ) -> None:
        _slot, _number, token = offered(cast.xiaoman, cast.duoduo)
        assert "给您留了 2 个名额" in browser.visit(f"/offers/{token}").text

    def test_accepts_without_signing_in(
        self,
        app: Flask,
        browser: Browser,
        mother: Browser,
        offered: Callable[..., tuple[int, str, str]],
    ) -> None:
        slot, number, token = offered()
        stranger = Browser(app)
        page = stranger.submit(stranger.visit(f"/offers/{token}"), form="/acceptance")
        assert "确认好了" in page.text
        assert states(app, slot)[-1] == "confirmed"
        assert "约好了" in mother.visit(f"/bookings/{number}").text

    def test_refuses_and_the_next_one_is_asked(
        self,
        app: Flask,
        browser: Browser,
        cast: Cast,
        offered: Callable[..., tuple[int, str, str]],
        booked: Book,
        offer_of: Callable[[str], str],
    ) -> None:
        slot, _number, token = offered()
        next_one = booked(slot, cast.other_mother, cast.amu)
        page = browser.submit(browser.visit(f"/offers/{token}"), form="/refusal")
        assert "已经让给别人" in page.text
        assert states(app, slot)[-2:] == ["cancelled", "offered"]
        assert offer_of(next_one)

    @pytest.mark.parametrize(
        ("answer", "says"), [("acceptance", "确认好了"), ("refusal", "已经让给")]
    )
    def test_answered_twice_says_the_same_again(
        self, browser: Browser, offered: Callable[..., tuple[int, str, str]], answer: str, says: str
    ) -> None:
        _slot, _number, token = offered()
        asked = browser.visit(f"/offers/{token}")
        assert says in browser.submit(asked, form=f"/{answer}").text
        assert says in browser.submit(asked, form=f"/{answer}").text
        assert says in browser.visit(f"/offers/{token}").text

    def test_refused_after_it_was_accepted_stays_accepted(
        self, app: Flask, browser: Browser, offered: Callable[..., tuple[int, str, str]]
    ) -> None:
        slot, _number, token = offered()
        asked = browser.visit(f"/offers/{token}")
        browser.submit(asked, form="/acceptance")
        assert "确认好了" in browser.submit(asked, form="/refusal").text
        assert states(app, slot)[-1] == "confirmed"

    def test_opened_too_late_says_so_and_takes_no_answer(
        self,
        app: Flask,
        browser: Browser,
        offered: Callable[..., tuple[int, str, str]],
        clock: Clock,
    ) -> None:
        slot, _number, token = offered()
        asked = browser.visit(f"/offers/{token}")
        clock.shift(timedelta(hours=2))
        assert "过了确认的时间" in browser.submit(asked, form="/acceptance").text
        page = browser.visit(f"/offers/{token}")
        assert not [form for form in page.forms if "/offers" in form.action]
        assert page.links["这一场的详情"] == f"/slots/{slot}"
        assert states(app, slot)[-1] == "cancelled"  # whether the worker runs or not

    def test_of_a_slot_that_was_called_off_says_why(
        self, app: Flask, browser: Browser, cast: Cast, offered: Callable[..., tuple[int, str, str]]
    ) -> None:
        slot, _number, token = offered()
        with app.app_context(), transaction():
            row = db.session.get_one(Slot, slot)
            slot_changes.call_off(row, "停水", by=Actor(cast.manager, clocks.now()))
        page = browser.visit(f"/offers/{token}")
        assert "收回了" in page.text
        assert "停办了：停水" in page.text

    def test_of_a_booking_that_was_cancelled_after_it_was_accepted_says_so(
        self, app: Flask, mother: Browser, offered: Callable[..., tuple[int, str, str]]
    ) -> None:
        _slot, number, token = offered()
        mother.submit(mother.visit(f"/offers/{token}"), form="/acceptance")
        mother.submit(mother.visit(f"/bookings/{number}/cancellation"), form="/cancellation")
        assert "后来取消了" in Browser(app).visit(f"/offers/{token}").text

    def test_that_nobody_was_given_is_not_found(
        self, browser: Browser, offered: Callable[..., tuple[int, str, str]]
    ) -> None:
        _slot, _number, token = offered()
        sent = browser.visit(f"/offers/{token}").form("/acceptance").fields
        browser.visit("/offers/AAAAAAAAAAAAAAAAAAAAAA", 404)
        browser.post("/offers/AAAAAAAAAAAAAAAAAAAAAA/acceptance", sent, 404)

    def test_answers_nothing_without_the_token_of_its_form(
        self, app: Flask, browser: Browser, offered: Callable[..., tuple[int, str, str]]
    ) -> None:
        slot, _number, token = offered()
        browser.post(f"/offers/{token}/acceptance", {}, 400)
        assert states(app, slot)[-1] == "offered"

    def test_is_answered_so_many_times_from_one_address_and_no_more(
        self,
        app: Flask,
        browser: Browser,
        offered: Callable[..., tuple[int, str, str]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(offers, "ANSWERS_PER_ADDRESS_AND_HOUR", 1)
        slot, _number, token = offered()
        asked = browser.visit(f"/offers/{token}")
        sent = asked.form("/acceptance").fields
        browser.post("/offers/AAAAAAAAAAAAAAAAAAAAAA/acceptance", sent, 404)
        browser.submit(asked, 429, form="/acceptance")
        assert states(app, slot)[-1] == "offered"

    def test_takes_one_query(
        self, browser: Browser, queries: list[str], offered: Callable[..., tuple[int, str, str]]
    ) -> None:
        _slot, _number, token = offered()
        queries.clear()
        browser.visit(f"/offers/{token}")
        assert len(queries) <= 1


class TestOnTheFamilysPages:
    def test_it_stands_above_all_other_bookings_and_is_answered_there(
        self, app: Flask, mother: Browser, cast: Cast, offered: Callable[..., tuple[int, str, str]]
    ) -> None:
        slot, _number, _token = offered(cast.xiaoman, cast.duoduo)
        page = mother.visit("/bookings")
        assert page.text.index("有名额等您确认") < page.text.index("要去的")
        assert "小满、朵朵" in page.text
        assert "12:00" in page.text
        mother.submit(page, form="/acceptance")
        assert states(app, slot)[-2:] == ["confirmed", "confirmed"]
        assert "有名额等您确认" not in mother.visit("/bookings").text

    def test_the_booking_says_until_when_and_takes_the_answer(
        self, app: Flask, mother: Browser, offered: Callable[..., tuple[int, str, str]]
    ) -> None:
        slot, number, _token = offered()
        page = mother.visit(f"/bookings/{number}")
        assert "等您确认" in page.text
        assert "12:00" in page.text
        mother.submit(page, form="/refusal")
        assert states(app, slot)[-1] == "cancelled"
        assert "让给下一位" in mother.visit(f"/bookings/{number}").text

    def test_another_family_does_not_see_it(
        self, app: Flask, cast: Cast, offered: Callable[..., tuple[int, str, str]]
    ) -> None:
        _slot, number, token = offered()
        other = Browser(app).sign_in(cast.other_mother)
        assert token not in other.visit("/bookings").html
        other.visit(f"/bookings/{number}", 404)

    def test_the_slots_page_says_it_too(
        self, mother: Browser, offered: Callable[..., tuple[int, str, str]]
    ) -> None:
        slot, number, _token = offered()
        page = mother.visit(f"/slots/{slot}")
        assert "给小满留了名额" in page.text
        assert page.links["看预约"] == f"/bookings/{number}"

    def test_takes_one_query_more_however_many_there_are(
        self,
        mother: Browser,
        queries: list[str],
        cast: Cast,
        offered: Callable[..., tuple[int, str, str]],
    ) -> None:
        def count() -> int:
            queries.clear()
            mother.visit("/bookings")
            return len(queries)

        assert count() == 4
        offered(cast.xiaoman, cast.duoduo)
        assert count() == 5
        offered(cast.xiaoman, starts_at=clocks.now() + timedelta(days=3))
        assert count() == 5
