"""What is said of a slot, a 期 and a centre where its link is passed on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub import clock as hub_clock
from hub.catalogue.models import Admission, Audience
from hub.timetable.models import Series, Slot, SlotState
from hub.timetable.sharing import texts
from tests.aliases import Clock
from tests.makers import a_centre, a_kind, a_slot, an_activity

pytestmark = pytest.mark.usefixtures("spoken")

LINK = "https://hub.example/slots/3"


def a_class(**given: Any) -> Slot:
    centre = a_centre(name="榕树社区渝好空间", address="测试路1号", **given.pop("centre", {}))
    activity = an_activity(centre, title="亲子绘本", youngest_months=36, oldest_months=83)
    activity.fee_fen = given.pop("fee_fen", 0)
    usual = {"state": SlotState.OPEN, "admission": Admission.FIRST_COME}
    return a_slot(activity, **usual | given)


def for_a_group(slot: Slot) -> list[str]:
    awaited = texts.awaited_of(slot, hub_clock.now())
    return texts.slot_for_a_group(slot, LINK, awaited).split("\n")


class TestASlot:
    def test_is_told_to_a_group_in_seven_lines(self) -> None:
        assert for_a_group(a_class(places_left=3, fee_fen=2000)) == [
            "【亲子绘本】",
            "时间：周二 11月24日 14:00–15:30",
            "地点：榕树社区渝好空间，测试路1号",
            "适合：孩子（3–6岁）",
            "费用：¥20",
            "名额：余 3 个，共 10 个",
            f"点开看看、约一约：{LINK}",
        ]

    def test_is_told_the_same_on_whatever_day_it_is_read(self, clock: Clock) -> None:
        slot = a_class()
        told = for_a_group(slot)
        clock.shift(timedelta(days=1))
        assert for_a_group(slot) == told
        assert not [line for line in told if "今天" in line or "明天" in line]

    @pytest.mark.parametrize(
        ("given", "places"),
        [
            ({"places_left": 0}, "已满，可候补"),
            ({"places_left": 0, "waiting_limit": 0}, "已满"),
            ({"state": SlotState.CALLED_OFF}, "已停"),
        ],
    )
    def test_says_when_no_place_is_left(self, given: dict[str, Any], places: str) -> None:
        assert f"名额：{places}" in for_a_group(a_class(**given))

    def test_says_from_when_on_it_can_be_booked(self) -> None:
        slot = a_class(opens_at=datetime(2026, 11, 24, 1, tzinfo=UTC))
        assert "开始预约：周二 11月24日 09:00" in for_a_group(slot)

    def test_of_a_draw_says_until_when_one_enters(self) -> None:
        until = datetime(2026, 11, 23, 12, tzinfo=UTC)
        told = for_a_group(a_class(admission=Admission.DRAW, entries_until=until))
        assert "名额：摇号，10 个名额" in told
        assert "报名截止：周一 11月23日 20:00" in told

    def test_that_is_made_up_says_so_first(self) -> None:
        slot = a_class(centre={"is_demo": True})
        assert for_a_group(slot)[0] == "（演示数据）【亲子绘本】"
        assert texts.slot_in_a_sentence(slot).startswith("（演示数据）")

    def test_is_previewed_with_what_when_where_for_whom_and_places(self) -> None:
        assert texts.slot_in_a_sentence(a_class(places_left=3)) == (
            "周二 11月24日 14:00–15:30，榕树社区渝好空间，测试路1号。"
            "孩子（3–6岁），免费。名额：余 3 个，共 10 个。"
        )

    def test_names_the_centre_alone_where_no_address_is_known(self) -> None:
        slot = a_class()
        slot.centre.address = ""
        assert "地点：榕树社区渝好空间" in for_a_group(slot)


class TestASeries:
    def dates(self, *, is_whole: bool, fee_fen: int = 1000) -> list[Slot]:
        first = a_class(audience=Audience.CHILD, fee_fen=fee_fen)
        series = Series(activity=first.activity, name="第 1 期", is_whole=is_whole)
        later = [
            a_slot(
                first.activity,
                starts_at=first.starts_at + timedelta(weeks=week),
                state=SlotState.OPEN,
                admission=Admission.FIRST_COME,
            )
            for week in (1, 2)
        ]
        for slot in (first, *later):
            slot.series = series
        return [first, *later]

    def test_that_is_booked_as_one_tells_its_whole_fee_and_its_tightest_date(self) -> None:
        dates = self.dates(is_whole=True)
        dates[1].places_left = 2
        told = texts.series_for_a_group("亲子绘本 第 1 期", dates, dates[1], LINK, hub_clock.now())
        assert told.split("\n")[:2] == [
            "【亲子绘本 第 1 期】",
            "时间：周二 11月24日 14:00–15:30 到 周二 12月8日 14:00，共 3 次",
        ]
        assert "费用：¥30，每次 ¥10\n名额：余 2 个，共 10 个" in told

    def test_that_is_booked_date_by_date_says_so(self) -> None:
        dates = self.dates(is_whole=False)
        told = texts.series_for_a_group("亲子绘本 第 1 期", dates, dates[0], LINK, hub_clock.now())
        assert "费用：每次 ¥10\n名额：想来哪次约哪次" in told
        free = self.dates(is_whole=True, fee_fen=0)
        assert "免费" in texts.series_in_a_sentence(free, free[0])


class TestACentre:
    def test_is_told_with_what_is_known_and_what_is_free(self) -> None:
        slots = [a_class(), a_class(places_left=0), a_class(state=SlotState.CALLED_OFF)]
        centre = slots[0].centre
        told = texts.centre_for_a_group(centre, ["每天 09:00–18:00"], slots, LINK, hub_clock.now())
        assert told.split("\n") == [
            "【榕树社区渝好空间】",
            "地址：测试路1号",
            "电话：023-00000000",
            "开门：每天 09:00–18:00",
            "接下来两个星期还有 1 场有名额",
            f"点开看看、约一约：{LINK}",
        ]

    def test_leaves_out_what_is_not_known(self) -> None:
        centre = a_centre(name="榕树社区渝好空间", address="", phone="")
        centre.kinds = [
            a_kind(name="好育课堂", is_active=True),
            a_kind(name="筹备中", is_active=False),
        ]
        told = texts.centre_for_a_group(centre, [], [], LINK, hub_clock.now())
        assert told.split("\n") == ["【榕树社区渝好空间】", f"点开看看、约一约：{LINK}"]
        assert texts.centre_in_a_sentence(centre, []) == "榕树社区渝好空间。好育课堂。"
