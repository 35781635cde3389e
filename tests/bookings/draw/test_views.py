"""The page of a draw: nothing too early, everything afterwards, and the desk's part in it."""

import csv
import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as hub_clock
from hub.actor import Actor
from hub.bookings.draw import actions as draws
from hub.bookings.draw.models import Draw
from hub.bookings.draw.rules import drawn_until
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.jobs.scheduled_jobs import DRAW, FREEZE_DRAWS, GIVE_UP_DRAWS, PROMISE_DRAWS
from hub.bookings.models import Booking, BookingState
from hub.bookings.slot_changes.actions import call_off
from hub.catalogue.models import Activity, Admission
from hub.db import db, transaction
from hub.desk.draw_number import views
from hub.families.models import Priority
from hub.timetable.models import Slot, SlotState
from tests.aliases import Clock
from tests.bookings.draw.acts import did, enter, entered_in_bulk
from tests.bookings.draw.recomputed import Row, by_hand
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.makers import a_child, a_guardian, a_slot, tomorrow

NUMBER, SOURCE = "407", "福彩3D 2026年11月26日 第2026315期"
OUTCOMES = {"摇中": "place", "候补": "waiting", "没摇中": "none", "已退出": "withdrawn"}


@pytest.fixture
def slot_id(app: Flask, cast: Cast) -> int:
    """Three places in five days, entries open for two days more."""
    return a_draw(app, cast)


def a_draw(app: Flask, cast: Cast, **given: Any) -> int:
    with app.app_context():
        starts_at = tomorrow(14) + timedelta(days=4)
        usual = {
            "capacity": 3,
            "waiting_limit": 2,
            "admission": Admission.DRAW,
            "starts_at": starts_at,
            "entries_until": starts_at - timedelta(days=3),
        }
        slot = a_slot(db.session.get_one(Activity, cast.activity), **usual | given)
        db.session.add(slot)
        db.session.commit()
        return slot.id


def enter_families(app: Flask, slot_id: int, *sizes: int) -> None:
    with app.test_request_context():
        for size in sizes:
            guardian = a_guardian()
            children = [a_child(guardian.household) for _ in range(size)]
            db.session.add_all([guardian, *children])
            db.session.commit()
            enter(slot_id, [child.id for child in children])


def work(app: Flask) -> None:
    """One round of the worker."""
    with app.test_request_context():
        did(PROMISE_DRAWS)
        did(FREEZE_DRAWS)
        did(DRAW)


def close(app: Flask, slot_id: int, clock: Any) -> None:
    with app.app_context():
        until = db.session.get_one(Slot, slot_id).entries_until
    clock.move_to(until)
    work(app)


def type_in(app: Flask, cast: Cast, slot_id: int, expect: int = 200, **typed: str) -> Page:
    """The clerk fills in the form the page shows."""
    clerk = Browser(app).sign_in(cast.clerk)
    form = clerk.visit(f"/desk/slots/{slot_id}/draw-number")
    answers = {"number": NUMBER, "again": typed.get("number", NUMBER), "source": SOURCE} | typed
    return clerk.submit(form, expect, form="draw-number", **answers)


def by_id(page: Page, name: str) -> str:
    """The text of the element with this id."""
    found = re.search(rf'id="{name}"[^>]*>([^<]*)<', page.html)
    assert found, f"nothing has the id {name}"
    return found[1].strip().replace("&#34;", '"')


