"""Who may book and cancel what, and when: facts in, a sentence out; no database."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace as Facts
from typing import Any

import pytest

from hub import clock, text
from hub.bookings import deadlines, rules
from hub.catalogue.models import Audience
from hub.refusals import Refused
from tests.makers import tomorrow

pytestmark = pytest.mark.usefixtures("spoken")


def slot(**given: Any) -> Any:
    starts_at = given.pop("starts_at", tomorrow(14))
    usual = {
        "id": 1,
        "centre_id": 7,
        "is_open": True,
        "called_off_reason": "",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=90),
        "opens_at": starts_at - timedelta(days=7),
        "closes_at": starts_at - timedelta(minutes=30),
        "cancel_until": starts_at - timedelta(hours=2),
        "audience": Audience.CHILD,
        "youngest_months": 36,
        "oldest_months": 83,
        "waiting_limit": 10,
        "is_of_whole": False,
        "series_id": None,
    }
    return Facts(**usual | given)


def refusal_of(rule: Any, *facts: Any) -> str:
    with pytest.raises(Refused) as refused:
        rule(*facts)
    return str(refused.value)


def test_the_opening_instant_itself_is_in() -> None:
    one = slot()
    before = one.opens_at - timedelta(microseconds=1)
    assert "还没到预约时间" in refusal_of(rules.check_window, one, before)
    rules.check_window(one, one.opens_at)


def test_the_closing_instant_itself_is_out() -> None:
    one = slot()
    rules.check_window(one, one.closes_at - timedelta(microseconds=1))
    assert "截止" in refusal_of(rules.check_window, one, one.closes_at)


def test_a_started_slot_is_refused_as_started() -> None:
    one = slot(closes_at=tomorrow(23))
    assert "已经开始" in refusal_of(rules.check_window, one, one.starts_at)


def test_a_called_off_slot_is_refused_with_its_reason() -> None:
    one = slot(is_open=False, called_off_reason="老师生病")
    assert "老师生病" in refusal_of(rules.check_window, one, clock.now())


@pytest.mark.parametrize(
    ("birth_date", "fits"),
    [
        (date(2023, 11, 24), True),  # turns three on the day of the slot
        (date(2023, 11, 25), False),  # a day too young
        (date(2019, 11, 25), True),  # six for one more day
        (date(2019, 11, 24), False),  # turns seven on the day
    ],
)
def test_the_age_on_the_day_of_the_slot_decides(birth_date: date, fits: bool) -> None:
    if fits:
        rules.check_fits(slot(), "小满", birth_date)
    else:
        said = refusal_of(rules.check_fits, slot(), "小满", birth_date)
        assert "适合3–6岁" in said
        assert "小满" in said


def test_an_adult_is_not_booked_into_a_childrens_slot_nor_a_child_into_an_adults() -> None:
    grown_up, child = date(1990, 1, 1), date(2020, 1, 1)
    everybody = {"youngest_months": None, "oldest_months": None}
    assert "请选择孩子" in refusal_of(rules.check_fits, slot(**everybody), "陈岚", grown_up)
    for_adults = slot(audience=Audience.ADULT, **everybody)
    assert "给大人" in refusal_of(rules.check_fits, for_adults, "小满", child)
    rules.check_fits(for_adults, "陈岚", grown_up)


def booking(where: Any, **given: Any) -> Any:
    where.activity = Facts(title="亲子绘本")
    usual = {
        "slot": where,
        "slot_id": where.id,
        "number": "4821937756",
        "starts_at": where.starts_at,
        "ends_at": where.ends_at,
        "is_confirmed": True,
        "is_on_leave": False,
        "has_arrived": False,
        "made_at": where.opens_at,
    }
    return Facts(**usual | given)


def test_a_place_can_be_given_up_until_the_deadline_and_a_turn_until_the_start() -> None:
    one = slot()
    late = one.cancel_until + timedelta(microseconds=1)
    rules.check_may_cancel(booking(one), one.cancel_until)
    assert "请给中心打电话" in refusal_of(rules.check_may_cancel, booking(one), late)
    rules.check_may_cancel(booking(one, is_confirmed=False), late)
    waiting = booking(one, is_confirmed=False)
    assert "已经开始" in refusal_of(rules.check_may_cancel, waiting, one.starts_at)


def test_who_was_checked_in_gives_up_nothing_at_home() -> None:
    one = slot()
    just_before = one.starts_at - timedelta(hours=1)
    alone = {"is_on_leave": False, "made_at": just_before}
    whole = booking(slot(is_of_whole=True, series_id=5), has_arrived=True)
    here = booking(slot(cancel_until=just_before), has_arrived=True, **alone)
    assert "已经签到了" in refusal_of(rules.check_may_cancel, here, just_before)
    assert "已经签到了" in refusal_of(rules.check_may_leave, whole, just_before)


def test_a_whole_series_is_given_up_until_its_deadline_and_one_date_of_it_is_left_after_it() -> (
    None
):
    one = slot(is_of_whole=True, series_id=5)
    late = one.cancel_until + timedelta(microseconds=1)
    rules.check_may_cancel(booking(one), one.cancel_until)
    assert "可以给那一次请假" in refusal_of(rules.check_may_cancel, booking(one), late)
    rules.check_may_leave(booking(one), late)


def test_a_date_of_a_series_that_was_booked_alone_is_given_up_until_it_starts() -> None:
    one = slot(is_of_whole=True, series_id=5)
    alone = booking(one, made_at=one.cancel_until + timedelta(microseconds=1))
    rules.check_may_cancel(alone, one.starts_at - timedelta(microseconds=1))
    assert "已经开始" in refusal_of(rules.check_may_cancel, alone, one.starts_at)


def test_a_leave_is_asked_for_before_the_start_and_only_of_a_place_in_a_whole_series() -> None:
    one = slot(is_of_whole=True)
    assert "来不及请假" in refusal_of(rules.check_may_leave, booking(one), one.starts_at)
    waiting = booking(one, is_confirmed=False)
    assert "只有约好的整期" in refusal_of(rules.check_may_leave, waiting, clock.now())
    assert "只有约好的整期" in refusal_of(rules.check_may_leave, booking(slot()), clock.now())


def test_a_leave_is_taken_back_before_the_start_and_where_the_slot_is_held() -> None:
    one = slot(is_of_whole=True)
    absent = booking(one, is_on_leave=True, person=Facts(name="小满"))
    rules.check_may_return(absent, one.starts_at - timedelta(microseconds=1))
    assert "已经开始" in refusal_of(rules.check_may_return, absent, one.starts_at)
    off = booking(slot(is_open=False), is_on_leave=True, person=Facts(name="小满"))
    assert "停办" in refusal_of(rules.check_may_return, off, clock.now())
    here = booking(one, is_on_leave=False, person=Facts(name="小满"))
    assert "没有请假" in refusal_of(rules.check_may_return, here, clock.now())


def test_a_single_date_of_a_whole_series_is_for_booking_from_the_instant_it_begins() -> None:
    one = slot(series_id=5)
    begins_at = tomorrow(9)
    rules.check_alone(one, begins_at, begins_at)
    with pytest.raises(Refused, match="要整期一起约") as refused:
        rules.check_alone(one, begins_at, begins_at - timedelta(microseconds=1))
    assert refused.value.way_on is not None
    assert refused.value.way_on.endpoint == "series.show_series"


def test_every_refusal_of_a_window_shows_a_way_on() -> None:
    moments: list[tuple[Any, datetime]] = [
        (slot(is_open=False), clock.now()),
        (slot(), tomorrow(14) - timedelta(days=8)),
        (slot(), tomorrow(13, 45)),
        (slot(), tomorrow(15)),
    ]
    for one, now in moments:
        with pytest.raises(Refused) as refused:
            rules.check_window(one, now)
        assert refused.value.way_on is not None


@pytest.mark.parametrize(
    ("is_of_whole", "made_after_the_deadline", "until"),
    [
        (False, False, "cancel_until"),
        (False, True, "cancel_until"),
        (True, False, "cancel_until"),
        (True, True, "starts_at"),
    ],
)
def test_the_deadline_that_a_page_says_is_the_one_that_is_kept(
    is_of_whole: bool, made_after_the_deadline: bool, until: str
) -> None:
    """A date of a whole 期 that was booked alone, after the deadline of all, has its own."""
    here, minute = slot(is_of_whole=is_of_whole), timedelta(minutes=1)
    made_at = here.cancel_until + (minute if made_after_the_deadline else -minute)
    deadline = getattr(here, until)
    assert deadlines.cancel_deadline(here, made_at) == deadline
    assert text.when(deadline) in deadlines.cancel_terms(here, made_at)
    its = booking(here, made_at=made_at)
    if until == "cancel_until":
        rules.check_may_cancel(its, deadline)
        with pytest.raises(Refused, match="取消要在"):
            rules.check_may_cancel(its, deadline + minute)
    else:
        rules.check_may_cancel(its, deadline - minute)
