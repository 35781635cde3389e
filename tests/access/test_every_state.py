"""Every page in every state: for axe, for a finger, at 320 px, in the dark, in 关怀版."""

from collections.abc import Callable

import pytest

from tests.access.places import Places
from tests.cast import Cast
from tests.chromium import Phone

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Phones = Callable[..., Phone]
Inspect = Callable[..., None]


# Between them they show every component; its colours are the same on every page.
IN_THE_DARK = {
    "design",
    "slots",
    "slot, full",
    "draw, drawn",
    "booking, confirmed",
    "roster, begun",
}


def test_nothing_is_wrong_with_any_page_in_any_state(
    phones: Phones, cast: Cast, places: tuple[Places, ...], inspect: Inspect
) -> None:
    accounts = (None, cast.mother, cast.clerk, cast.manager)
    for account, there in zip(accounts, places, strict=True):
        phone = phones(account)
        for name, address in there.items():
            answer = phone.page.goto(phone.site + address)
            assert answer
            if answer.status >= 500:
                phone.troubles.clear()  # which the browser tells of, as it should
            inspect(phone, f"{name} {answer.status}", dark=name in IN_THE_DARK)
