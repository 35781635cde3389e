"""Whether the process is alive and can serve."""

from tests.browser import Browser


def test_the_site_answers_that_it_is_alive_and_ready(browser: Browser) -> None:
    assert browser.client.get("/healthz").json == {"status": "ok"}
    assert browser.client.get("/readyz").json == {"status": "ok"}
