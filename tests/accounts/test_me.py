"""The page about oneself."""

from tests.browser import Browser
from tests.cast import Cast


def test_a_family_sees_its_phone_and_the_ways_on(
    browser: Browser, cast: Cast, queries: list[str]
) -> None:
    browser.sign_in(cast.mother)
    queries.clear()
    page = browser.visit("/me")
    assert len(queries) <= 1, queries
    assert "138 0000 0001" in page.text
    assert {"/family", "/bookings"} <= set(page.hrefs)
    assert "/desk" not in page.hrefs
    actions = {form.action for form in page.forms}
    assert {"/language", "/sign-out", "/sign-out/everywhere"} <= actions


def test_a_stranger_is_asked_to_sign_in(browser: Browser) -> None:
    assert browser.visit("/me").url == "/sign-in?next=/me"


def test_the_staff_see_what_they_do_and_where(
    browser: Browser, cast: Cast, queries: list[str]
) -> None:
    browser.sign_in(cast.clerk)
    queries.clear()
    page = browser.visit("/me")
    assert len(queries) <= 2, queries
    assert "前台 榕树社区渝好空间" in page.text
    assert "/desk" in page.hrefs
    browser.sign_in(cast.administrator)
    assert "系统管理员 所有中心" in browser.visit("/me").text


def test_the_language_can_be_changed_and_leads_back(browser: Browser, cast: Cast) -> None:
    browser.sign_in(cast.mother)
    page = browser.visit("/me")
    form = next(each for each in page.forms if each.fields.get("back") == "/me")
    page = browser.post("/language", {**form.fields, "language": "en"}, referer="/me")
    assert page.url == "/me"
    assert page.lang == "en"
