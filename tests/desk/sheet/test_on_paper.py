"""The day sheet as Chromium prints it: the right pages, and nothing lost on them."""

import io
import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from hub.catalogue.models import Audience
from hub.timetable.models import SlotState
from tests.cast import Cast
from tests.chromium import Phone
from tests.desk.conftest import Desk
from tests.desk.day.test_views import at
from tests.desk.sheet.test_views import sheet_of

# What is drawn does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

A4 = (595, 842)  # points
LONGEST_NAME = "阿不都热依木江·买买提吐尔逊·艾合买提江"  # 20 characters, as many as a name may have


@pytest.fixture
def printed(phones: Callable[..., Phone], cast: Cast) -> Callable[[], list[str]]:
    """Print the day sheet and get the text of each page, without any white space."""

    def pages() -> list[str]:
        desk = phones(cast.clerk, viewport=(1024, 768))
        desk.visit(sheet_of(cast))
        reader = PdfReader(io.BytesIO(desk.page.pdf(prefer_css_page_size=True)))
        sizes = {(round(page.mediabox.width), round(page.mediabox.height)) for page in reader.pages}
        assert sizes == {A4}, "A4, upright"
        assert not {font for page in reader.pages for font in _fonts(page) if "LastResort" in font}
        return [_as_read(page.extract_text()) for page in reader.pages]

    return pages


def test_twenty_slots_of_fifteen_are_printed_with_every_name(
    desk: Desk, printed: Callable[[], list[str]]
) -> None:
    for turn in range(20):
        start = at(9) + timedelta(minutes=30 * turn)
        desk.fill(start, confirmed=15, capacity=15, name=f"小{chr(ord('甲') + turn)}")
    pages = printed()
    text = "".join(pages)
    for turn in range(20):
        for one in range(1, 16):
            assert f"{one}小{chr(ord('甲') + turn)}{one}6岁" in text
    for number, page in enumerate(pages, 1):
        assert f"第{number}/{len(pages)}页" in page
        assert "2026年11月23日星期一榕树社区渝好空间·日程单" in page
        assert "印于2026-11-2310:00" in page
    # The day at a glance, which may hang on the wall, and then a page for each of these rosters:
    # one that fits on a page is not torn apart.
    assert len(pages) == 2 + 20
    assert not [page for page in pages[:2] if "6岁" in page]
    assert {page.count("6岁") for page in pages[2:]} == {15}


def test_a_roster_of_sixty_goes_on_under_its_own_heading(
    desk: Desk, printed: Callable[[], list[str]]
) -> None:
    desk.fill(at(14), confirmed=60, capacity=60, name="小宝", room="多功能厅")
    pages = printed()[1:]
    assert 3 <= len(pages) <= 4
    for page in pages:
        assert _as_read("14:00–15:30 亲子绘本 多功能厅 带领人：待定") in page
        assert "序姓名年龄尾号预约号到签名" in page
    assert sum(len(re.findall(r"小宝\d+6岁", page)) for page in pages) == 60


def test_no_heading_stands_alone_at_the_foot_of_a_page(
    desk: Desk, printed: Callable[[], list[str]]
) -> None:
    for turn in range(12):
        desk.fill(at(9) + timedelta(hours=turn), confirmed=3 + turn, name="小宝")
    for page in printed()[1:]:
        for part in re.split(_as_read("签名接走：时间、签名备注"), page)[1:]:
            assert re.match(r"\d+小宝\d+|临时到场", part), f"a heading without a person: {page}"


def test_nothing_long_is_cut(desk: Desk, printed: Callable[[], list[str]]) -> None:
    title = "书法国画篆刻与非物质文化遗产剪纸联合体验课" + "（请家长陪同并自备围裙毛巾水杯）" * 2
    reason = "带领人临时生病，" * 24 + "完"
    room = "亲子活动室二楼东侧楼梯上来左手第二间" * 3
    desk.fill(at(9), confirmed=26, waiting=9, capacity=26, name=LONGEST_NAME[:18], room=room[:60])
    desk.fill(
        at(11), confirmed=2, name="小宝", state=SlotState.CALLED_OFF, called_off_reason=reason
    )
    desk.fill(at(15), confirmed=2, title=title[:60])
    text = "".join(printed())
    for turn in range(1, 36):
        assert f"{LONGEST_NAME[:18]}{turn}" in text
    assert text.count(_as_read(room[:60])) >= 3, "in the overview and over both pages of the roster"
    assert text.count(_as_read(reason)) == 2
    assert text.count(_as_read(title[:60])) >= 2
    assert "…" not in text


def test_no_word_sticks_out_of_its_cell_and_nothing_is_set_to_be_cut(
    desk: Desk, phones: Callable[..., Phone], cast: Cast
) -> None:
    """Clipped words are still in a PDF's text; so ask the layout as well."""
    desk.fill(
        at(9), confirmed=3, waiting=2, name=LONGEST_NAME[:18], title="长" * 60, room="房" * 60
    )
    desk.fill(
        at(12), confirmed=1, title="w" * 60, room="W" * 60, audience=Audience.CHILD_WITH_ADULT
    )
    page = phones(cast.clerk, viewport=(703, 1000)).visit(sheet_of(cast))  # 186 mm
    page.emulate_media(media="print")
    told = page.evaluate(
        """() => [...document.querySelectorAll(".sheet *")].filter((one) => {
             const { overflowX, overflowY, textOverflow } = getComputedStyle(one);
             const cuts = [overflowX, overflowY].some((value) => value !== "visible");
             const sticksOut = one.matches("td, th") && one.scrollWidth > one.clientWidth + 1;
             return one.closest("svg") === null && (cuts || sticksOut || textOverflow !== "clip");
           }).map((one) => one.outerHTML.slice(0, 200))"""
    )
    assert told == []


def _as_read(text: str) -> str:
    """Without white space; a glyph that two characters share is named like the usual one."""
    shared = str.maketrans("‒⻅⻉⻋⻓⻔⻚⻛⻝⻢⻥⻩⻰", "–见贝车长门页风食马鱼黄龙")
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text).translate(shared))


def _fonts(page: Any) -> list[str]:
    fonts = page["/Resources"].get("/Font", {})
    return [str(font.get_object().get("/BaseFont", "")) for font in fonts.values()]
