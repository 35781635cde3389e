"""The pages on which visitors find something, as they meet them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask

from hub.catalogue.models import Centre, ClosedDay, District, Kind, OpeningHours
from hub.catalogue.pinyin import set_name
from hub.db import db
from hub.timetable.models import SlotState
from tests.aliases import Clock, Save
from tests.browser import Browser
from tests.cast import Cast
from tests.makers import a_centre, a_district, a_kind, a_room, a_slot, an_activity, tomorrow


def midnight() -> datetime:
    """When today began in Chongqing."""
    return tomorrow(0) - timedelta(days=1)


def the_id(app: Flask, model: Any, name: str) -> int:
    with app.app_context():
        return db.session.scalars(db.select(model).where(model.name == name)).one().id


@pytest.fixture
def two_districts(app: Flask, saved: Save) -> tuple[int, int]:
    """One slot each, today at 20:00, in 渝中区 (画画) and in 南岸区 (下棋); the districts' ids."""
    yuzhong, nanan = a_district(name="渝中区"), a_district(name="南岸区")
    painting = an_activity(a_centre(district=yuzhong), title="画画")
    chess = an_activity(a_centre(district=nanan), title="下棋")
    evening = midnight() + timedelta(hours=20)
    saved(a_slot(painting, starts_at=evening), a_slot(chess, starts_at=evening))
    return the_id(app, District, "渝中区"), the_id(app, District, "南岸区")


class TestHome:
    def test_shows_the_nine_services_and_leads_to_those_that_are_open(
        self, browser: Browser, saved: Save
    ) -> None:
        saved(
            a_kind(code="care", name="好娃托管"),
            a_kind(code="eighth", name="筹备中", is_active=False),
        )
        page = browser.visit("/")
        assert page.links["好娃托管"] == "/slots?kind=care"
        assert "筹备中" in page.text
        assert "筹备中" not in page.links

    def test_of_an_empty_site_says_so_and_leads_on(self, browser: Browser) -> None:
        page = browser.visit("/")
        assert "这里暂时没有能约的" in page.text
        assert page.links["看各中心的电话"] == "/centres"

    def test_shows_today_and_the_weekend(self, browser: Browser, saved: Save) -> None:
        evening, saturday = (
            midnight() + timedelta(hours=20),
            midnight() + timedelta(days=5, hours=9),
        )
        saved(
            a_slot(an_activity(title="画画"), starts_at=evening),
            a_slot(an_activity(title="唱歌"), starts_at=saturday),
        )
        page = browser.visit("/")
        assert "今天还能约" in page.text
        assert "周末还能约" in page.text
        assert page.links["今天的全部场次"] == "/slots?day=2026-11-23"
        assert page.links["周六 11月28日的全部场次"] == "/slots?day=2026-11-28"
        assert {"画画", "唱歌"} <= page.links.keys()

    def test_leads_to_the_next_day_when_nothing_is_left_today(
        self, browser: Browser, saved: Save, clock: Clock
    ) -> None:
        saved(a_slot(an_activity(title="画画"), starts_at=tomorrow(9)))
        page = browser.visit("/")
        assert "今天没有能约的了，歇一歇。明天还有位子" in page.text
        clock.move_to(datetime(2026, 11, 23, 15, 59, tzinfo=UTC))  # 23:59 in Chongqing
        assert "明天还有位子" in browser.visit("/").text
        clock.move_to(datetime(2026, 11, 23, 16, 1, tzinfo=UTC))  # 00:01
        assert "今天还能约" in browser.visit("/").text

    def test_remembers_the_district(self, browser: Browser, two_districts: tuple[int, int]) -> None:
        page = browser.visit("/")
        assert {"画画", "下棋"} <= page.links.keys()
        page = browser.submit(page, form="/district", district=str(two_districts[0]))
        assert page.url == "/"
        assert "今天还能约 · 渝中区" in page.text
        page = browser.visit("/")
        assert "画画" in page.links
        assert "下棋" not in page.links
        assert page.form("/district").fields["district"] == str(two_districts[0])
        page = browser.submit(page, form="/district", district="")
        assert {"画画", "下棋"} <= page.links.keys()

    def test_knows_no_district_that_is_on_no_list(
        self, browser: Browser, two_districts: tuple[int, int]
    ) -> None:
        for strange in ("999999", "abc", "\x00", "9" * 40):
            page = browser.post("/district", {"district": strange, "back": "//evil.example"})
            assert "没有找到这个区县" in page.text
            assert page.url == "/"
            assert {"画画", "下棋"} <= page.links.keys()

    def test_forgets_a_district_that_is_retired(
        self, app: Flask, browser: Browser, two_districts: tuple[int, int]
    ) -> None:
        browser.submit(browser.visit("/"), form="/district", district=str(two_districts[0]))
        with app.app_context():
            db.session.get_one(District, two_districts[0]).is_retired = True
            db.session.commit()
        assert {"画画", "下棋"} <= browser.visit("/").links.keys()


