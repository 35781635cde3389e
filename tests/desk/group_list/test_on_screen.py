"""接龙 in a real browser: an old wide screen, a small phone, no scripts."""

from collections.abc import Callable

import pytest

from tests.cast import Cast
from tests.chromium import Phone
from tests.desk.conftest import Desk
from tests.makers import tomorrow

# What is drawn does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LIST = """1. 小满妈妈 5岁 13800000001
2. 刘小洋 男 6岁 139 1234 5678
3. 王芳 5岁 023-67890123"""


@pytest.mark.parametrize(("viewport", "scripts"), [((1024, 768), True), ((320, 640), False)])
def test_a_list_goes_out_to_a_group_and_comes_back(
    desk: Desk, phones: Callable[..., Phone], cast: Cast, viewport: tuple[int, int], scripts: bool
) -> None:
    slot_id = desk.fill(tomorrow(14), confirmed=2, capacity=3, name="张晓")
    screen = phones(cast.clerk, viewport=viewport, scripts=scripts)
    page = screen.visit(f"/desk/slots/{slot_id}")
    screen.press("接龙", role="link")
    words = page.get_by_label("发到群里的话")
    assert "1. 张小朋友" in words.input_value()
    copy = page.get_by_role("button", name="复制")
    assert copy.count() == int(scripts), "no button that does nothing"
    if scripts:
        copy.click()
        page.get_by_role("status").filter(has_text="复制").wait_for()
    page.get_by_role("textbox", name="群里的接龙").fill(LIST)
    screen.press("看一看")
    known = page.locator("#line-1")
    assert known.get_by_label("是谁").locator("option:checked").inner_text().startswith("小满")
    assert not known.get_by_label("姓名").is_visible(), "who is known needs no name"
    third = page.locator("#line-3")
    third.get_by_role("checkbox").check()
    third.get_by_label("手机号").fill("13912345670")
    screen.press("确认预约")
    assert "还没有约：有勾上的没填完" in screen.text
    if scripts:
        assert page.evaluate("document.activeElement.name") == "group-lines-2-sex"
    third.get_by_label("性别").select_option("女")
    screen.press("确认预约")
    assert "接龙办好了" in screen.text
    assert "候补第 2 位" in screen.text
