"""接龙: the list of a slot for a chat group, and what the group wrote made into bookings."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from hub.accounts.models import Account, SavedForm
from hub.actor import Channel
from hub.bookings.models import Booking, BookingState
from hub.db import db
from hub.desk.family_bookings import actions
from hub.families.models import Person
from hub.text import number
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.desk.day.test_views import in_order
from tests.makers import tomorrow

LIST = """#接龙 亲子绘本
1. 小满妈妈 5岁 13800000001
2. 刘小洋 男 6岁 139 1234 5678
3. 王芳 女 5岁
4. 李婷 女 5岁 023-67890123
5. 郑好 女 2018年5月4日 13912345679
"""
Paste = Callable[..., Page]


@pytest.fixture
def slot_id(desk: Desk) -> int:
    """Tomorrow at 14:00, for three; one place is kept for the desk, nobody is booked."""
    return desk.fill(tomorrow(14), capacity=3, desk_places=1)


@pytest.fixture
def paste(browser: Browser, cast: Cast, slot_id: int) -> Paste:
    """What the desk is shown when it pastes a list."""

    def look(text: str = LIST, expect: int = 200, of_slot: int = 0) -> Page:
        page = browser.sign_in(cast.clerk).visit(f"/desk/slots/{of_slot or slot_id}/group-list")
        return browser.submit(page, expect, form="/group-list", **{"group-pasted": text})

    return look


def line(place: int, **answers: str) -> dict[str, Any]:
    return {f"group-lines-{place - 1}-{name}": answer for name, answer in answers.items()}


def fields_of(page: Page, place: int) -> dict[str, str]:
    start = f"group-lines-{place - 1}-"
    fields = page.form("/group-bookings").fields
    return {name.removeprefix(start): v for name, v in fields.items() if name.startswith(start)}


def bookings(app: Flask) -> list[tuple[str, str, str]]:
    with app.app_context():
        rows = select(Person.name, Booking.state, Booking.channel).join(Booking.person)
        return [(name, str(state), str(how)) for name, state, how in db.session.execute(rows)]


def count(app: Flask, table: type) -> int:
    with app.app_context():
        return db.session.scalars(select(func.count()).select_from(table)).one()


def test_the_text_for_a_group_has_surnames_and_nothing_else_of_anybody(
    desk: Desk, browser: Browser, app: Flask, cast: Cast
) -> None:
    slot_id = desk.fill(tomorrow(14), confirmed=2, waiting=1, capacity=2, name="张晓")
    page = browser.sign_in(cast.clerk).visit(f"/desk/slots/{slot_id}")
    page = browser.visit(page.links["接龙"])
    said = page.html.partition("<textarea")[2].partition("</textarea>")[0]
    assert in_order(said, "【亲子绘本】", "11月24日 14:00–15:30", "榕树社区渝好空间")
    assert in_order(said, "共 2 个，满了，可以候补（已有 1 人）", f"/slots/{slot_id}")
    assert in_order(said, "已约：\n1. 张小朋友\n2. 张小朋友", "候补：\n1. 张小朋友")
    assert "readonly" in page.html
    assert 'data-copy="group-words"' in page.html
    with app.app_context():
        for person in db.session.scalars(select(Person)):
            assert person.name not in said
            assert str(person.birth_date) not in said
        for phone in db.session.scalars(select(Account.phone)):
            assert phone[-8:] not in said
    assert (cast.clerk, "slot", slot_id, 3) in desk.reads()


def test_a_list_is_shown_line_by_line_and_nothing_is_booked(
    desk: Desk, app: Flask, cast: Cast, paste: Paste
) -> None:
    before = count(app, Person), count(app, Account)
    page = paste()
    # The mother's child is known; the birthday does not fit the phone, the name does.
    assert in_order(
        page.text, "第 1 位", "小满妈妈 5岁", "登记过：小满，6岁",
        "第 2 位", "刘小洋", "估计",
        "第 3 位", "没有手机号", "第 4 位", "收不到短信", "第 5 位", "郑好",
        "没当成报名的 1 行", "#接龙 亲子绘本", "确认以前一位都没有约",
    )  # fmt: skip
    assert fields_of(page, 1)["person"] == str(cast.xiaoman)
    second = fields_of(page, 2)
    assert (second["name"], second["sex"], second["take"]) == ("刘小洋", "male", "y")
    assert (second["phone"], second["birth_date"]) == ("139 1234 5678", "2020-06-01")
    assert "take" not in fields_of(page, 3)
    assert "take" not in fields_of(page, 4)
    assert fields_of(page, 5)["birth_date"] == "2018-05-04"
    assert bookings(app) == []
    assert (count(app, Person), count(app, Account)) == before
    assert (cast.clerk, "household", cast.household, 3) in desk.reads()
    assert "1380000" not in page.url


def test_what_is_ticked_is_booked_in_the_order_of_the_list(
    desk: Desk, browser: Browser, app: Flask, cast: Cast, slot_id: int, paste: Paste
) -> None:
    page = paste()
    corrected = line(3, take="y", phone="13912345670") | line(4, take="y", phone="13912345671")
    shown = browser.submit(page, form="/group-bookings", **corrected)
    assert "/group-bookings/" in shown.url
    assert in_order(
        shown.text, "办好 5 位", "其中候补 2 位", "小满", "约上了", "刘小洋", "约上了",
        "王芳", "约上了", "李婷", "候补第 1 位", "郑好", "候补第 2 位",
    )  # fmt: skip
    assert desk.counters_of(slot_id) == (0, 0, 2)
    assert {how for _name, _state, how in bookings(app)} == {Channel.GROUP}
    assert desk.done().count(("book", cast.clerk)) == 5
    mine = [text for text in desk.told() if "刘小洋" in text]
    assert len(mine) == 1
    assert "生日是按年龄估的" in mine[0]
    assert not [text for text in desk.told() if "郑好" in text and "按年龄估" in text]
    assert number(desk.number_of("小满")) in shown.text
    assert browser.visit(shown.url).html.count(">约上了<") == 3
    browser.sign_in(cast.manager).visit(shown.url, 404)


def test_a_list_that_is_sent_again_books_nobody_twice(
    desk: Desk, browser: Browser, app: Flask, paste: Paste
) -> None:
    page = paste()
    first = browser.submit(page, form="/group-bookings")
    before = bookings(app), count(app, Person), len(desk.told())
    again = browser.submit(page, form="/group-bookings")
    assert again.url == first.url
    assert (bookings(app), count(app, Person), len(desk.told())) == before


def test_one_refusal_undoes_nothing_and_stays_in_the_form(
    desk: Desk, browser: Browser, app: Flask, paste: Paste
) -> None:
    page = paste(
        "1. 刘小洋 男 6岁 13912345678\n2. 大人 女 35岁 13912345679\n3. 何一 女 5岁 13912345670"
    )
    assert "这一场是给孩子的" in page.text
    refused = browser.submit(page, 422, form="/group-bookings", **line(2, take="y"))
    assert in_order(
        refused.text, "第 1 位", "刘小洋", "约上了", "没有约上：这一场是给孩子的", "何一"
    )
    assert "1 位没有约上，原因写在下面" in refused.text
    assert [name for name, *_rest in bookings(app)] == ["刘小洋", "何一"]
    assert fields_of(refused, 2)["name"] == "大人"
    assert "name" not in fields_of(refused, 1)
    messages = len(desk.told())
    shown = browser.submit(refused, form="/group-bookings", **line(2, birth_date="2020-05-04"))
    assert in_order(shown.text, "刘小洋", "大人", "何一")
    assert [name for name, *_rest in bookings(app)] == ["刘小洋", "何一", "大人"]
    assert len(desk.told()) == messages + 1


def test_as_long_as_a_ticked_line_lacks_something_nobody_is_booked(
    browser: Browser, app: Flask, paste: Paste
) -> None:
    page = paste("1. 刘小洋 5岁 13912345678\n2. 何一 女 5岁 13912345670")
    assert "还缺性别" in page.text
    refused = browser.submit(page, 422, form="/group-bookings")
    assert "还没有约：有勾上的没填完" in refused.text
    assert "group-lines-0-sex-error" in refused.html
    assert fields_of(refused, 2)["name"] == "何一"
    assert bookings(app) == []
    ticks = {"group-lines-0-take", "group-lines-1-take"}
    sent = {k: v for k, v in page.form("/group-bookings").fields.items() if k not in ticks}
    left = browser.post(page.form("/group-bookings").action, sent, 422)
    assert "请先勾上要约的" in left.text
    done = browser.post(page.form("/group-bookings").action, sent | line(2, take="y"))
    assert "没有勾的 1 位没有约" in done.text


@pytest.mark.parametrize(
    ("born", "said"),
    [("2026-11-24", "这一天还没有到"), ("1899-01-01", "这个年份太早了"), ("", "请填出生日期")],
)
def test_nobody_is_entered_with_a_birth_date_that_nobody_has(
    browser: Browser, app: Flask, paste: Paste, born: str, said: str
) -> None:
    page = paste("1. 何一 女 5岁 13912345670")
    refused = browser.submit(page, 422, form="/group-bookings", **line(1, birth_date=born))
    assert said in refused.text
    assert "group-lines-0-birth_date-error" in refused.html
    assert bookings(app) == []


def test_corrected_lines_are_looked_at_again(
    browser: Browser, app: Flask, cast: Cast, paste: Paste
) -> None:
    page = paste("1. 朵朵 女 2岁 13912345678")
    sent = page.form("/group-bookings").fields | line(1, phone="13800000002")
    slot = page.form("/group-bookings").action.removesuffix("/group-bookings")
    again = browser.post(f"{slot}/group-lines", sent)
    assert "没有这个名字" in again.text
    assert str(cast.duoduo) in again.form("/group-bookings").choices["group-lines-0-person"]
    booked = browser.submit(again, form="/group-bookings", **line(1, person=str(cast.duoduo)))
    assert "朵朵" in booked.text
    assert count(app, Person) == 4, "nobody new"


def test_doubles_and_who_is_booked_already_are_left_out(
    browser: Browser, cast: Cast, paste: Paste
) -> None:
    browser.submit(paste("1. 小满 5岁 13800000001"), form="/group-bookings")
    page = paste(
        "1. 小满 13800000002\n2. 何一 女 5岁 13912345670\n3. 何一 女 5岁 13912345670\n"
        "4. 何二 男 5岁 13912345670\n5. 李婷 女 6岁 13912345671\n6. 李婷 取消"
    )
    assert "小满已经约过这一场了" in page.text
    assert in_order(page.text, "和第 2 位是同一个人", "和第 2 位是同一个手机号", "后面有一行说取消")
    ticked = [place for place in range(1, 7) if "take" in fields_of(page, place)]
    assert ticked == [2, 4]


def test_nobody_of_another_family_is_booked_by_a_number(
    browser: Browser, app: Flask, cast: Cast, paste: Paste
) -> None:
    page = paste("1. 小满 5岁 13800000001")
    sent = page.form("/group-bookings").fields | line(1, person=str(cast.amu), name="")
    refused = browser.post(page.form("/group-bookings").action, sent, 422)
    assert "阿木" not in refused.text
    assert bookings(app) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "请先把群里的接龙贴进来"),
        ("大家好\n谢谢", "没看出有人报名"),
        ("1. 刘洋 5岁 13912345678\n" * 101, "一次最多贴 100 行"),
        ("好" * 10_001, "一次最多贴 10000 个字"),
        ("1. 刘洋 +3 5岁 13912345678\n" * 60, "一次最多约 100 位"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_text(paste: Paste, text: str, said: str) -> None:
    page = paste(text, 422)
    assert said in page.text
    assert page.form("/group-list").fields["group-pasted"].strip() == text.strip()
    assert "maxlength" not in page.html, "the browser would cut the list off without a word"


def test_there_is_an_end_to_looking_families_up(
    browser: Browser, app: Flask, paste: Paste, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "GROUP_LOOKUPS", 2)
    two = "1. 小满 5岁 13800000001\n2. 何一 女 5岁 13912345670"
    for _ in range(3):  # the same families again and again are no further ones
        page = paste(two)
    assert "查的家庭太多了" in paste(two + "\n3. 阿木 6岁 13800000003", 422).text
    sent = page.form("/group-bookings").fields | line(1, phone="13800000003")
    refused = browser.post(page.form("/group-bookings").action, sent, 422)
    assert "查的家庭太多了" in refused.text
    assert "阿木" not in refused.text
    assert fields_of(refused, 1)["person"] == fields_of(page, 1)["person"], "what was chosen stays"
    assert bookings(app) == []


def test_what_was_pasted_is_kept_nowhere(
    app: Flask, slot_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = Browser(app)
    token = stranger.visit("/sign-in").form("/sign-in").fields["csrf_token"]
    sent = {"group-pasted": LIST, "csrf_token": token} | line(1, phone="13800000001")
    with caplog.at_level(logging.DEBUG):
        page = stranger.post(f"/desk/slots/{slot_id}/group-list", sent)
    assert "登录" in page.title
    assert count(app, SavedForm) == 0
    assert "13800000001" not in caplog.text


def test_more_lines_ask_no_more(paste: Paste, queries: list[str]) -> None:
    asked = []
    for lines in (2, 30):
        text = "\n".join(
            f"{n}. 何{'一' * (n % 3 + 1)} 女 5岁 139123450{n:02}" for n in range(lines)
        )
        queries.clear()
        paste(text)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_slot_that_is_over_takes_no_list(
    desk: Desk, paste: Paste, browser: Browser, cast: Cast
) -> None:
    over = desk.fill(tomorrow(9).replace(day=22), ends_at=tomorrow(10).replace(day=22), confirmed=1)
    page = browser.sign_in(cast.clerk).visit(f"/desk/slots/{over}/group-list")
    assert "已经开始了" in page.text
    assert not [form for form in page.forms if "group-list" in form.action]


def test_a_full_line_is_refused_one_by_one(
    desk: Desk, browser: Browser, app: Flask, paste: Paste
) -> None:
    small = desk.fill(tomorrow(17), capacity=1, waiting_limit=1)
    lines = "1. 何一 女 5岁 13912345670\n2. 何二 女 5岁 13912345671\n3. 何三 女 5岁 13912345672"
    page = paste(lines, of_slot=small)
    assert in_order(page.text, "会排候补", "名额和候补都满了")
    refused = browser.submit(page, 422, form="/group-bookings", **line(3, take="y"))
    assert in_order(refused.text, "约上了", "候补第 1 位", "没有约上：名额满了，候补也排满了")
    states = [state for _name, state, _how in bookings(app)]
    assert states == [BookingState.CONFIRMED, BookingState.WAITING]
