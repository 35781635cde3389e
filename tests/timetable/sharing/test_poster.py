"""The poster of a slot: what is on it, and that it fits on one sheet of paper."""

import io
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from hub.catalogue.models import Admission, Audience
from hub.timetable.models import Series, SlotState
from tests.aliases import Clock, Save
from tests.browser import Browser
from tests.cast import Cast
from tests.chromium import Phone
from tests.makers import a_centre, a_room, a_slot, an_activity

A4 = (595, 842)  # points


def a_class(**given: Any) -> Any:
    centre = a_centre(name="榕树社区渝好空间", address="测试路1号", phone="023-6700 0001")
    activity = an_activity(centre, title="亲子绘本", summary="听故事，画一画。", youngest_months=36)
    return a_slot(activity, room=a_room(centre, name="阅读区"), **given)


class TestThePoster:
    def test_says_what_when_where_for_whom_and_how(self, browser: Browser, saved: Save) -> None:
        slot = saved(a_class(fee_fen=2000))
        page = browser.visit(f"/slots/{slot}/poster")
        for words in (
            "亲子绘本",
            "听故事，画一画。",
            "周二 11月24日 14:00–15:30",
            "榕树社区渝好空间 · 阅读区",
            "测试路1号",
            "孩子（满3岁）",
            "¥20",
            "023-6700 0001",
            f"localhost/slots/{slot}",
        ):
            assert words in page.text
        assert "noindex" in page.html
        assert page.links["回到这一场"] == f"/slots/{slot}"

    def test_tells_of_a_draw_of_a_whole_series_and_of_a_slot_that_is_off(
        self, browser: Browser, saved: Save, clock: Clock
    ) -> None:
        until = datetime(2026, 11, 23, 12, tzinfo=UTC)
        drawn = a_class(admission=Admission.DRAW, entries_until=until)
        days = {"starts_on": until.date(), "ends_on": until.date()}
        drawn.series = Series(activity=drawn.activity, name="第 1 期", is_whole=True, **days)
        drawn_id, off = saved(drawn, a_slot(state=SlotState.CALLED_OFF))
        page = browser.visit(f"/slots/{drawn_id}/poster")
        assert "周一 11月23日 20:00 前报名，不用抢" in page.text
        assert "这是“第 1 期”里的一次。" in page.text
        assert "这一场停办了" in browser.visit(f"/slots/{off}/poster").text
        clock.shift(timedelta(days=2))
        assert "这一场已经结束" in browser.visit(f"/slots/{drawn_id}/poster").text

    def test_of_a_slot_that_does_not_exist_is_not_found(self, browser: Browser) -> None:
        browser.visit("/slots/999999/poster", 404)

    def test_costs_one_query(self, browser: Browser, saved: Save, queries: list[str]) -> None:
        poster = f"/slots/{saved(a_class())}/poster"
        queries.clear()
        browser.visit(poster)
        assert len(queries) <= 1, queries

    def test_is_offered_to_the_staff_only(self, browser: Browser, saved: Save, cast: Cast) -> None:
        slot = saved(a_slot())
        assert "打印海报" not in browser.visit(f"/slots/{slot}").links
        assert "打印海报" not in browser.sign_in(cast.mother).visit(f"/slots/{slot}").links
        links = browser.sign_in(cast.administrator).visit(f"/slots/{slot}").links
        assert links["打印海报"] == f"/slots/{slot}/poster"
        assert browser.visit(f"/desk/slots/{slot}").links["打印海报"] == f"/slots/{slot}/poster"


def the_longest(title: int, name: int, address: int, room: int, **given: Any) -> Any:
    """A slot of which as much is to be said as can be, with words of these lengths."""
    until = datetime(2026, 11, 23, 12, tzinfo=UTC)
    centre = a_centre(
        name=chr(0x9577 + address) * name, address="址" * address, phone="023-6700 0001"
    )
    words = {"title": "题" * title, "summary": "述" * 60, "audience": Audience.CHILD_WITH_ADULT}
    activity = an_activity(centre, **words, youngest_months=7, oldest_months=100)
    slot = a_slot(activity, room=a_room(centre, name="室" * room), **given)
    if slot.state is SlotState.CALLED_OFF:
        days = {"starts_on": until.date(), "ends_on": until.date()}
        slot.series = Series(activity=activity, name="期" * 60, is_whole=True, **days)
        slot.admission, slot.entries_until = Admission.DRAW, until
    return slot


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_poster_is_one_sheet_however_long_its_words_are(
    phones: Callable[..., Phone], saved: Save
) -> None:
    desk, off = phones(viewport=(1024, 768)), {"state": SlotState.CALLED_OFF}
    for slot in saved(
        a_class(),
        the_longest(30, 15, 15, 10),
        the_longest(60, 20, 70, 30),
        the_longest(60, 20, 25, 15, **off),
        the_longest(60, 60, 200, 60, **off),
    ):
        desk.visit(f"/slots/{slot}/poster")
        title = desk.page.locator("h1").inner_text()
        sheet = PdfReader(io.BytesIO(desk.page.pdf(prefer_css_page_size=True)))
        assert len(sheet.pages) == 1, title
        size = sheet.pages[0].mediabox
        assert (round(size.width), round(size.height)) == A4
        text = re.sub(r"\s", "", unicodedata.normalize("NFKC", sheet.pages[0].extract_text()))
        assert re.sub(r"\s", "", title) in text
        assert "023-67000001" in text
