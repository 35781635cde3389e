"""On an English page every Chinese word is marked as Chinese, and the page stays what it was."""

import re
from html.parser import HTMLParser

import pytest

from hub.web.rendering.lang_markup import HAN, mark_chinese
from tests.aliases import Save
from tests.browser import VOID, Browser
from tests.cast import Cast
from tests.makers import a_slot

ZH = '<span lang="zh-CN">'


@pytest.mark.parametrize(
    ("written", "marked"),
    [
        ("<p>渝中区</p>", f"<p>{ZH}渝中区</span></p>"),
        ("<p>Near 渝中区, today</p>", f"<p>Near {ZH}渝中区</span>, today</p>"),
        ("<p>榕树社区（演示）· 3 楼</p>", f"<p>{ZH}榕树社区（演示）· 3 楼</span></p>"),
        ("<p>渝中区 or 南岸区</p>", f"<p>{ZH}渝中区</span> or {ZH}南岸区</span></p>"),
        ("<p>小满 &amp; 朵朵</p>", f"<p>{ZH}小满</span> &amp; {ZH}朵朵</span></p>"),
        ("<option value='1'>渝中区</option>", "<option lang=\"zh-CN\" value='1'>渝中区</option>"),
        ('<button lang="zh-CN">中文</button>', '<button lang="zh-CN">中文</button>'),
        ('<a title="渝中区">here</a>', '<a title="渝中区">here</a>'),
        ("<title>渝好空间</title>", "<title>渝好空间</title>"),
        ("<textarea>小满</textarea>", "<textarea>小满</textarea>"),
        ("No Chinese at all", "No Chinese at all"),
    ],
)
def test_only_what_is_chinese_is_marked(written: str, marked: str) -> None:
    assert mark_chinese(written) == marked


class Unmarked(HTMLParser):
    """Collects the Chinese words of a page that no element around them says to be Chinese."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append((tag, dict(attributes).get("lang") or ""))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, words: str) -> None:
        langs = [lang for _tag, lang in self.open if lang]
        is_text = not {"title", "textarea", "script"} & {tag for tag, _lang in self.open}
        if is_text and langs[-1:] != ["zh-CN"] and re.search(f"[{HAN}]", words):
            self.found.append(words.strip())


def test_every_page_in_english_says_what_of_it_is_chinese(
    browser: Browser, cast: Cast, saved: Save
) -> None:
    slot = saved(a_slot())
    browser.client.set_cookie("language", "en")
    pages = ["/", "/slots", "/centres", f"/centres/{cast.centre}", f"/slots/{slot}", "/nothing"]
    for address in pages:
        page = browser.client.get(address).text
        assert '<html lang="en"' in page
        assert 'lang="zh-CN"' in page
        assert not Unmarked(page).found, address
    browser.sign_in(cast.mother)
    for address in ("/family", "/bookings", f"/slots/{slot}", "/me"):
        assert not Unmarked(browser.client.get(address).text).found, address
    part = {"HX-Request": "true", "HX-Target": "results"}
    assert not Unmarked(browser.client.get("/slots", headers=part).text).found


def test_a_chinese_page_is_left_as_it_is(browser: Browser, cast: Cast) -> None:
    assert browser.client.get("/centres").text.count('lang="zh-CN"') == 2  # itself and the button