def rows_of(page: Page) -> list[list[str]]:
    """The cells of the list on the page."""
    table = page.html.partition('id="entries"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in row] for row in cells]


class TestThePromise:
    def test_it_is_on_the_page_before_entries_open_and_tied_to_what_is_shown_afterwards(
        self, app: Flask, cast: Cast, browser: Browser, clock: Clock
    ) -> None:
        slot_id = a_draw(app, cast, opens_at=hub_clock.now() + timedelta(hours=1))
        work(app)
        before = browser.visit(f"/slots/{slot_id}/draw")
        assert "还没开始报名" in before.text
        promised = by_id(before, "commitment")
        clock.shift(timedelta(hours=2))
        enter_families(app, slot_id, 1, 1, 1, 1)
        close(app, slot_id, clock)
        type_in(app, cast, slot_id)
        after = browser.visit(f"/slots/{slot_id}/draw")
        assert by_id(after, "commitment") == promised
        assert hashlib.sha256(by_id(after, "secret").encode()).hexdigest() == promised

    def test_without_the_worker_the_page_says_that_it_comes(
        self, browser: Browser, slot_id: int
    ) -> None:
        assert "指纹几分钟内公布" in browser.visit(f"/slots/{slot_id}/draw").text

    def test_the_secret_is_on_no_page_before_the_draw(
        self, app: Flask, cast: Cast, slot_id: int, clock: Clock
    ) -> None:
        def look() -> None:
            with app.app_context():
                secret = db.session.scalars(select(Draw.secret)).one()
            for who in (None, cast.mother, cast.clerk, cast.manager, cast.administrator):
                browser = Browser(app)
                if who:
                    browser.sign_in(who)
                paths = [f"/slots/{slot_id}", f"/slots/{slot_id}/draw", "/bookings", "/desk"]
                paths += [f"/desk/slots/{slot_id}", f"/desk/slots/{slot_id}/draw-number"]
                for path in [*paths, f"/slots/{slot_id}/draw/list"]:
                    response = browser.client.get(path, follow_redirects=True)
                    assert secret not in response.text, f"{who} sees it on {path}"

        work(app)
        look()
        enter_families(app, slot_id, 2, 2)
        look()
        close(app, slot_id, clock)
        look()
        with app.test_request_context(), transaction():
            draw = db.session.scalars(select(Draw)).one()
            draws.enter_number(draw, NUMBER, SOURCE, by=Actor(cast.clerk, hub_clock.now()))
        look()


class TestWhenItIsNotHeld:
    def test_the_pages_say_so_and_that_places_are_first_come(
        self, app: Flask, cast: Cast, browser: Browser, slot_id: int, clock: Clock
    ) -> None:
        with app.test_request_context():
            [booking_id] = enter(slot_id, [cast.xiaoman])
        with app.app_context():
            number = db.session.get_one(Booking, booking_id).number
            until = drawn_until(db.session.get_one(Slot, slot_id))
        assert "还没摇成，就不摇了，名额先到先得" in browser.visit(f"/slots/{slot_id}/draw").text
        enter_families(app, slot_id, 2, 2)
        close(app, slot_id, clock)
        clock.move_to(until)
        with app.test_request_context():
            assert did(GIVE_UP_DRAWS) == 1
        assert "这次不摇了，名额改成先到先得" in browser.visit(f"/slots/{slot_id}/draw").text
        assert "没能按时摇号，名额先到先得。" in browser.visit(f"/slots/{slot_id}").text
        mother = Browser(app).sign_in(cast.mother)
        assert "等摇号结果" not in mother.visit(f"/slots/{slot_id}/draw").text
        page = mother.visit(f"/bookings/{number}")
        assert "没有摇号" in page.text
        assert "没摇中" not in page.text

    def test_because_the_slot_was_called_off_every_page_says_the_same_and_takes_no_number(
        self, app: Flask, cast: Cast, browser: Browser, slot_id: int, clock: Clock
    ) -> None:
        enter_families(app, slot_id, 2, 2)
        close(app, slot_id, clock)
        with app.test_request_context(), transaction():
            slot = db.session.get_one(Slot, slot_id)
            call_off(slot, "停水", by=Actor(cast.clerk, hub_clock.now()))
        page = Browser(app).sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}/draw-number")
        assert "这一场停办了，不摇号。" in page.text
        assert not [form for form in page.forms if "draw-number" in form.action]
        assert "这一场停办了，不摇号。" in browser.visit(f"/slots/{slot_id}/draw").text

    def test_in_time_the_page_named_the_public_draw_and_when_the_secret_was_fixed(
        self, app: Flask, browser: Browser, slot_id: int
    ) -> None:
        work(app)
        page = browser.visit(f"/slots/{slot_id}/draw")
        assert "21:15 福利彩票“3D”开奖，用这 3 位数字" in page.text
        assert "今天 10:00 就定了" in page.text


class TestWhileItIsOpen:
    def test_the_page_says_how_many_are_entered_and_what_the_odds_are(
        self, app: Flask, browser: Browser, slot_id: int
    ) -> None:
        enter_families(app, slot_id, 1, 1)
        page = browser.visit(f"/slots/{slot_id}/draw")
        assert "2 份报名，要 2 个名额；一共有 3 个" in page.text
        assert "报名的都有名额" in page.text
        enter_families(app, slot_id, 2, 2)
        assert "10 份里大约能中 5 份" in browser.visit(f"/slots/{slot_id}/draw").text

    def test_the_list_is_not_there_yet(self, app: Flask, browser: Browser, slot_id: int) -> None:
        enter_families(app, slot_id, 1)
        browser.visit(f"/slots/{slot_id}/draw/list", expect=404)

    def test_a_slot_without_a_draw_has_no_such_page(
        self, app: Flask, cast: Cast, browser: Browser
    ) -> None:
        slot_id = a_draw(app, cast, admission=Admission.FIRST_COME, entries_until=None)
        browser.visit(f"/slots/{slot_id}/draw", expect=404)
        browser.visit(f"/slots/{slot_id}/draw/list", expect=404)
        browser.visit("/slots/999999/draw", expect=404)
        Browser(app).sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}/draw-number", expect=404)

    def test_a_called_off_slot_is_not_drawn(self, app: Flask, cast: Cast, browser: Browser) -> None:
        slot_id = a_draw(app, cast, state=SlotState.CALLED_OFF)
        assert "停办了，不摇号" in browser.visit(f"/slots/{slot_id}/draw").text


