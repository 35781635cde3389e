"""Inside WeChat's browser: what it cannot do is not offered, and what to do instead is said."""

import re
from pathlib import Path
from typing import Any

import pytest

from hub.config import ROOT
from tests.aliases import Save
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.makers import a_slot

ON_A_PHONE = (
    "Mozilla/5.0 (Linux; Android 12; V2055A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MicroMessenger/8.0.47.2560 NetType/4G"
)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def looked_at(browser: Browser, url: str, agent: str) -> tuple[Page, Any]:
    answer = browser.client.get(url, headers={"User-Agent": agent})
    return Page(answer.text, url, answer.status_code), answer


def test_a_sheet_is_not_printed_but_opened_in_a_browser_first(
    browser: Browser, saved: Save
) -> None:
    poster = f"/slots/{saved(a_slot())}/poster"
    page, answer = looked_at(browser, poster, ON_A_PHONE)
    assert "微信里不能打印：点右上角 ···，选“在浏览器打开”。" in page.text
    assert "data-print" not in page.html
    assert "User-Agent" in answer.vary, "no cache may give this page to another browser"
    assert answer.headers["Cache-Control"] == "no-store"
    page, answer = looked_at(browser, poster, "Mozilla/5.0 Firefox/140")
    assert "微信里不能打印" not in page.text
    assert "data-print" in page.html
    assert "User-Agent" in answer.vary


def test_the_desk_reads_the_same_of_its_day_sheet(browser: Browser, cast: Cast) -> None:
    sheet = f"/desk/centres/{cast.centre}/days/2026-11-23/sheet"
    page, _answer = looked_at(browser.sign_in(cast.clerk), sheet, ON_A_PHONE)
    assert "微信里不能打印" in page.text


def test_pages_that_many_look_at_are_the_same_in_every_browser(
    browser: Browser, saved: Save
) -> None:
    """A proxy keeps one copy of them."""
    for url in ("/", "/slots", "/centres", f"/slots/{saved(a_slot())}"):
        _page, answer = looked_at(browser, url, ON_A_PHONE)
        assert "User-Agent" not in answer.vary, url


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_page_opens_a_window_or_offers_a_file_without_a_word_for_wechat(path: Path) -> None:
    text = path.read_text()
    assert "target=" not in re.sub(r"data-hx-target=", "", text), "WeChat opens no new windows"
    if re.search(r"\sdownload[\s=>]|\.ics|\.csv", text):
        assert "在浏览器打开" in text, "WeChat downloads nothing: say what to do instead"
