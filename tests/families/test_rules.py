"""What a person may be called, and when they can have been born."""

from dataclasses import dataclass
from datetime import date

import pytest

from hub.families.rules import (
    MOST_PERSONS,
    birth_date_of,
    check_may_add,
    check_not_there,
    child_key,
    is_adult,
    is_same_person,
    is_small_correction,
    tidy_name,
)
from hub.refusals import Refused

pytestmark = pytest.mark.usefixtures("spoken")
TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Somebody:
    id: int
    name: str
    birth_date: date


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("王小明", "王小明"),
        ("  王 小明 ", "王 小明"),
        ("王\u3000小明", "王 小明"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("Anna O'Neill-Li", "Anna O'Neill-Li"),
        ("𬱖小满", "𬱖小满"),
        ("Zoe\u0301", "Zoé"),
        ("好" * 20, "好" * 20),
    ],
)
def test_a_name_is_kept_tidy(typed: str, kept: str) -> None:
    assert tidy_name(typed) == kept


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "请写上姓名"),
        ("  \u3000 ", "请写上姓名"),
        ("好" * 21, "最多写 20 个字"),
        ("小明2", "汉字或字母"),
        ("小\x00明", "汉字或字母"),
        ("=1+1", "汉字或字母"),
        ("<b>小明</b>", "汉字或字母"),
        ("·", "汉字或字母"),
        ("😀", "汉字或字母"),
    ],
)
def test_what_is_no_name_is_refused_in_words(typed: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        tidy_name(typed)


@pytest.mark.parametrize(
    ("typed", "born"),
    [
        ("20200229", date(2020, 2, 29)),
        (" 2020-2-29 ", date(2020, 2, 29)),
        ("2020.02.29", date(2020, 2, 29)),
        ("2020/2/9", date(2020, 2, 9)),
        ("2020年2月9日", date(2020, 2, 9)),
        ("2020 年 12 月 9 号", date(2020, 12, 9)),
        ("２０２０１２０９", date(2020, 12, 9)),
        ("20261123", TODAY),
        ("19061123", date(1906, 11, 23)),
    ],
)
def test_a_birth_date_is_a_day_of_the_last_120_years(typed: str, born: date) -> None:
    assert birth_date_of(typed, TODAY) == born


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (" ", "请写上出生日期"),
        ("2020", "没看懂"),
        ("202051", "没看懂"),
        ("2020511", "没看懂"),
        ("2020-111", "没看懂"),
        ("200501", "没看懂"),
        ("五月一日", "没看懂"),
        ("9" * 300, "没看懂"),
        ("20210230", "2021年2月没有30日"),
        ("2023-2-29", "2023年2月没有29日"),
        ("00000203", "没有3日"),
        ("20261124", "还没有到"),
        ("19061022", "太早"),
    ],
)
def test_a_date_on_which_nobody_was_born_is_refused_in_words(typed: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        birth_date_of(typed, TODAY)


@pytest.mark.parametrize(
    ("born", "adult"), [(date(2008, 11, 23), True), (date(2008, 11, 24), False)]
)
def test_an_adult_is_eighteen_from_the_birthday_on(born: date, adult: bool) -> None:
    assert is_adult(born, TODAY) is adult


def test_a_household_has_room_for_so_many_and_no_more() -> None:
    persons = [Somebody(number, "小满", TODAY) for number in range(MOST_PERSONS)]
    check_may_add(persons[1:])
    with pytest.raises(Refused, match="最多填 12 位"):
        check_may_add(persons)


def test_the_same_name_and_birth_date_is_the_same_person() -> None:
    there = [Somebody(1, "小满", TODAY)]
    check_not_there(there, "小满", date(2020, 1, 1))
    check_not_there(there, "朵朵", TODAY)
    check_not_there(there, "小满", TODAY, but=1)
    with pytest.raises(Refused, match="小满已经在您的家庭里了"):
        check_not_there(there, "小满", TODAY)


@pytest.mark.parametrize(
    ("name", "born", "is_small"),
    [
        ("小满", "20200501", True),
        ("陈小满", "20200501", True),  # with the family name
        ("满", "20200501", True),
        ("小漫", "20200501", True),
        ("小满", "20200510", True),  # two digits that change places
        ("小满", "20200601", True),
        ("小满", "20210501", True),
        ("大漫", "20200501", False),
        ("小满满满", "20200501", False),
        ("小满", "20210601", False),
        ("小满", "20201005", False),
        ("", "20200501", False),
    ],
)
def test_a_slip_of_the_pen_is_told_from_another_person(
    name: str, born: str, is_small: bool
) -> None:
    before = ("小满", date(2020, 5, 1))
    after = (name, date.fromisoformat(born))
    assert is_small_correction(before, after) is is_small


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("陈小满", "小满", True),
        ("欧阳小满", "小满", True),
        ("陈 小满", "陈小满", True),
        ("阿依古丽·买买提", "阿依古丽", True),
        ("Anna Chen", "anna", True),
        ("陈小满", "王小满", False),
        ("陈小满", "陈小圆", False),
        ("阿依古丽·买买提", "阿依古丽·艾山", False),
        ("Annabel", "bel", False),
        ("公主陈小满", "小满", False),
    ],
)
def test_a_child_is_known_with_and_without_the_family_name(
    one: str, other: str, is_same: bool
) -> None:
    assert is_same_person((one, TODAY), (other, TODAY)) is is_same
    assert is_same_person((other, TODAY), (one, TODAY)) is is_same
    assert not is_same_person((one, TODAY), (one, date(2020, 1, 1)))
    if is_same:
        assert child_key(one, TODAY) == child_key(other, TODAY), "else nobody would look"