class TestTheFrozenList:
    def test_it_shows_numbers_and_no_names_and_when_the_public_number_comes(
        self, app: Flask, cast: Cast, slot_id: int, clock: Clock
    ) -> None:
        with app.app_context():
            db.session.add(
                Priority(person_id=cast.amu, group="困难家庭", verified_at=hub_clock.now())
            )
            db.session.commit()
        with app.test_request_context():
            enter(slot_id, [cast.xiaoman, cast.duoduo])
            enter(slot_id, [cast.amu])
        enter_families(app, slot_id, 1)
        close(app, slot_id, clock)
        page = Browser(app).visit(f"/slots/{slot_id}/draw")
        assert rows_of(page) == [
            ["1", "1", "否", "2", ""],
            ["2", "0", "否", "1", ""],
            ["3", "1", "否", "1", ""],
        ]
        assert "公开数字用 今天 21:15 开奖的福利彩票“3D”，3 位数字" in page.text
        assert not {"小满", "阿木", "困难家庭"} & set(re.findall(r"[\u4e00-\u9fff]+", page.text))
        mine = Browser(app).sign_in(cast.mother).visit(f"/slots/{slot_id}/draw")
        assert "您家的登记号是 1 号" in mine.text
        assert rows_of(mine)[0][-1] == "您家"
        assert "您家" not in page.text

    def test_a_long_list_comes_in_pages_with_as_many_queries(
        self,
        app: Flask,
        cast: Cast,
        slot_id: int,
        clock: Clock,
        queries: list[str],
    ) -> None:
        with app.test_request_context():
            entered_in_bulk(slot_id, 130)
        close(app, slot_id, clock)
        browser = Browser(app).sign_in(cast.mother)
        first = browser.visit(f"/slots/{slot_id}/draw")
        queries.clear()
        second = browser.visit(f"/slots/{slot_id}/draw?page=2")
        assert [row[0] for row in rows_of(first) + rows_of(second)] == [
            str(n) for n in range(1, 131)
        ]
        assert len(queries) < 12

    def test_who_cancels_now_is_marked_and_the_others_keep_their_numbers(
        self, app: Flask, cast: Cast, slot_id: int, clock: Clock
    ) -> None:
        with app.test_request_context():
            enter(slot_id, [cast.xiaoman])
        enter_families(app, slot_id, 2, 2)
        close(app, slot_id, clock)
        with app.app_context():
            of_child = select(Booking.number).where(Booking.person_id == cast.xiaoman)
            number = db.session.scalars(of_child).one()
        mother = Browser(app).sign_in(cast.mother)
        mother.submit(mother.visit(f"/bookings/{number}/cancellation"), form="cancellation")
        rows = rows_of(mother.visit(f"/slots/{slot_id}/draw"))
        assert [row[0] for row in rows] == ["1", "2", "3"]
        assert rows[0][-1] == "已退出 您家"