class TestTheTimetable:
    def test_is_filtered_by_district_kind_age_day_and_places(
        self, app: Flask, browser: Browser, cast: Cast, saved: Save
    ) -> None:
        district = a_district(name="江北区")
        kind = a_kind(code="class", name="好育课堂")
        activity = an_activity(
            a_centre(district=district), kind=kind, title="画画", youngest_months=72
        )
        saved(a_slot(activity), a_slot(activity, places_left=0, starts_at=tomorrow(16)))
        saved(a_slot(an_activity(title="下棋", oldest_months=59)))
        page = browser.visit("/slots")
        assert {"画画", "下棋"} <= page.links.keys()
        answers: dict[str, Any] = {"kind": "class", "age": "6"}
        answers["district"] = str(the_id(app, District, "江北区"))
        page = browser.submit(page, form="/slots", **answers)
        assert page.text.count("画画") == 2
        assert "下棋" not in page.text
        assert "已选：江北区 · 好育课堂 · 6岁" in page.text
        assert "画画" in browser.submit(page, form="/slots", places="y").links
        assert "没有找到合适的场次" in browser.submit(page, form="/slots", age="5").text
        page = browser.visit(page.links["后天 11月25日"])
        assert "没有找到合适的场次" in page.text
        assert page.form("/slots").fields["kind"] == "class"
        assert "下棋" in browser.visit(page.links["看全部场次"]).links

    def test_names_the_family_beside_its_ages(self, browser: Browser, cast: Cast) -> None:
        page = browser.visit("/slots")
        assert "小满" not in page.text
        page = browser.sign_in(cast.mother).visit("/slots")
        for words in ("2岁（朵朵）", "6岁（小满）", "成人（陈岚）"):
            assert words in page.text

    @pytest.mark.parametrize(
        "tampered",
        [
            {"district": "999999"},
            {"district": "渝中区", "kind": "x' OR 1=1 --"},
            {"age": "-1"},
            {"age": "9" * 50},
            {"age": "²"},
            {"day": "2026-02-30"},
            {"day": "2020-01-01"},
            {"kind": "\x00"},
            {"district": "\ud800".encode("utf-8", "surrogatepass")},
        ],
        ids=repr,
    )
    def test_leaves_out_what_it_does_not_understand_and_says_so(
        self, browser: Browser, saved: Save, tampered: dict[str, Any]
    ) -> None:
        saved(a_slot(an_activity(title="画画")))
        page = browser.visit("/slots", query_string=tampered)
        assert "有一项没看懂" in page.text
        assert "画画" in page.links

    @pytest.mark.parametrize("number", ["0", "-3", "x", "99999999999999999999", "²", ""])
    def test_takes_any_page_number(self, browser: Browser, number: str) -> None:
        browser.visit("/slots", query_string={"page": number})
        browser.visit("/centres", query_string={"page": number})

    def test_takes_all_grown_ages_for_one(self, browser: Browser, saved: Save) -> None:
        saved(a_slot(an_activity(title="八段锦", audience="adult")))
        page = browser.visit("/slots?age=70")
        assert page.form("/slots").fields["age"] == "adult"
        assert "八段锦" in page.links

    def test_leaves_out_what_is_called_off_or_has_begun(
        self, browser: Browser, saved: Save, clock: Clock
    ) -> None:
        saved(
            a_slot(an_activity(title="画画")),
            a_slot(an_activity(title="下棋"), state=SlotState.CALLED_OFF),
        )
        assert "下棋" not in browser.visit("/slots").links
        clock.move_to(tomorrow(13, 59))
        assert "画画" in browser.visit("/slots").links
        clock.move_to(tomorrow(14))
        assert "画画" not in browser.visit("/slots").links

    def test_shows_twenty_at_a_time(self, browser: Browser, saved: Save) -> None:
        activity = an_activity(title="画画")
        starts = (tomorrow(9) + timedelta(hours=number) for number in range(25))
        saved(*(a_slot(activity, starts_at=start) for start in starts))
        page = browser.visit("/slots?age=6")
        assert len([href for href in page.hrefs if href.startswith("/slots/")]) == 20
        page = browser.visit(page.links["下一页"])
        assert page.url == "/slots?age=6&page=2"
        assert len([href for href in page.hrefs if href.startswith("/slots/")]) == 5
        assert "下一页" not in page.links
        assert "后面没有了" in browser.visit("/slots?page=7").text

    def test_answers_the_list_alone_where_only_that_is_asked_for(
        self, browser: Browser, saved: Save
    ) -> None:
        saved(a_slot(an_activity(title="画画")))
        headers = {"HX-Request": "true", "HX-Target": "results"}
        response = browser.client.get("/slots?age=6", headers=headers)
        assert response.text.lstrip().startswith('<section id="results"')
        assert "画画" in response.text
        assert "<html" not in response.text

    def test_tells_what_is_made_up(self, browser: Browser, saved: Save) -> None:
        saved(a_slot(an_activity(a_centre(is_demo=True))))
        assert "演示数据" in browser.visit("/slots").text.replace("“演示数据”", "")


