"""The desk in a real browser: an old wide screen, a small phone, no scripts."""

from collections.abc import Callable

import pytest

from hub.timetable.models import SlotState
from tests.cast import Cast
from tests.chromium import Phone
from tests.desk.conftest import Fill
from tests.desk.test_day import at, day_of
from tests.desk.test_sheet import sheet_of

# What is drawn does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("viewport", [(1024, 768), (360, 740)])
def test_every_page_of_the_desk_can_be_read(
    phones: Callable[..., Phone],
    cast: Cast,
    fill: Fill,
    viewport: tuple[int, int],
) -> None:
    slot_id = fill(at(14), confirmed=3, waiting=2, room="绘本室", room_holds=2)
    fill(at(16), confirmed=1, state=SlotState.CALLED_OFF, called_off_reason="停水")
    desk = phones(cast.clerk, viewport=viewport)
    desk.visit("/desk")
    desk.visit(day_of(cast) + "?order=room")
    desk.visit(f"/desk/slots/{slot_id}")
    desk.visit(sheet_of(cast))
    assert desk.page.get_by_role("button", name="打印").count() == 1
    phones(cast.administrator, viewport=viewport).visit("/desk")


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
