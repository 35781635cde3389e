"""What a manager changes about a slot: more places, fewer, none."""

from flask import Flask

from hub.accounts.models import Account, Role, RoleName
from hub.db import db
from tests.browser import Browser
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.desk.day.test_views import at, in_order
from tests.makers import tomorrow


def test_more_places_serve_the_line(desk: Desk, browser: Browser, cast: Cast) -> None:
    slot_id = desk.fill(tomorrow(14), confirmed=2, waiting=2, capacity=2, name="小宝")
    roster = browser.sign_in(cast.manager).visit(f"/desk/slots/{slot_id}")
    page = browser.visit(roster.links["改名额"])
    assert in_order(page.text, "一共 2 个，已给 2 个，余 0 个", "候补", "2 人")
    roster = browser.submit(page, form="/capacity", capacity="3")
    assert "现在一共 3 个名额" in roster.text
    assert desk.state_of(desk.number_of("小宝3")) == "offered"
    assert desk.state_of(desk.number_of("小宝4")) == "waiting"
    assert desk.counters_of(slot_id) == (0, 0, 1)
    assert len(desk.told()) == 1
    assert ("change_capacity", cast.manager) in desk.done()


def test_fewer_than_are_taken_asks_who_waits_instead_all_in_one_act(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    slot_id = desk.fill(tomorrow(14), confirmed=3, capacity=4, name="小宝")
    browser.sign_in(cast.manager)
    page = browser.visit(f"/desk/slots/{slot_id}/capacity")
    assert "小宝" not in page.text, "nobody is shown before somebody must be chosen"
    asked = browser.submit(page, 422, form="/capacity", capacity="1")
    assert in_order(asked.text, "已经有 3 个名额给了人", "谁转到候补", "小宝3", "小宝2", "小宝1")
    form = asked.form("/capacity")
    assert form.fields["capacity"] == "1", "what was typed stays"
    assert "to_waiting_list" not in form.fields, "nobody is chosen beforehand"
    assert desk.counters_of(slot_id) == (1, 0, 0)
    assert desk.reads() == [(cast.manager, "slot", slot_id, 3)]
    chosen = [desk.number_of("小宝3"), desk.number_of("小宝1")]
    asked = browser.submit(asked, 422, form="/capacity", to_waiting_list=chosen[:1])
    assert "checked" in asked.html, "one is not enough, but stays chosen"
    assert desk.told() == []
    browser.submit(asked, form="/capacity", to_waiting_list=chosen)
    assert [desk.state_of(desk.number_of(f"小宝{turn}")) for turn in (1, 2, 3)] == [
        "waiting", "confirmed", "waiting",
    ]  # fmt: skip
    assert desk.counters_of(slot_id) == (0, 0, 2)
    assert len([text for text in desk.told() if "排到了候补最前面" in text]) == 2


def test_only_holders_of_this_slot_are_sent_to_the_line(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    slot_id = desk.fill(tomorrow(14), confirmed=1, name="小宝")
    desk.fill(tomorrow(16), confirmed=1, name="别宝")
    browser.sign_in(cast.manager)
    page = browser.visit(f"/desk/slots/{slot_id}/capacity")
    sent = page.form("/capacity").fields | {
        "capacity": "5",
        "to_waiting_list": desk.number_of("别宝1"),
    }
    browser.post(f"/desk/slots/{slot_id}/capacity", sent)
    assert desk.state_of(desk.number_of("别宝1")) == "confirmed"


def test_a_number_of_places_is_a_number(desk: Desk, browser: Browser, cast: Cast) -> None:
    slot_id = desk.fill(tomorrow(14))
    page = browser.sign_in(cast.manager).visit(f"/desk/slots/{slot_id}/capacity")
    for wrong in ("", "-1", "2001", "十", "9" * 30, "1.5"):
        refused = browser.submit(page, 422, form="/capacity", capacity=wrong)
        assert "capacity-error" in refused.html
    assert browser.submit(page, form="/capacity", capacity="0")


def test_what_is_kept_for_the_desk_is_opened_now(desk: Desk, browser: Browser, cast: Cast) -> None:
    slot_id = desk.fill(
        tomorrow(14), confirmed=1, waiting=1, capacity=3, desk_places=2, name="小宝"
    )
    page = browser.sign_in(cast.manager).visit(f"/desk/slots/{slot_id}/capacity")
    assert "留了 2 个" in page.text
    roster = browser.submit(page, form="/desk-places")
    assert "前台留的名额放开了" in roster.text
    assert desk.state_of(desk.number_of("小宝2")) == "offered"
    assert desk.counters_of(slot_id) == (1, 0, 0)
    assert ("release_desk_places", cast.manager) in desk.done()
    assert not [form for form in browser.visit(page.url).forms if "desk-places" in form.action]


def test_a_slot_is_called_off_with_a_reason_and_everybody_is_told(
    desk: Desk, browser: Browser, cast: Cast
) -> None:
    slot_id = desk.fill(tomorrow(14), confirmed=2, waiting=1, capacity=2, name="小宝")
    roster = browser.sign_in(cast.manager).visit(f"/desk/slots/{slot_id}")
    ask = browser.visit(roster.links["停办这一场"])
    assert "会通知 3 家、3 人" in ask.text
    assert "请写一句原因。" in browser.submit(ask, 422, form="/calling-off", reason="").text
    assert desk.done() == []
    roster = browser.submit(ask, form="/calling-off", reason="老师生病")
    assert in_order(roster.text, "已经通知 3 家", "已停：老师生病", "停办前约了的", "小宝1")
    assert "改名额" not in roster.links
    assert {desk.state_of(desk.number_of(f"小宝{turn}")) for turn in (1, 2, 3)} == {"cancelled"}
    assert desk.counters_of(slot_id) == (2, 0, 0)
    assert len(desk.told()) == 3
    assert "老师生病" in desk.told()[0]
    refused = browser.submit(ask, 422, form="/calling-off", reason="再停一次")
    assert "已经停办了" in refused.text
    assert len(desk.told()) == 3
    page = browser.visit(f"/desk/bookings/{desk.number_of('小宝1')}")
    assert not [form for form in page.forms if "restoration" in form.action]
    sent = {"csrf_token": browser.token()}
    browser.post(f"/desk/bookings/{desk.number_of('小宝1')}/restoration", sent, 422)


def test_what_is_over_is_not_changed_any_more(desk: Desk, browser: Browser, cast: Cast) -> None:
    slot_id = desk.fill(at(8), ends_at=at(9), confirmed=1, desk_places=1, capacity=3)
    browser.sign_in(cast.manager)
    assert "改名额" not in browser.visit(f"/desk/slots/{slot_id}").links
    page = browser.visit(f"/desk/slots/{slot_id}/capacity")
    assert "已经结束了" in browser.submit(page, 422, form="/capacity", capacity="9").text
    assert "已经结束了" in browser.submit(page, 422, form="/desk-places").text
    page = browser.visit(f"/desk/slots/{slot_id}/calling-off")
    refused = browser.submit(page, 422, form="/calling-off", reason="晚了")
    assert "已经结束了" in refused.text


def test_the_desk_sees_none_of_it_and_manages_nothing_elsewhere(
    desk: Desk, browser: Browser, app: Flask, cast: Cast
) -> None:
    slot_id = desk.fill(tomorrow(14))
    browser.sign_in(cast.clerk)
    assert "改名额" not in browser.visit(f"/desk/slots/{slot_id}").links
    with app.app_context():  # a manager of the other centre who helps at this desk
        account = db.session.get_one(Account, cast.clerk)
        account.roles.append(Role(name=RoleName.MANAGER, centre_id=cast.other_centre))
        db.session.commit()
    assert "改名额" not in browser.visit(f"/desk/slots/{slot_id}").links
    for page in ("capacity", "calling-off"):
        browser.visit(f"/desk/slots/{slot_id}/{page}", 403)
    browser.visit(f"/desk/centres/{cast.centre}/reasons", 403)
    browser.visit(f"/desk/centres/{cast.other_centre}/reasons")
