"""Language and 关怀版: chosen by one press, remembered, and by pages of this site only."""

import pytest
from flask import Flask

from tests.browser import Browser
from tests.cast import Cast

FROM_HERE = [
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": "http://localhost"},
    {"Referer": "http://localhost/slots"},  # the oldest browsers say no more
]
FROM_ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "none", "Origin": "http://localhost"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://localhost.evil.example", "Referer": "http://localhost/"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Referer": "https://evil.example/localhost"},
    {},
]
CHOICES = [("/language", {"language": "en"}), ("/care", {"care": "1"}), ("/district", {})]


def test_a_page_is_chinese_until_english_is_chosen(browser: Browser) -> None:
    page = browser.visit("/")
    assert page.lang == "zh-CN"
    page = browser.submit(page, form="/language", language="en")
    assert page.lang == "en"
    assert browser.visit("/bookings").lang == "en", "it is remembered"
    assert browser.submit(page, form="/language", language="zh").lang == "zh-CN"


def test_a_page_is_large_and_plain_once_that_was_chosen(browser: Browser, cast: Cast) -> None:
    page = browser.visit("/slots?day=2026-11-24")
    assert "data-care" not in page.html
    page = browser.submit(page, form="/care", care="1")
    assert page.url == "/slots?day=2026-11-24", "one stays where one was"
    for address, status in (("/", 200), ("/sign-in", 200), ("/nothing-here", 404)):
        assert "data-care" in browser.visit(address, status).html
    browser.sign_in(cast.mother)
    page = browser.visit("/bookings")
    assert "data-care" in page.html, "signing in keeps it"
    assert "data-care" not in browser.submit(page, form="/care", care="").html


@pytest.mark.parametrize(("address", "sent"), CHOICES[:2])
def test_a_choice_is_a_cookie_of_its_own_and_begins_no_session(
    app: Flask, browser: Browser, address: str, sent: dict[str, str]
) -> None:
    answer = browser.client.post(address, data=sent, headers=FROM_HERE[0])
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith(f"{address[1:]}={sent[address[1:]]}; ")
    for wanted in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=34560000"):
        assert wanted in cookie.split("; ")
    assert "Secure" not in cookie
    app.config["SESSION_COOKIE_SECURE"] = True
    assert (
        "; Secure"
        in browser.client.post(address, data=sent, headers=FROM_HERE[0]).headers["Set-Cookie"]
    )


@pytest.mark.parametrize(("address", "sent"), CHOICES)
def test_another_site_cannot_choose(browser: Browser, address: str, sent: dict[str, str]) -> None:
    for headers in FROM_ELSEWHERE:
        answer = browser.client.post(address, data=sent, headers=headers)
        assert answer.status_code == 400, headers
        assert "Set-Cookie" not in answer.headers
    for headers in FROM_HERE:
        assert browser.client.post(address, data=sent, headers=headers).status_code == 303, headers


@pytest.mark.parametrize("address", [address for address, _sent in CHOICES])
def test_choosing_leads_back_to_this_site_only(browser: Browser, address: str) -> None:
    for back in ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil"):
        answer = browser.client.post(address, data={"back": back}, headers=FROM_HERE[0])
        assert answer.location == "/", back


@pytest.mark.parametrize("odd", ["", "xx", "en\r\nSet-Cookie: a=b", "好"])
def test_what_nobody_offers_is_the_usual(browser: Browser, odd: str) -> None:
    browser.post("/language", {"language": odd})
    browser.post("/care", {"care": odd})
    page = browser.visit("/")
    assert page.lang == "zh-CN"
    assert "data-care" not in page.html
