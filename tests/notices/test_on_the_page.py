"""Messages as 我的预约 shows them: an address of this site is a link, anybody else's is not."""

from flask import Flask

from hub import clock
from hub.db import transaction
from hub.notices.actions import tell
from tests.browser import Browser
from tests.cast import Cast

OURS = "http://127.0.0.1:8000"  # HUB_ADDRESS where nothing else is told


def test_the_address_of_a_page_of_this_site_is_a_link_without_its_host(
    app: Flask, browser: Browser, cast: Cast
) -> None:
    with app.app_context(), transaction():
        tell(cast.mother, f"有名额了：{OURS}/offers/a-B_9。别错过。", clock.now())
    page = browser.sign_in(cast.mother).visit("/bookings")
    assert "有名额了：点这里看。别错过。" in page.text.replace(" ", "")
    assert "/offers/a-B_9" in page.hrefs
    assert OURS not in page.html


def test_somebody_elses_address_stays_words(app: Flask, browser: Browser, cast: Cast) -> None:
    with app.app_context(), transaction():
        for words in (
            "停水 http://evil.example/x",
            f"停水 {OURS}.evil.example/x",
            "停水 /offers/1",
        ):
            tell(cast.mother, words, clock.now())
    page = browser.sign_in(cast.mother).visit("/bookings")
    assert "停水 http://evil.example/x" in page.text
    assert f"停水 {OURS}.evil.example/x" in page.text
    assert not [href for href in page.hrefs if "evil" in href or "offers" in href]
