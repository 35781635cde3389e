"""A slot's page and the household's bookings, as people meet them."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from hub.bookings.models import BookingState
from hub.db import db
from hub.families.models import Household, Person
from hub.timetable.models import Slot, SlotState
from tests.aliases import Clock, Make
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import a_booking, a_child, tomorrow, years_ago


def book(browser: Browser, slot: int, person: int, expect: int = 200) -> Any:
    page = browser.visit(f"/slots/{slot}")
    return browser.submit(page, expect, form="/bookings", person=str(person))


class TestASlot:
    def test_shows_everything_needed_to_decide(self, browser: Browser, a_place: Make) -> None:
        page = browser.visit(f"/slots/{a_place(taken=3, fee_fen=2000)}")
        for words in ("亲子绘本", "余 7 个", "14:00–15:30", "¥20", "榕树社区", "023-00000000"):
            assert words in page.text
        assert "之前都可以取消" in page.text

    def test_leads_a_stranger_to_the_sign_in_page_and_back(
        self, browser: Browser, a_place: Make
    ) -> None:
        slot = a_place()
        link = browser.visit(f"/slots/{slot}").links["登录后预约"]
        assert link == f"/sign-in?next=/slots/{slot}"

    def test_leads_somebody_without_family_to_adding_a_person(
        self, browser: Browser, cast: Cast, a_place: Make
    ) -> None:
        page = browser.sign_in(cast.stranger).visit(f"/slots/{a_place()}")
        assert "/family/persons/new" in page.links["先添加家人"]

    def test_that_does_not_exist_is_not_found(self, browser: Browser) -> None:
        assert "404" not in browser.visit("/slots/999999", 404).title

    def test_does_not_offer_persons_it_is_not_for(
        self, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        page = mother.visit(f"/slots/{a_place(youngest_months=36)}")
        assert page.form("/bookings").choices["person"] == [str(cast.xiaoman)]
        assert "朵朵那天2岁" in page.text

    def test_does_not_offer_who_is_booked_already(
        self, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place(youngest_months=36)
        proof = book(mother, slot, cast.xiaoman)
        page = mother.visit(f"/slots/{slot}")
        assert page.links["看预约"] == proof.url
        assert not [form for form in page.forms if "/bookings" in form.action]

    def test_leads_a_family_it_is_not_for_to_what_is(
        self, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        page = mother.visit(f"/slots/{a_place(youngest_months=12 * 10, oldest_months=12 * 12)}")
        assert page.links["找适合小满的"] == "/slots?age=6"

    def test_chooses_the_only_person_it_fits(
        self, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        page = mother.visit(f"/slots/{a_place(youngest_months=36)}")
        assert page.form("/bookings").fields["person"] == str(cast.xiaoman)

    def test_that_is_called_off_says_why_and_offers_no_button(
        self, mother: Browser, a_place: Make
    ) -> None:
        slot = a_place(state=SlotState.CALLED_OFF, called_off_reason="停水")
        page = mother.visit(f"/slots/{slot}")
        assert "停办了：停水" in page.text
        assert not [form for form in page.forms if "/bookings" in form.action]

    def test_that_is_full_shows_other_dates_with_places(
        self, browser: Browser, a_place: Make
    ) -> None:
        other = a_place(starts_at=tomorrow(18))
        page = browser.visit(f"/slots/{a_place(capacity=1, taken=1, waiting=2)}")
        assert "已满，可候补" in page.text
        assert "2 位在候补" in page.text
        assert f"/slots/{other}" in page.hrefs


class TestBooking:
    def test_is_one_press_and_shows_the_proof(
        self, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        page = book(mother, a_place(), cast.xiaoman)
        assert page.url.startswith("/bookings/")
        assert "约好了" in page.text
        assert "小满" in page.text
        assert "<svg" in page.html
        assert "预约号" in page.text

    def test_of_a_full_slot_shows_the_turn(
        self, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        page = book(mother, a_place(capacity=1, taken=1, waiting=2), cast.xiaoman)
        assert "候补第 3 位" in page.text

    def test_sent_twice_is_made_once_and_answered_the_same(
        self, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        page = mother.visit(f"/slots/{a_place()}")
        first = mother.submit(page, form="/bookings", person=str(cast.xiaoman))
        again = mother.submit(page, form="/bookings", person=str(cast.xiaoman))
        assert first.url == again.url

    def test_without_a_person_asks_for_one(self, mother: Browser, a_place: Make) -> None:
        page = mother.visit(f"/slots/{a_place()}")
        page = mother.submit(page, 422, form="/bookings")
        assert "请选择给谁预约" in page.text

    def test_again_for_the_same_child_is_refused_beside_the_button_with_a_way_on(
        self, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place()
        left_open = mother.visit(f"/slots/{slot}")
        first = book(mother, slot, cast.xiaoman)
        page = mother.submit(left_open, 422, form="/bookings", person=str(cast.xiaoman))
        assert "小满已经约过这一场了" in page.text
        assert page.links["看这个预约"] == first.url
        assert page.form("/bookings").fields["person"] == str(cast.xiaoman)

    def test_of_somebody_elses_child_is_refused_like_one_that_does_not_exist(
        self, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        page = mother.visit(f"/slots/{a_place()}")
        sent = page.form("/bookings").fields | {"person": str(cast.amu)}
        theirs = mother.post(page.form("/bookings").action, sent, 422)
        nobodys = mother.post(page.form("/bookings").action, sent | {"person": "999999"}, 422)
        assert theirs.text == nobodys.text
        assert "阿木" not in theirs.text

    def test_of_a_person_it_does_not_fit_is_refused_even_by_a_hand_made_request(
        self, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        page = mother.visit(f"/slots/{a_place(youngest_months=36)}")
        sent = page.form("/bookings").fields | {"person": str(cast.duoduo)}
        page = mother.post(page.form("/bookings").action, sent, 422)
        assert "这一场适合" in page.text

    def test_when_places_and_waiting_list_are_full_says_what_else_there_is(
        self, mother: Browser, cast: Cast, a_place: Make, fill_up: Callable[..., None]
    ) -> None:
        slot = a_place(capacity=1, waiting_limit=1)
        left_open = mother.visit(f"/slots/{slot}")
        fill_up(slot, waiting=1)
        for page in (
            mother.visit(f"/slots/{slot}"),
            mother.submit(left_open, 422, form="/bookings", person=str(cast.xiaoman)),
        ):
            assert "候补也排满了" in page.text
            assert "看看别的场次" in page.links

    def test_after_the_window_has_closed_meanwhile_says_so(
        self,
        mother: Browser,
        cast: Cast,
        a_place: Make,
        clock: Clock,
    ) -> None:
        page = mother.visit(f"/slots/{a_place()}")
        clock.move_to(tomorrow(14), tick=False)
        page = mother.submit(page, 422, form="/bookings", person=str(cast.xiaoman))
        assert "已经开始了" in page.text

    def test_by_a_stranger_leads_to_the_sign_in_page(
        self, browser: Browser, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place()
        page = browser.sign_in(cast.mother).visit(f"/slots/{slot}")
        with browser.client.session_transaction() as session:
            session.pop("_user_id")
        page = browser.submit(page, form="/bookings", person=str(cast.xiaoman))
        assert page.url.startswith("/sign-in")

    def test_without_the_token_of_the_form_is_refused(
        self, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        mother.post(f"/slots/{a_place()}/bookings", {"person": str(cast.xiaoman)}, 400)


class TestMyBookings:
    def test_are_coming_or_past(
        self,
        mother: Browser,
        cast: Cast,
        a_place: Make,
        clock: Clock,
    ) -> None:
        book(mother, a_place(), cast.xiaoman)
        page = mother.visit("/bookings")
        assert "要去的" in page.text
        assert "过去的和取消的" not in page.text
        clock.move_to(tomorrow(16), tick=False)
        page = mother.visit("/bookings")
        assert "还没有要去的预约" in page.text
        assert "过去的和取消的" in page.text
        assert "已结束" in page.text
        assert "约好了" not in page.text

    def test_are_shared_by_the_guardians_of_a_household_and_nobody_else(
        self, app: Flask, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        proof = book(mother, a_place(), cast.xiaoman).url
        assert "小满" in Browser(app).sign_in(cast.grandmother).visit(proof).text
        for account in (cast.other_mother, cast.stranger):
            somebody = Browser(app).sign_in(account)
            somebody.visit(proof, 404)
            somebody.visit(f"{proof}/cancellation", 404)
            assert "小满" not in somebody.visit("/bookings").text

    def test_lead_a_stranger_to_the_sign_in_page(self, browser: Browser) -> None:
        for address in ("/bookings", "/bookings/4821937756"):
            assert browser.visit(address).url.startswith("/sign-in")

    def test_are_not_found_by_a_wrong_number(self, mother: Browser) -> None:
        for number in ("1", "4821937755", "x" * 300):
            mother.visit(f"/bookings/{number}", 404)

    def test_led_to_the_roster_when_staff_scan_the_code(
        self, app: Flask, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place()
        proof = book(mother, slot, cast.xiaoman).url
        at_the_desk = Browser(app).sign_in(cast.clerk)
        assert at_the_desk.visit(proof).url == f"/desk/slots/{slot}"
        Browser(app).sign_in(cast.other_clerk).visit(proof, 404)


class TestCancelling:
    def test_asks_once_and_frees_the_place(
        self, mother: Browser, cast: Cast, a_place: Make, app: Flask
    ) -> None:
        slot = a_place(capacity=3)
        proof = book(mother, slot, cast.xiaoman)
        page = mother.visit(proof.links["取消预约"])
        page = mother.submit(page, form="/cancellation")
        assert "已取消" in page.text
        assert "余 3 个" in mother.visit(f"/slots/{slot}").text

    def test_after_the_deadline_says_why_not_and_whom_to_call(
        self,
        mother: Browser,
        cast: Cast,
        a_place: Make,
        clock: Clock,
    ) -> None:
        proof = book(mother, a_place(), cast.xiaoman)
        asking = mother.visit(proof.links["取消预约"])
        clock.move_to(tomorrow(13), tick=False)
        assert "取消要在" in mother.submit(asking, 422, form="/cancellation").text
        page = mother.visit(proof.url)
        assert "取消预约" not in page.links
        assert "tel:023-00000000" in page.hrefs

    def test_twice_is_as_good_as_once(self, mother: Browser, cast: Cast, a_place: Make) -> None:
        proof = book(mother, a_place(), cast.xiaoman)
        asking = mother.visit(proof.links["取消预约"])
        mother.submit(asking, form="/cancellation")
        assert "已取消" in mother.submit(asking, form="/cancellation").text

    def test_of_somebody_elses_booking_is_not_found(
        self, app: Flask, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        proof = book(mother, a_place(), cast.xiaoman)
        asking = mother.visit(proof.links["取消预约"])
        other = Browser(app).sign_in(cast.other_mother)
        token = other.token()
        other.post(asking.form("/cancellation").action, {"csrf_token": token}, 404)
        assert "约好了" in mother.visit(proof.url).text

    def test_passes_the_place_on_and_the_next_family_reads_it(
        self, app: Flask, mother: Browser, cast: Cast, a_place: Make
    ) -> None:
        slot = a_place(capacity=1, offer_minutes=0)
        proof = book(mother, slot, cast.xiaoman)
        other = Browser(app).sign_in(cast.other_mother)
        turn = book(other, slot, cast.amu)
        assert "候补第 1 位" in turn.text
        mother.submit(mother.visit(proof.links["取消预约"]), form="/cancellation")
        assert "约好了" in other.visit(turn.url).text
        assert "约上了" in other.visit("/bookings").text


class TestTheNumberOfQueries:
    """Known for each page, and the same however many rows are shown."""

    def count(self, browser: Browser, queries: list[str], address: str) -> int:
        queries.clear()
        browser.visit(address)
        return len(queries)

    def test_of_a_slot(
        self,
        app: Flask,
        mother: Browser,
        queries: list[str],
        cast: Cast,
        a_place: Make,
    ) -> None:
        slot = a_place(capacity=30, taken=2)
        assert self.count(mother, queries, f"/slots/{slot}") <= 4
        with app.app_context():
            household = db.session.get_one(Household, cast.household)
            db.session.add_all([a_child(household, birth_date=years_ago(4)) for _ in range(8)])
            db.session.commit()
        assert self.count(mother, queries, f"/slots/{slot}") <= 4

    def test_of_a_slot_for_a_stranger(
        self, browser: Browser, queries: list[str], a_place: Make
    ) -> None:
        assert self.count(browser, queries, f"/slots/{a_place()}") <= 1

    def test_of_my_bookings(
        self,
        app: Flask,
        mother: Browser,
        queries: list[str],
        cast: Cast,
        a_place: Make,
    ) -> None:
        few = self.count(mother, queries, "/bookings")
        for hour in range(8, 20, 2):
            slot = a_place(starts_at=tomorrow(hour))
            with app.app_context():
                row = db.session.get_one(Slot, slot)
                turn = a_booking(row, db.session.get_one(Person, cast.xiaoman))
                turn.state = BookingState.WAITING if hour % 4 else BookingState.CONFIRMED
                db.session.add(turn)
                db.session.commit()
        assert few == 4
        assert self.count(mother, queries, "/bookings") <= 5  # and the positions of those who wait

    def test_of_a_booking_its_cancellation_and_the_removal_of_a_person(
        self, mother: Browser, queries: list[str], cast: Cast, a_place: Make
    ) -> None:
        certain = book(mother, a_place(), cast.xiaoman).url
        full = a_place(capacity=1, taken=1, waiting=3, starts_at=tomorrow(18))
        waits = book(mother, full, cast.xiaoman).url
        assert self.count(mother, queries, certain) <= 3  # and turns at the same time
        # And the position, a place at the same time, and who has passed.
        assert self.count(mother, queries, waits) <= 5
        assert self.count(mother, queries, f"{certain}/cancellation") <= 2
        removal = f"/family/persons/{cast.xiaoman}/removal"
        for hour in (8, 10):
            book(mother, a_place(starts_at=tomorrow(hour)), cast.xiaoman)
            assert self.count(mother, queries, removal) <= 3