class TestTheResult:
    def test_everybody_who_recomputes_it_from_the_page_finds_what_the_families_got(
        self, app: Flask, cast: Cast, slot_id: int, clock: Clock, tmp_path: Path
    ) -> None:
        with app.test_request_context():
            enter(slot_id, [cast.xiaoman, cast.duoduo])
        enter_families(app, slot_id, 1, 2, 1, 1, 3, 1)
        close(app, slot_id, clock)
        result = type_in(app, cast, slot_id)
        assert "摇好了" in result.text
        page = Browser(app).visit(f"/slots/{slot_id}/draw")
        shown = [(int(row[1]), OUTCOMES[row[5].split()[0]]) for row in rows_of(page)]
        assert [row[0] for row in rows_of(page)] == [str(n) for n in range(1, 8)]
        # by hand, from the words and the table
        listed: list[Row] = sorted(
            (int(row[1]), int(row[2]), row[3] == "是", int(row[4])) for row in rows_of(page)
        )
        secret, public = by_id(page, "secret"), by_id(page, "public-number")
        assert by_hand(listed, secret, public, 3, 2, True) == shown
        # the same from the file
        downloaded = Browser(app).visit(f"/slots/{slot_id}/draw/list").html
        from_file = [
            (
                int(row["registration"]),
                int(row["tier"]),
                row["lost_before"] == "1",
                int(row["places"]),
            )
            for row in csv.DictReader(io.StringIO(downloaded))
        ]
        assert from_file == listed
        # and by the very command that the page shows, with the two files it offers
        with Browser(app).client.get(page.links["下载程序 recompute.py"]) as answer:
            script = answer.get_data(as_text=True)
        (tmp_path / "list.csv").write_text(downloaded, encoding="utf-8")
        (tmp_path / "recompute.py").write_text(script, encoding="utf-8")
        command = by_id(page, "command").replace("python3", f"{sys.executable} -I", 1)
        printed = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=tmp_path, capture_output=True, encoding="utf-8", check=True,
        ).stdout.splitlines()  # fmt: skip
        assert printed == [
            f"commitment {by_id(page, 'commitment')}",
            *(f"{registration} {outcome}" for registration, outcome in shown),
        ]
        # and it is what the families have
        states = {"place": "confirmed", "waiting": "waiting", "none": "cancelled"}
        with app.app_context():
            parties = db.session.scalars(
                select(Booking.party).group_by(Booking.party).order_by(db.func.min(Booking.id))
            ).all()
            for registration, outcome in shown:
                of_party = Booking.party == parties[registration - 1]
                found = set(db.session.scalars(select(Booking.state).where(of_party)))
                assert found == {BookingState(states[outcome])}
            assert list(inconsistencies()) == []
        mine = Browser(app).sign_in(cast.mother).visit(f"/slots/{slot_id}/draw")
        assert "您家的登记号是 1 号" in mine.text

    def test_who_withdrew_is_on_the_list_and_the_script_leaves_its_out(
        self, app: Flask, cast: Cast, slot_id: int, clock: Clock
    ) -> None:
        with app.test_request_context():
            enter(slot_id, [cast.amu])
        enter_families(app, slot_id, 2, 2, 1)
        close(app, slot_id, clock)
        with app.app_context():
            number = db.session.scalars(
                select(Booking.number).where(Booking.person_id == cast.amu)
            ).one()
        mother = Browser(app).sign_in(cast.other_mother)
        mother.submit(mother.visit(f"/bookings/{number}/cancellation"), form="cancellation")
        type_in(app, cast, slot_id)
        page = mother.visit(f"/slots/{slot_id}/draw")
        shown = {int(row[1]): row[5].split()[0] for row in rows_of(page)}
        assert shown[1] == "已退出"
        downloaded = mother.visit(f"/slots/{slot_id}/draw/list").html.splitlines()
        assert downloaded[:2] == ["registration,tier,lost_before,places,withdrawn", "1,1,0,1,1"]
        standing: list[Row] = [(2, 1, False, 2), (3, 1, False, 2), (4, 1, False, 1)]
        found = by_hand(standing, by_id(page, "secret"), NUMBER, 3, 2, True)
        assert {n: OUTCOMES[shown[n]] for n in (2, 3, 4)} == dict(found)

    def test_the_page_says_who_typed_the_number_in_as_what_when_and_from_where(
        self, app: Flask, cast: Cast, slot_id: int, clock: Clock
    ) -> None:
        enter_families(app, slot_id, 2, 2)
        close(app, slot_id, clock)
        type_in(app, cast, slot_id)
        page = Browser(app).visit(f"/slots/{slot_id}/draw")
        assert "前台，" in page.text
        assert "工作人员" not in page.text.partition("谁写的")[2].partition("名额")[0]
        assert SOURCE in page.text
        assert "50%" in page.text  # one of the two families of equal rank

    def test_where_all_fit_nothing_was_drawn_and_the_page_says_so(
        self, app: Flask, browser: Browser, slot_id: int, clock: Clock
    ) -> None:
        enter_families(app, slot_id, 2, 1)
        close(app, slot_id, clock)
        page = browser.visit(f"/slots/{slot_id}/draw")
        assert "报名的都有名额，不用摇号" in page.text
        assert [row[5] for row in rows_of(page)] == ["有名额", "有名额"]