class TestCentres:
    @pytest.fixture(autouse=True)
    def named(self, saved: Save) -> None:
        for name, community, district in (
            ("永利社区渝好空间", "永利社区", "万盛经开区"),
            ("代家岗社区渝好空间", "文龙街道", "綦江区"),
            ("A_1%社区", "", "南岸区"),
        ):
            centre = a_centre(community=community, district=a_district(name=district))
            set_name(centre, name)
            saved(centre)

    @pytest.mark.parametrize(
        ("words", "names"),
        [
            ("", {"永利社区渝好空间", "代家岗社区渝好空间", "A_1%社区"}),
            ("永利", {"永利社区渝好空间"}),
            ("  永利 ", {"永利社区渝好空间"}),
            ("yongli", {"永利社区渝好空间"}),
            ("Yong Li", {"永利社区渝好空间"}),
            ("yl", {"永利社区渝好空间"}),
            ("YL", {"永利社区渝好空间"}),
            ("ｙｌ", {"永利社区渝好空间"}),
            ("djg", {"代家岗社区渝好空间"}),
            ("文龙", {"代家岗社区渝好空间"}),
            ("綦江", {"代家岗社区渝好空间"}),
            ("a_1", {"A_1%社区"}),
            ("%", {"A_1%社区"}),
            ("_", {"A_1%社区"}),
            ("\\", set()),
            ("'", set()),
            ("不存在", set()),
            ("\x00", {"永利社区渝好空间", "代家岗社区渝好空间", "A_1%社区"}),
            ("很" * 5000, set()),
        ],
    )
    def test_are_found_by_characters_pinyin_and_initials(
        self, browser: Browser, words: str, names: set[str]
    ) -> None:
        page = browser.visit("/centres", query_string={"q": words})
        centres = {name for name, href in page.links.items() if href.startswith("/centres/")}
        assert centres == names
        assert names or page.links["看全部中心"] == "/centres"

    def test_are_listed_by_district(self, app: Flask, browser: Browser) -> None:
        page = browser.visit("/centres")
        assert page.text.index("万盛经开区 永利") < page.text.index("綦江区 代家岗")
        chosen = str(the_id(app, District, "綦江区"))
        page = browser.submit(page, form="/centres", district=chosen)
        assert "代家岗社区渝好空间" in page.links
        assert "永利社区渝好空间" not in page.links

    def test_of_an_unknown_district_are_all(self, browser: Browser) -> None:
        page = browser.visit("/centres?district=abc")
        assert "没有找到这个区县" in page.text
        assert "永利社区渝好空间" in page.links


