"""The desk in a real browser: an old wide screen, a small phone, no scripts."""

from collections.abc import Callable

import pytest

from hub.timetable.models import SlotState
from tests.cast import Cast
from tests.chromium import Phone
from tests.desk.conftest import Desk
from tests.desk.day.test_views import at, day_of
from tests.desk.sheet.test_views import sheet_of

# What is drawn does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("viewport", [(1024, 768), (360, 740)])
def test_every_page_of_the_desk_can_be_read(
    desk: Desk, phones: Callable[..., Phone], cast: Cast, viewport: tuple[int, int]
) -> None:
    slot_id = desk.fill(at(14), confirmed=3, waiting=2, room="绘本室", room_holds=2)
    desk.fill(at(16), confirmed=1, state=SlotState.CALLED_OFF, called_off_reason="停水")
    screen = phones(cast.clerk, viewport=viewport)
    screen.visit("/desk")
    screen.visit(day_of(cast) + "?order=room")
    screen.visit(f"/desk/slots/{slot_id}")
    screen.visit(sheet_of(cast))
    assert screen.page.get_by_role("button", name="打印").count() == 1
    phones(cast.administrator, viewport=viewport).visit("/desk")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_thumb_ticks_off_one_after_the_other(
    desk: Desk, phones: Callable[..., Phone], cast: Cast, scripts: bool
) -> None:
    slot_id = desk.fill(at(10, 30), confirmed=12, waiting=2, capacity=12, name="小宝")
    screen = phones(cast.clerk, scripts=scripts, viewport=(390, 844))
    page = screen.visit(f"/desk/slots/{slot_id}")
    button = page.get_by_role("button", name="签到 小宝9", exact=True)
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    assert box["height"] >= 56, "big enough for a thumb"
    assert box["x"] > 195, "on the side where the thumb is"
    before = page.evaluate("window.scrollY")
    assert before > 0
    screen.click(button)
    assert "到了 10:00" in page.locator("tr", has_text="小宝9").inner_text()
    if scripts:  # the page stays where it is, and the focus of the keyboard too
        assert abs(page.evaluate("window.scrollY") - before) < 40
        assert page.evaluate("document.activeElement.textContent").strip().startswith("撤回")
    else:
        box = page.locator("tr", has_text="小宝9").bounding_box()
        assert box is not None
        assert box["y"] < 844
    assert page.url.split("#")[0].endswith(f"/desk/slots/{slot_id}")
    # A second tap on the same spot does not take it back.
    assert page.locator("tr", has_text="小宝9").locator(".roster-mark button").count() == 0
    screen.click(page.get_by_role("button", name="撤回 小宝9", exact=True))
    assert page.locator(".figures").inner_text().split()[3] == "0"


def test_a_line_is_left_for_the_page_of_its_booking(
    desk: Desk, phones: Callable[..., Phone], cast: Cast
) -> None:
    slot_id = desk.fill(at(9, 45), confirmed=2, waiting=1, capacity=2, name="小宝")
    screen = phones(cast.manager, viewport=(390, 844))
    screen.visit(f"/desk/slots/{slot_id}")
    screen.press("小宝1", role="link")
    assert "可以办的" in screen.text
    assert "/desk/bookings/" in screen.page.url
    for act in ("改期", "记没来", "代为取消"):
        screen.press(act, role="link")
        screen.press("回到这个预约", role="link")
    screen.press("回到花名册", role="link")
    screen.press("改名额", role="link")
    screen.page.get_by_label("一共几个名额").fill("1")
    screen.press("改名额")
    assert "谁转到候补" in screen.text
    screen.visit(f"/desk/slots/{slot_id}/calling-off")
    screen.visit(f"/desk/centres/{cast.centre}/reasons")


def test_a_neighbour_is_booked_for_in_a_few_presses(
    desk: Desk, phones: Callable[..., Phone], cast: Cast
) -> None:
    slot_id = desk.fill(at(14), capacity=3)
    screen = phones(cast.clerk, viewport=(1024, 768))
    screen.visit(f"/desk/slots/{slot_id}")
    screen.press("代约", role="link")
    screen.page.get_by_label("手机号").fill("13800000001")
    screen.press("下一步")
    screen.page.get_by_label("小满").check()
    screen.press("预约")
    assert "约上了" in screen.text


def test_a_centre_is_searched_for_without_leaving_the_page(
    phones: Callable[..., Phone], cast: Cast
) -> None:
    desk = phones(cast.administrator, viewport=(1024, 768))
    desk.visit("/desk")
    desk.page.get_by_label("空间的名字").fill("江畔")
    desk.press("查找")
    assert "江畔社区渝好空间" in desk.text
    assert "榕树社区渝好空间" not in desk.text
    desk.press("江畔社区渝好空间", role="link")
    assert f"/desk/centres/{cast.other_centre}/days/2026-11-23" in desk.page.url


def test_without_scripts_the_sheet_shows_no_button_that_does_nothing(
    phones: Callable[..., Phone], cast: Cast
) -> None:
    desk = phones(cast.clerk, scripts=False)
    desk.page.goto(desk.site + sheet_of(cast))
    assert desk.page.get_by_role("button", name="打印").count() == 0
    assert "Ctrl+P" in desk.page.inner_text("body")
