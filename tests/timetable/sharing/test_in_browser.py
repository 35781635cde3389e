"""分享到群 in a real browser: one press copies, and without a clipboard or a script it still goes.

That a slot's page has no console error shows too that its record breaks no policy.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.aliases import Save
from tests.chromium import Phone
from tests.makers import a_slot, an_activity

# What is copied does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
NO_COPYING = "document.execCommand = () => false"


@pytest.fixture
def slot(saved: Save) -> str:
    return f"/slots/{saved(a_slot(an_activity(title='亲子绘本'), places_left=3))}"


def test_one_press_copies_the_message_and_says_so(phones: Callable[..., Phone], slot: str) -> None:
    phone = phones()
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    phone.visit(slot)
    assert phone.page.locator("script[type='application/ld+json']").count() == 1
    phone.press("分享到群")
    expect(phone.page.locator(".share [role=status]")).to_have_text("已复制，去群里粘贴吧")
    copied = phone.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert copied[0] == "【亲子绘本】"
    assert "名额：余 3 个，共 10 个" in copied
    assert copied[-1].endswith(f"{phone.site}{slot}")


def test_an_old_browser_copies_too_or_says_how_to_do_it_by_hand(
    phones: Callable[..., Phone], slot: str
) -> None:
    phone = phones()
    phone.page.add_init_script(NO_CLIPBOARD)
    phone.visit(slot)
    phone.press("分享到群")
    expect(phone.page.locator(".share [role=status]")).to_have_text("已复制，去群里粘贴吧")
    phone.page.add_init_script(NO_COPYING)
    phone.visit(slot)
    phone.press("分享到群")
    expect(phone.page.locator(".share [role=status]")).to_contain_text("自己复制")
    field = phone.page.get_by_label("分享的话", exact=True)
    expect(field).to_be_focused()
    chosen = field.evaluate(
        "(field) => field.value.slice(field.selectionStart, field.selectionEnd)"
    )
    assert chosen == field.input_value()


def test_without_scripts_the_message_can_be_selected(
    phones: Callable[..., Phone], slot: str
) -> None:
    phone = phones(scripts=False)
    page = phone.visit(slot)
    assert not page.get_by_text("分享到群").is_visible()
    page.get_by_text("看看分享的话").click()
    field = page.get_by_label("分享的话", exact=True)
    assert field.get_attribute("readonly") is not None
    assert "【亲子绘本】" in field.input_value()