class TestACentre:
    def test_tells_what_is_known(self, app: Flask, browser: Browser, saved: Save) -> None:
        centre = a_centre(
            name="榕树社区渝好空间", phone="023-6700 0001", area_m2=860, kinds=[a_kind(name="好育")]
        )
        centre.opening_hours = [
            OpeningHours(weekday=day, opens=time(9), closes=time(18)) for day in range(1, 7)
        ]
        saved(a_room(centre, name="阅读区"), a_room(centre, name="手工坊"))
        page = browser.visit(f"/centres/{the_id(app, Centre, '榕树社区渝好空间')}")
        words = ("周二至周日 09:00–18:00；周一休息", "860 平方米", "阅读区、手工坊", "好育")
        assert not [word for word in words if word not in page.text]
        assert page.links["打电话 023-6700 0001"] == "tel:023-67000001"
        assert "演示数据" not in page.text.replace("“演示数据”", "")

    def test_leaves_out_what_is_not_known(self, browser: Browser, saved: Save) -> None:
        page = browser.visit(f"/centres/{saved(a_centre(phone='', address=''))}")
        for words in ("电话", "地址", "开门时间", "面积", "房间", "None"):
            assert words not in page.text.replace("各空间的地址和电话", "")
        assert "课程表还没有上线 想知道有什么活动，到前台问一声就行" in page.text

    def test_without_a_timetable_says_how_to_ask(self, browser: Browser, saved: Save) -> None:
        page = browser.visit(f"/centres/{saved(a_centre())}")
        assert "课程表还没有上线 想知道有什么活动，打个电话或到前台问一声就行" in page.text
        page = browser.visit(f"/centres/{saved(a_centre(is_demo=True))}")
        assert "课程表还没有上线" not in page.text
        assert "都是编的" in page.text

    def test_shows_two_weeks_by_day_and_why_it_is_closed(
        self, app: Flask, browser: Browser, saved: Save
    ) -> None:
        centre = a_centre(name="榕树社区渝好空间")
        activity = an_activity(centre, title="画画")
        last = midnight() + timedelta(days=13, hours=23, minutes=59)
        saved(
            a_slot(activity, starts_at=last),
            a_slot(an_activity(centre, title="唱歌"), starts_at=last + timedelta(minutes=1)),
            a_slot(an_activity(centre, title="下棋"), state=SlotState.CALLED_OFF),
            ClosedDay(day=date(2026, 11, 26), reason="全市停电"),
        )
        centre_id = the_id(app, Centre, "榕树社区渝好空间")
        own = ClosedDay(centre_id=centre_id, day=date(2026, 11, 27), reason="检修")
        saved(own, ClosedDay(day=date(2026, 12, 7), reason="太远"))
        page = browser.visit(f"/centres/{centre_id}")
        assert "周四 11月26日 不开门 全市停电" in page.text
        assert "周五 11月27日 不开门 检修" in page.text
        assert "太远" not in page.text
        assert "周日 12月6日" in page.text
        assert "画画" in page.links
        assert "唱歌" not in page.links
        assert "已停" in page.text

    def test_that_is_unknown_is_not_found(self, browser: Browser) -> None:
        browser.visit("/centres/999999", 404)
        browser.visit(f"/centres/{10**30}", 404)
        browser.visit("/centres/abc", 404)


@pytest.mark.parametrize(("url", "most"), [("/", 5), ("/slots", 3), ("/centres", 3)])
def test_a_page_costs_the_same_queries_with_three_rows_and_with_thirty(
    browser: Browser, saved: Save, queries: list[str], url: str, most: int
) -> None:
    def visited(rows: int) -> int:
        times = [midnight() + timedelta(days=day, hours=20) for day in (0, 1, 5)] * (rows // 3)
        saved(*(a_slot(starts_at=start) for start in times))
        queries.clear()
        browser.visit(url)
        return len(queries)

    assert visited(3) == visited(27) <= most, queries


def test_a_centre_costs_the_same_queries_with_three_rows_and_with_thirty(
    app: Flask, browser: Browser, saved: Save, queries: list[str]
) -> None:
    centre = a_centre(name="榕树社区渝好空间", kinds=[a_kind()])
    saved(*(a_slot(an_activity(centre)) for _ in range(3)))
    url = f"/centres/{the_id(app, Centre, '榕树社区渝好空间')}"
    queries.clear()
    browser.visit(url)
    before = len(queries)
    with app.app_context():
        centre = db.session.scalars(db.select(Centre)).one()
        kind = db.session.scalars(db.select(Kind)).first()
        with db.session.no_autoflush:
            db.session.add_all([a_slot(an_activity(centre, kind=kind)) for _ in range(27)])
        db.session.commit()
    queries.clear()
    assert len(browser.visit(url).hrefs) > 30
    assert len(queries) == before <= 6