class TestTheDesk:
    def test_before_the_list_is_closed_there_is_no_form(
        self, app: Flask, cast: Cast, slot_id: int
    ) -> None:
        clerk = Browser(app).sign_in(cast.clerk)
        page = clerk.visit(f"/desk/slots/{slot_id}/draw-number")
        assert "名单公布以后，才能写公开数字" in page.text
        assert not [form for form in page.forms if "draw-number" in form.action]

    def test_who_may(self, app: Flask, cast: Cast, slot_id: int, clock: Clock) -> None:
        enter_families(app, slot_id, 2, 2)
        close(app, slot_id, clock)
        path = f"/desk/slots/{slot_id}/draw-number"
        assert "登录" in Browser(app).visit(path).title
        Browser(app).sign_in(cast.mother).visit(path, expect=403)
        Browser(app).sign_in(cast.other_clerk).visit(path, expect=404)
        Browser(app).sign_in(cast.manager).visit(path)
        stranger = Browser(app).sign_in(cast.other_clerk)
        token = stranger.token()
        sent = {"number": NUMBER, "again": NUMBER, "source": SOURCE, "csrf_token": token}
        stranger.post(path, sent, expect=404)
        with app.app_context():
            assert db.session.scalars(select(Draw.public_number)).one() == ""

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"number": ""}, "请写公开数字"),
            ({"source": ""}, "请写这个数字是哪里来的"),
            ({"number": "四零七"}, "只写这 3 个数字"),
            ({"number": "4 0 7"}, "只写这 3 个数字"),
            ({"again": "470"}, "两次写的公开数字不一样"),
            ({"again": ""}, "请再写一遍公开数字"),
            ({"number": "1" * 61}, "数字太长了"),
            ({"source": "长" * 201}, "请写短一点"),
        ],
    )
    def test_what_is_not_understood_is_said_beside_the_field_and_kept(
        self,
        typed: dict[str, str],
        said: str,
        app: Flask,
        cast: Cast,
        slot_id: int,
        clock: Clock,
    ) -> None:
        enter_families(app, slot_id, 2, 2)
        close(app, slot_id, clock)
        refused = type_in(app, cast, slot_id, 422, **typed)
        assert said in refused.text
        fields = refused.form("draw-number").fields
        again = typed.get("number", NUMBER)
        kept = {"number": NUMBER, "again": again, "source": SOURCE} | typed
        assert {name: fields[name] for name in kept} == kept

    def test_the_number_stands_once_it_is_typed_in(
        self, app: Flask, cast: Cast, slot_id: int, clock: Clock
    ) -> None:
        enter_families(app, slot_id, 2, 2)
        close(app, slot_id, clock)
        clerk = Browser(app).sign_in(cast.clerk)
        form = clerk.visit(f"/desk/slots/{slot_id}/draw-number")
        type_in(app, cast, slot_id)
        late = clerk.submit(form, 422, form="draw-number", number="123", again="123", source=SOURCE)
        assert "已经定了，不能再改" in late.text
        assert NUMBER in late.text

    def test_a_large_draw_is_left_to_the_worker(
        self,
        app: Flask,
        cast: Cast,
        slot_id: int,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(views, "AT_ONCE", 1)
        enter_families(app, slot_id, 2, 2)
        close(app, slot_id, clock)
        assert "几分钟内出结果" in type_in(app, cast, slot_id).text
        work(app)
        assert "结果出来了" in Browser(app).visit(f"/slots/{slot_id}/draw").text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_on_a_phone_before_and_after(
    app: Flask, cast: Cast, slot_id: int, clock: Clock, phones: Callable[..., Any]
) -> None:
    work(app)
    with app.test_request_context():
        enter(slot_id, [cast.xiaoman])
    enter_families(app, slot_id, *[1] * 8)
    phone = phones(cast.mother, viewport=(390, 844))
    phone.visit(f"/slots/{slot_id}/draw")
    assert "正在报名" in phone.text
    close(app, slot_id, clock)
    phone.visit(f"/slots/{slot_id}/draw")
    assert "您家的登记号是 1 号" in phone.text
    small = phones(cast.clerk, viewport=(360, 740))
    small.visit(f"/desk/slots/{slot_id}/draw-number")
    small.page.get_by_label("公开数字", exact=True).fill(NUMBER)
    small.page.get_by_label("再写一遍公开数字").fill(NUMBER)
    small.page.get_by_label("出处").fill(SOURCE)
    small.press("写下数字，摇号")
    assert "结果出来了" in small.text
    phone.visit(f"/slots/{slot_id}/draw")
    assert "结果出来了" in phone.text
    phone.page.get_by_text("一步一步怎么算").click()
    phone.page.get_by_text("看看这个程序").click()
    phone.look()
