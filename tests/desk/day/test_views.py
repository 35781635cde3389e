"""The desk's first page: a day at a centre."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask

from hub import clock
from hub.accounts.models import Role, RoleName
from hub.catalogue.models import Centre, ClosedDay, OpeningHours
from hub.db import db
from hub.timetable.models import SlotState
from tests.browser import Browser
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.makers import a_centre, a_district, staff_of

Change = Callable[[Callable[[Centre], Any]], None]
MONDAY = date(2026, 11, 23)


def at(hour: int, minute: int = 0) -> Any:
    return clock.at(MONDAY, time(hour, minute))


def day_of(cast: Cast, day: object = MONDAY) -> str:
    return f"/desk/centres/{cast.centre}/days/{day}"


def test_the_desk_opens_on_today_at_its_only_centre(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    slot_id = desk.fill(at(14), confirmed=3, waiting=2, capacity=12)
    page = browser.sign_in(cast.clerk).visit("/desk")
    assert "今天 2026年11月23日 星期一" in page.text
    assert "榕树社区渝好空间" in page.text
    assert "1 场 · 已约 3/12 · 候补 2 人" in page.text
    assert "14:00–15:30" in page.text
    assert "3/12" in page.text
    assert "余 9 个" in page.text
    assert page.links["亲子绘本"] == f"/desk/slots/{slot_id}"
    assert page.links["打印日程单"] == f"{day_of(cast)}/sheet"


def test_one_goes_to_the_day_before_and_after_and_back_to_today(
    browser: Browser, cast: Cast
) -> None:
    page = browser.sign_in(cast.clerk).visit("/desk")
    assert "回到今天" not in page.links
    page = browser.visit(page.links["后一天"])
    assert "2026年11月24日 星期二" in page.text
    assert "这天没有场次" in page.text
    assert page.links["前一天"] == page.links["回到今天"] == day_of(cast)
    assert page.links["三 25"] == day_of(cast, "2026-11-25")


def test_slots_stand_by_time_or_by_room(desk: Desk, browser: Browser, cast: Cast) -> None:
    for hour, room in ((15, "大厅"), (9, "小屋"), (11, "大厅")):
        desk.fill(at(hour), room=room)
    page = browser.sign_in(cast.clerk).visit(day_of(cast))
    assert in_order(page.text, "09:00–10:30", "11:00–12:30", "15:00–16:30")
    page = browser.visit(page.links["按房间"])
    assert in_order(page.text, "大厅", "11:00–12:30", "15:00–16:30", "小屋", "09:00–10:30")
    assert "order=room" in page.links["后一天"], "the order stays when the day changes"


def test_what_is_over_what_runs_and_what_is_full_is_said(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    desk.fill(at(8), ends_at=at(9))  # it is ten o'clock
    desk.fill(at(9, 30))
    desk.fill(at(11), confirmed=2, capacity=2)
    text = browser.sign_in(cast.clerk).visit("/desk").text
    assert in_order(text, "08:00", "已结束", "09:30", "进行中", "11:00", "已满")


def test_a_slot_that_was_called_off_stays_in_sight_with_its_reason(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    desk.fill(at(14), confirmed=2, state=SlotState.CALLED_OFF, called_off_reason="老师生病")
    page = browser.sign_in(cast.clerk).visit("/desk")
    assert "14:00–15:30" in page.text
    assert "已停：老师生病" in page.text
    assert "0 场 · 已约 0/0 · 已停 1 场" in page.text


def test_what_cannot_be_right_is_shown_not_dropped(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    def keep_hours_and_close(centre: Centre) -> None:
        centre.opening_hours = [OpeningHours(weekday=0, opens=time(9), closes=time(12))]
        db.session.add(ClosedDay(centre_id=None, day=MONDAY, reason="全市停电检修"))

    desk.change_centre(keep_hours_and_close)
    desk.fill(at(14), confirmed=3, room="绘本室", room_holds=2)
    page = browser.sign_in(cast.clerk).visit("/desk")
    assert "开放 09:00–12:00" in page.text
    assert in_order(page.text, "这天闭馆", "全市停电检修", "要注意 1 场")
    assert "注意：这天闭馆：全市停电检修" in page.text
    assert "注意：不在开放时间 09:00–12:00 里" in page.text
    assert "注意：已约 3 人，绘本室 只能容纳 2 人" in page.text


@pytest.mark.parametrize(
    ("weekdays", "said"), [([], "开放时间还没有登记"), ([1], "每周这一天不开放")]
)
def test_a_day_without_opening_hours_says_so(
    desk: Desk, browser: Browser, cast: Cast, weekdays: list[int], said: str
) -> None:
    def keep_hours(centre: Centre) -> None:
        centre.opening_hours = [
            OpeningHours(weekday=weekday, opens=time(9), closes=time(18)) for weekday in weekdays
        ]

    desk.change_centre(keep_hours)
    assert said in browser.sign_in(cast.clerk).visit("/desk").text


def test_care_over_night_stands_on_both_days(desk: Desk, browser: Browser, cast: Cast) -> None:
    desk.fill(at(20), confirmed=1, ends_at=at(8) + timedelta(days=1))
    browser.sign_in(cast.clerk)
    assert "20:00–次日 08:00" in browser.visit(day_of(cast)).text
    assert "前一天 20:00" in browser.visit(day_of(cast, "2026-11-24")).text
    assert "这天没有场次" in browser.visit(day_of(cast, "2026-11-25")).text


def test_a_slot_that_ends_at_midnight_is_not_the_next_day(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    desk.fill(at(22), ends_at=clock.at(MONDAY + timedelta(days=1), time(0)))
    browser.sign_in(cast.clerk)
    assert "22:00" in browser.visit(day_of(cast)).text
    assert "这天没有场次" in browser.visit(day_of(cast, "2026-11-24")).text


def test_slots_of_other_centres_are_not_on_the_day(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    desk.fill(at(14), confirmed=2)
    assert "14:00" not in browser.sign_in(cast.other_clerk).visit("/desk").text


def test_a_day_shows_nobody_so_nothing_is_noted(desk: Desk, browser: Browser, cast: Cast) -> None:
    desk.fill(at(14), confirmed=2, name="小宝")
    assert "小宝" not in browser.sign_in(cast.clerk).visit("/desk").text
    assert desk.reads() == []


def test_everybody_who_works_for_several_centres_chooses_first(
    browser: Browser, cast: Cast, app: Flask
) -> None:
    page = browser.sign_in(cast.administrator).visit("/desk")
    assert page.links["榕树社区渝好空间"] == day_of(cast)
    assert "江畔社区渝好空间" in page.links
    assert "榕树社区渝好空间" in browser.visit(page.links["榕树社区渝好空间"]).text
    for words, found in (("江畔", 1), ("jp", 1), ("南岸", 1), ("南岸 江畔", 1), ("南岸 榕树", 0)):
        page = browser.submit(browser.visit("/desk"), form="/desk", q=words)
        assert ("江畔社区渝好空间" in page.links) == bool(found), words
        assert "榕树社区渝好空间" not in page.links
    assert "没有找到这个空间" in browser.visit("/desk?q=100%25").text


def test_the_choice_holds_only_the_centres_one_works_for(
    browser: Browser, cast: Cast, app: Flask
) -> None:
    with app.app_context():
        third = a_centre(name="石桥社区渝好空间", district=a_district(name="九龙坡区"))
        db.session.add(third)
        db.session.flush()
        account = staff_of(third, RoleName.DESK)
        account.roles.append(Role(name=RoleName.DESK, centre_id=cast.centre))
        db.session.add(account)
        db.session.commit()
        account_id = account.id
    page = browser.sign_in(account_id).visit("/desk")
    assert {"石桥社区渝好空间", "榕树社区渝好空间"} <= page.links.keys()
    assert "江畔社区渝好空间" not in page.text
    browser.visit(f"/desk/centres/{cast.other_centre}/days/2026-11-23", 404)


@pytest.mark.parametrize("how_many", [3, 30])
def test_a_whole_city_is_chosen_from_page_by_page(
    browser: Browser, cast: Cast, app: Flask, queries: list[str], how_many: int
) -> None:
    with app.app_context():
        district = a_district(name="渝北区")
        db.session.add_all([a_centre(district=district) for _ in range(how_many)])
        db.session.commit()
    browser.sign_in(cast.administrator)
    queries.clear()
    page = browser.visit("/desk")
    assert len(queries) <= 2, queries
    assert ("下一页" in page.links) == (how_many == 30)
    if how_many == 30:
        assert "下一页" not in browser.visit(page.links["下一页"]).links
    for odd in ("0", "-3", "x", "99999999999999999999"):
        browser.visit(f"/desk?page={odd}")


@pytest.mark.parametrize("how_many", [3, 30])
def test_a_long_day_costs_no_more_queries(
    desk: Desk, browser: Browser, cast: Cast, queries: list[str], how_many: int
) -> None:
    for turn in range(how_many):
        desk.fill(at(9) + timedelta(minutes=5 * turn), confirmed=1, waiting=1)
    browser.sign_in(cast.clerk)
    queries.clear()
    page = browser.visit("/desk")
    assert f"{how_many} 场" in page.text
    assert len(queries) <= 5, queries


def test_a_stranger_is_led_to_the_sign_in_page(browser: Browser, cast: Cast) -> None:
    for address in ("/desk", day_of(cast)):
        assert "登录" in browser.visit(address).title


def test_a_family_is_refused(browser: Browser, cast: Cast) -> None:
    browser.sign_in(cast.mother)
    for address in ("/desk", day_of(cast)):
        browser.visit(address, 403)


def test_the_day_of_another_centre_is_not_found(browser: Browser, cast: Cast) -> None:
    browser.sign_in(cast.other_clerk).visit(day_of(cast), 404)


@pytest.mark.parametrize(
    "day",
    ["2026-02-30", "2026-13-01", "20261123", "2026-W48-1", "2026-1-3", "heute", "0001-01-01",
     "9999-12-31", "1999-12-31", "2026-11-23T00:00"],
)  # fmt: skip
def test_a_day_that_does_not_exist_is_not_found(browser: Browser, cast: Cast, day: str) -> None:
    browser.sign_in(cast.clerk)
    browser.visit(day_of(cast, day), 404)
    browser.visit(day_of(cast, day) + "/sheet", 404)


def in_order(text: str, *words: str) -> bool:
    """Whether these words follow each other in the text."""
    place = 0
    for word in words:
        place = text.find(word, place)
        assert place >= 0, f"{word} is missing, or too early: {text}"
        place += len(word)
    return True
