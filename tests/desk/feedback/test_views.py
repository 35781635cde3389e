"""What families said of a centre, as its manager reads it: no names but those offered."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock as clocks
from hub.accounts.models import Account
from hub.actor import Actor
from hub.bookings.feedback.actions import add_word, say
from hub.bookings.models import Booking
from hub.catalogue.models import Centre
from hub.db import db, transaction
from hub.families.models import Guardian, Person
from tests.aliases import Clock
from tests.browser import Browser
from tests.cast import Cast
from tests.desk.conftest import Desk
from tests.desk.day.test_views import at, in_order
from tests.makers import a_booking, a_slot

Tell = Callable[..., None]


def page_of(centre: int) -> str:
    return f"/desk/centres/{centre}/feedback"


@pytest.fixture
def tell(app: Flask) -> Tell:
    """Let the family of the person with this name say how it was."""

    def act(name: str, is_glad: bool, word: str = "", may_call: bool = False) -> None:
        with app.app_context(), transaction():
            of_name = select(Booking).join(Booking.person).where(Person.name == name)
            booking = db.session.scalars(of_name).one()
            guardian = select(Guardian).where(Guardian.household_id == booking.household_id)
            by = Actor(db.session.scalars(guardian).one().account_id, clocks.now())
            say(booking, is_glad, by=by)
            if word:
                add_word(booking, word, may_call=may_call, by=by)

    return act


def test_it_counts_by_activity_and_names_only_who_may_be_called(
    desk: Desk, app: Flask, browser: Browser, cast: Cast, tell: Tell
) -> None:
    desk.fill(at(8), confirmed=3, name="小宝")
    tell("小宝1", True)
    tell("小宝2", True, "老师很耐心")
    tell("小宝3", False, "太吵了", may_call=True)
    with app.app_context():
        guardian = (
            select(Account.phone)
            .join(Guardian)
            .join(Person, Person.household_id == Guardian.household_id)
        )
        phone = db.session.scalars(guardian.where(Person.name == "小宝3")).one()
    browser.sign_in(cast.manager)
    page = browser.visit(browser.visit("/desk").links["满意度"])
    assert page.url == page_of(cast.centre)
    assert in_order(page.text, "亲子绘本", "2", "1")
    assert in_order(page.text, "不满意", "太吵了", "小宝3")
    assert [link for link in page.hrefs if link.startswith("tel:")] == [f"tel:{phone}"]
    assert "老师很耐心" in page.text
    assert "小宝2" not in page.text
    assert "小宝1" not in page.text
    assert "资料已删除" not in page.text
    assert desk.reads() == [(cast.manager, "centre_feedback", cast.centre, 2)]


def test_clerks_and_other_centres_do_not_see_it(
    desk: Desk, app: Flask, browser: Browser, cast: Cast, tell: Tell
) -> None:
    desk.fill(at(8), confirmed=1, name="小宝")
    tell("小宝1", False, "太吵了")
    here, there = page_of(cast.centre), page_of(cast.other_centre)
    assert browser.client.get(here).location == f"/sign-in?next={here}"
    for account, address, answer in (
        (cast.mother, here, 403),
        (cast.clerk, here, 403),
        (cast.other_clerk, here, 403),
        (cast.manager, there, 404),
        (cast.administrator, here, 200),
    ):
        page = Browser(app).sign_in(account).visit(address, answer)
        assert ("太吵了" in page.text) is (answer == 200)
    assert "满意度" not in browser.sign_in(cast.clerk).visit("/desk").links
    with app.app_context(), transaction():
        child = db.session.get_one(Person, cast.amu)
        slot = a_slot(centre=db.session.get_one(Centre, cast.other_centre), starts_at=at(7))
        db.session.add(slot)
        elsewhere = a_booking(slot, child)
        db.session.add(elsewhere)
        db.session.flush()
        by = Actor(cast.other_mother, clocks.now())
        say(elsewhere, True, by=by)
        add_word(elsewhere, "很安静", may_call=False, by=by)
    browser.sign_in(cast.administrator)
    for address, its, other in ((here, "太吵了", "很安静"), (there, "很安静", "太吵了")):
        page = browser.visit(address)
        assert its in page.text
        assert other not in page.text


def test_who_manages_elsewhere_is_only_a_clerk_here(
    app: Flask, browser: Browser, cast: Cast
) -> None:
    with app.app_context(), transaction():
        manager = db.session.get_one(Account, cast.manager)
        clerk = db.session.get_one(Account, cast.other_clerk)
        role = clerk.roles[0]
        role.account_id, role.account = manager.id, manager
    browser.sign_in(cast.manager).visit(page_of(cast.other_centre), 403)


def test_a_quiet_centre_says_so_and_what_is_long_ago_is_left_out(
    desk: Desk, browser: Browser, cast: Cast, tell: Tell, clock: Clock
) -> None:
    browser.sign_in(cast.manager)
    assert "还没有人说" in browser.visit(page_of(cast.centre)).text
    assert desk.reads() == []
    desk.fill(at(8), confirmed=1, name="小宝")
    tell("小宝1", True, "很好")
    clock.shift(timedelta(days=89))
    assert "很好" in browser.sign_in(cast.manager).visit(page_of(cast.centre)).text
    clock.shift(timedelta(days=2))
    browser.sign_in(cast.manager)
    assert "还没有人说" in browser.visit(page_of(cast.centre)).text


@pytest.mark.parametrize("how_many", [2, 12])
def test_many_words_cost_no_more_queries(
    desk: Desk, browser: Browser, cast: Cast, tell: Tell, queries: list[str], how_many: int
) -> None:
    desk.fill(at(8), confirmed=how_many, name="小宝")
    for turn in range(how_many):
        tell(f"小宝{turn + 1}", bool(turn % 2), f"第{turn}句话", may_call=True)
    browser.sign_in(cast.manager)
    queries.clear()
    page = browser.visit(page_of(cast.centre))
    assert f"第{how_many - 1}句话" in page.text
    assert len(queries) <= 6, queries
