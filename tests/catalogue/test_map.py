"""The way to a centre: a map elsewhere is asked for the place, and told nothing of who asks."""

from urllib.parse import parse_qs, urlsplit

import pytest

from hub.catalogue.models import Centre
from tests.aliases import Save
from tests.browser import Browser
from tests.makers import a_slot, an_activity


def test_every_page_of_a_place_leads_to_a_map_and_tells_it_nothing_else(
    browser: Browser, saved: Save
) -> None:
    slot = a_slot(an_activity(title="亲子绘本"))
    slot_id = saved(slot)
    centre_id, address = slot.centre_id, slot.centre.address
    for url in (f"/slots/{slot_id}", f"/centres/{centre_id}"):
        page = browser.visit(url)
        link = urlsplit(page.links["怎么去"])
        assert (link.scheme, link.netloc, link.path) == ("https", "uri.amap.com", "/search")
        assert parse_qs(link.query) == {"keyword": [address], "city": ["重庆"]}
        assert page.html.count('rel="noopener noreferrer"') == 1


@pytest.mark.parametrize(
    ("given", "sought"),
    [
        ({"address": "测试路1号", "community": "永利社区"}, "测试路1号"),
        ({"address": "", "community": "永利社区"}, "永利社区"),
        ({"address": "", "community": ""}, "永利社区渝好空间"),
    ],
)
def test_what_is_not_known_of_a_centre_is_sought_by_what_is(
    given: dict[str, str], sought: str
) -> None:
    link = Centre(name="永利社区渝好空间", **given).map_link
    assert parse_qs(urlsplit(link).query)["keyword"] == [sought]
