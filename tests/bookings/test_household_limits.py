"""What a household's bookings say about one more: facts in, a sentence out; no database."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace as Facts
from typing import Any

import pytest

from hub import text
from hub.bookings import household_limits, models
from hub.bookings.household_limits import HouseholdBooking
from hub.bookings.models import BookingState
from hub.catalogue.models import Audience
from hub.refusals import Refused
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("spoken")

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WEEK = 7 * DAY
XIAOMAN, BAO = 11, 12
CARE, PAINTING = 1, 2
ALL = set(BookingState)
MONDAY = NOW - timedelta(hours=10)  # the midnight it begins with


def tomorrow(hour: int, minute: int = 0) -> datetime:
    return MONDAY + DAY + timedelta(hours=hour, minutes=minute)


def slot(**given: Any) -> Any:
    """Tomorrow, a Tuesday, from 14:00 to 15:30."""
    starts_at = given.pop("starts_at", tomorrow(14))
    usual = {
        "id": 1,
        "centre_id": 7,
        "starts_at": starts_at,
        "ends_at": starts_at + 90 * MINUTE,
        "person_per_week": None,
        "household_per_week": None,
        "no_show_limit": 3,
        "no_show_days": 30,
        "pause_days": 14,
    }
    return Facts(**usual | given)


def kept(number: str = "4821937756", **given: Any) -> HouseholdBooking:
    starts_at = given.pop("starts_at", tomorrow(14))
    usual = {
        "number": number,
        "party": number,
        "person_id": XIAOMAN,
        "slot_id": 2,
        "kind_id": PAINTING,
        "title": "亲子绘本",
        "starts_at": starts_at,
        "ends_at": starts_at + 90 * MINUTE,
        "state": BookingState.CONFIRMED,
        "excused": False,
        "places": 1,
    }
    return HouseholdBooking(**usual | given)


def many(how_many: int, **given: Any) -> list[HouseholdBooking]:
    return [kept(str(4821937756 + n), slot_id=2 + n, **given) for n in range(how_many)]


def refusal(rule: Any, *facts: Any, **options: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        rule(*facts, **options)
    return refused.value


def test_what_is_live_here_is_live_in_the_database() -> None:
    assert set(models.LIVE) == household_limits.LIVE
    assert BookingState.NO_SHOW == household_limits.NO_SHOW


# Free at that time


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("confirmed", "小满已经约过这一场了，预约号 482 193 7756。"),
        ("offered", "等您确认，预约号 482 193 7756。"),
        ("waiting", "小满已经在候补这一场了，预约号 482 193 7756。"),
        ("entered", "小满已经报了这一场的摇号，预约号 482 193 7756。"),
    ],
)
def test_somebody_booked_here_already_hears_how_and_the_number(state: str, said: str) -> None:
    mine = kept(slot_id=1, state=BookingState(state))
    refused = refusal(household_limits.check_free, slot(), XIAOMAN, "小满", [mine])
    assert said in str(refused)
    assert refused.way_on is not None
    assert refused.way_on.values == (("number", "4821937756"),)


@pytest.mark.parametrize("state", sorted(ALL - set(models.LIVE)))
@pytest.mark.parametrize("slot_id", [1, 2])
def test_what_has_ended_keeps_nobody_from_booking(state: BookingState, slot_id: int) -> None:
    mine = kept(slot_id=slot_id, state=state)
    household_limits.check_free(slot(), XIAOMAN, "小满", [mine])


def test_a_brothers_booking_keeps_nobody_from_booking() -> None:
    for slot_id in (1, 2):
        his = kept(slot_id=slot_id, person_id=BAO)
        household_limits.check_free(slot(), XIAOMAN, "小满", [his])
    nobodys = kept(slot_id=1, person_id=None)
    household_limits.check_free(slot(), XIAOMAN, "小满", [nobodys])


@pytest.mark.parametrize(
    ("starts", "minutes", "is_free"),
    [
        (tomorrow(13), 60, True),  # ends when the slot begins
        (tomorrow(13), 61, False),
        (tomorrow(15, 30), 60, True),  # begins when the slot ends
        (tomorrow(15, 29), 60, False),
        (tomorrow(14, 30), 10, False),  # inside
        (tomorrow(9), 600, False),  # around
        (tomorrow(14) + DAY, 90, True),
    ],
)
def test_nobody_is_in_two_places_at_once_but_touching_ends_are_fine(
    starts: datetime, minutes: int, is_free: bool
) -> None:
    mine = kept(starts_at=starts, ends_at=starts + minutes * MINUTE)
    if is_free:
        household_limits.check_free(slot(), XIAOMAN, "小满", [mine])
        return
    refused = refusal(
        household_limits.check_free, slot(), XIAOMAN, "小满", [kept(state="cancelled"), mine]
    )
    assert "小满这个时间已经约了“亲子绘本”" in str(refused)
    assert text.span(mine.starts_at, mine.ends_at) in str(refused)
    assert refused.way_on is not None
    assert refused.way_on.endpoint == "bookings.show_booking"


# So many a week

ONE_A_WEEK = {"person_per_week": 1}


def check_quota(one: Any, bookings: list[HouseholdBooking], adding: int = 1) -> None:
    household_limits.check_quota(one, PAINTING, XIAOMAN, "小满", bookings, adding)


@pytest.mark.parametrize(
    ("starts", "counts"),
    [
        (MONDAY - MINUTE, False),  # Sunday night
        (MONDAY, True),
        (MONDAY + 7 * 60 * MINUTE, True),  # in UTC it is still Sunday
        (MONDAY + WEEK - MINUTE, True),
        (MONDAY + WEEK, False),
    ],
)
def test_a_week_of_a_quota_is_from_monday_to_sunday(starts: datetime, counts: bool) -> None:
    mine = [kept(starts_at=starts)]
    if counts:
        refused = refusal(check_quota, slot(**ONE_A_WEEK), mine)
        assert "每人每周最多约 1 次，小满那一周已经约了 1 次" in str(refused)
        assert refused.way_on is not None
    else:
        check_quota(slot(**ONE_A_WEEK), mine)


@pytest.mark.parametrize(
    "other",
    [
        {"kind_id": CARE},
        {"person_id": BAO},
        {"person_id": None},
        {"state": BookingState.CANCELLED},
        {"state": BookingState.ON_LEAVE},
    ],
)
def test_a_persons_quota_counts_its_own_bookings_of_that_kind_that_were_not_given_back(
    other: dict[str, Any],
) -> None:
    check_quota(slot(**ONE_A_WEEK), [kept(**other)])


@pytest.mark.parametrize("state", models.LIVE)
def test_a_place_a_turn_and_an_entry_count_alike(state: BookingState) -> None:
    refusal(check_quota, slot(**ONE_A_WEEK), [kept(state=state)])


def test_the_last_one_of_a_quota_is_in() -> None:
    check_quota(slot(person_per_week=3), many(2))
    refusal(check_quota, slot(person_per_week=3), many(3))
    check_quota(slot(), many(50))  # no limit


def test_a_households_quota_counts_everybody_and_everybody_who_is_booked_now() -> None:
    family = [kept("4821937756"), kept("1111111111", person_id=BAO)]
    check_quota(slot(household_per_week=3), family)
    check_quota(slot(household_per_week=4), family, adding=2)
    said = str(refusal(check_quota, slot(household_per_week=3), family, adding=2))
    assert "每家每周最多约 3 个，您家那一周已有 2 个，再约 2 个就超了" in said
    refusal(check_quota, slot(household_per_week=2), family)


def test_the_dates_of_a_whole_series_are_one_of_a_quota_for_each_person() -> None:
    mine = many(5, party="1111111111")
    his = many(5, party="1111111111", person_id=BAO)
    check_quota(slot(person_per_week=2, household_per_week=3), mine + his)
    refusal(check_quota, slot(person_per_week=1), mine)
    refusal(check_quota, slot(household_per_week=2), mine + his)


# Not everything at once


def test_a_family_cannot_hoard() -> None:
    household_limits.check_most(many(household_limits.MOST_UPCOMING - 1), NOW)
    refused = refusal(household_limits.check_most, many(household_limits.MOST_UPCOMING), NOW)
    assert "您家已经有 60 个预约了" in str(refused)
    assert refused.way_on is not None


@pytest.mark.parametrize(
    "other",
    [
        {"starts_at": NOW},  # has begun
        {"starts_at": NOW - DAY},
        {"state": BookingState.CANCELLED},
        {"party": "1111111111"},  # a whole 期 is one
    ],
)
def test_only_what_lies_ahead_is_hoarded(other: dict[str, Any]) -> None:
    household_limits.check_most(many(5, **other), NOW, 2)
    refusal(household_limits.check_most, many(2, starts_at=NOW + MINUTE), NOW, 2)


# No-shows


@pytest.mark.parametrize(
    ("days_ago", "limit", "pause_ends_in"),
    [
        ([], 3, None),
        ([20, 10], 3, None),
        ([20, 10, 0], 3, 14),
        ([30, 10, 0], 3, 14),  # thirty days ago is within thirty days
        ([31, 10, 0], 3, None),
        ([0, 20, 10], 3, 14),  # in whatever order they are found
        ([40, 35, 31, 0], 3, 14 - 31),  # the third of the old ones; long over
        ([20, 10, 5, 1], 3, 13),  # the latest pause wins
        ([60, 59, 2, 1], 2, 13),
        ([5], 1, 9),
        ([20, 10, 0], None, None),  # this policy knows no pause
    ],
)
def test_so_many_no_shows_within_so_many_days_pause(
    days_ago: list[int], limit: int | None, pause_ends_in: int | None
) -> None:
    missed = [NOW - days * DAY for days in days_ago]
    until = household_limits.paused_until(missed, limit=limit, days=30, pause_days=14)
    assert until == (None if pause_ends_in is None else NOW + pause_ends_in * DAY)


def missed(*days_ago: int, **given: Any) -> list[HouseholdBooking]:
    usual = {"state": BookingState.NO_SHOW} | given
    return [kept(starts_at=NOW - days * DAY, **usual) for days in days_ago]


def a_person(**given: Any) -> Any:
    born = date(2021, 5, 3)
    return Facts(**{"id": XIAOMAN, "name": "小满", "birth_date": born, "entered_at": None} | given)


def check_person(
    bookings: list[HouseholdBooking], now: datetime = NOW, person: Any = None, **given: bool
) -> None:
    """The whole decision about one person, for a slot that asks for nothing but no pause."""
    for_children = {"audience": Audience.CHILD, "youngest_months": None, "oldest_months": None}
    painting = slot(activity=Facts(kind_id=PAINTING), **for_children)
    household_limits.check_person([painting], person or a_person(), bookings, now, **given)


def test_a_pause_says_until_when_and_that_the_centre_can_excuse() -> None:
    refused = refusal(check_person, missed(20, 10, 1))
    assert "小满有 3 次约了没来" in str(refused)
    assert text.when(NOW + 13 * DAY) in str(refused)
    assert "跟中心说一声" in str(refused)
    assert refused.way_on is not None
    assert refused.way_on.values == (("centre_id", 7),)


def test_a_pause_ends_by_itself() -> None:
    over = NOW + 13 * DAY
    refusal(check_person, missed(20, 10, 1), over - MINUTE)
    check_person(missed(20, 10, 1), over)


def test_who_is_never_paused_may_book_and_so_may_the_staff_for_anybody() -> None:
    refusal(check_person, missed(3, 2, 1))
    check_person(missed(3, 2, 1), is_never_paused=True)
    check_person(missed(3, 2, 1), by_staff=True)


def test_no_shows_of_persons_taken_out_before_this_one_was_entered_count() -> None:
    """Taking a person out of the household and entering them again clears nothing."""
    nameless = missed(20, 10, 1, person_id=None)
    check_person(nameless, person=a_person(entered_at=NOW - 30 * DAY))
    refusal(check_person, nameless, NOW, a_person(entered_at=NOW))


@pytest.mark.parametrize(
    "other",
    [
        {"excused": True},
        {"person_id": BAO},
        {"state": BookingState.CANCELLED},
        {"state": BookingState.ON_LEAVE},
        {"state": BookingState.CONFIRMED},
    ],
)
def test_what_was_excused_cancelled_or_a_brothers_pauses_nobody(other: dict[str, Any]) -> None:
    check_person(missed(20, 10) + missed(1, **other))


# Attendance of a whole 期


@pytest.mark.parametrize(
    ("came", "missed", "share"), [(0, 0, None), (0, 4, 0), (4, 0, 100), (7, 3, 70), (2, 1, 66)]
)
def test_the_share_of_dates_that_somebody_came_to(
    came: int, missed: int, share: int | None
) -> None:
    assert household_limits.attendance_share(came, missed) == share


@pytest.mark.parametrize(
    ("percent", "came", "missed", "may_come_again"),
    [
        (70, 7, 3, True),
        (70, 6, 4, False),
        (67, 2, 1, False),  # 66.7 is less than 67
        (66, 2, 1, True),
        (70, 0, 0, True),  # had no dates
        (None, 0, 9, True),  # this policy has no bar
        (0, 0, 9, True),
        (100, 99, 1, False),
    ],
)
def test_who_missed_too_much_of_a_series_leaves_the_next_to_others(
    percent: int | None, came: int, missed: int, may_come_again: bool
) -> None:
    if may_come_again:
        household_limits.check_attendance(percent, came, missed, "小满")
    else:
        said = str(refusal(household_limits.check_attendance, percent, came, missed, "小满"))
        assert f"不到 {percent}%，" in said


def test_a_no_show_keeps_the_quota_of_the_week_and_what_was_excused_gives_it_back() -> None:
    missed = [kept(state=BookingState.NO_SHOW)]
    refusal(check_quota, slot(**ONE_A_WEEK), missed)
    check_quota(slot(**ONE_A_WEEK), [kept(state=BookingState.NO_SHOW, excused=True)])
