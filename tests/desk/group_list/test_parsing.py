"""What a chat group writes, as lines that may be bookings."""

import re
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.desk.group_list.names import called, is_only_title, surname_of
from hub.desk.group_list.parsing import (
    LONGEST_LINE,
    Doubt,
    Entry,
    count_lines,
    read_line,
    read_list,
)

TODAY = date(2026, 11, 23)
PHONE = "+8613812345678"


def read(line: str) -> Entry:
    persons = read_line(line, TODAY)
    assert len(persons) == 1, persons
    return persons[0]


@pytest.mark.parametrize(
    ("line", "name", "sex", "months", "phones"),
    [
        ("1. 张妈妈 5岁 13812345678", "张妈妈", "", 60, [PHONE]),
        ("2、李婷 女宝 3岁半 13812345678", "李婷", "female", 41, [PHONE]),
        ("3 王奶奶(带孙子 2岁) 138-1234-5678", "王奶奶", "male", 24, [PHONE]),
        ("４．陈小明　５岁　１３８１２３４５６７８", "陈小明", "", 60, [PHONE]),
        ("5. 刘洋 男 6岁 +86 138 1234 5678", "刘洋", "male", 72, [PHONE]),
        ("⑥赵可可🌹 四岁 (+86)13812345678", "赵可可", "", 48, [PHONE]),
        ("7️⃣ 小满妈妈 5周岁 13812345678", "小满", "", 60, [PHONE]),
        ("8）吴敏 18个月 0086-138.1234.5678", "吴敏", "", 18, [PHONE]),
        ("9. 13812345678 周琴 2岁8个月", "周琴", "", 32, [PHONE]),
        ("10.欧阳娜娜，女，2020.5.3，138 1234 5678", "欧阳娜娜", "female", 78, [PHONE]),
        ("11: 冯涛 2020年5月生 13812345678", "冯涛", "", 78, [PHONE]),
        ("12. 阿依古丽·买买提 半岁 13812345678", "阿依古丽·买买提", "", 5, [PHONE]),
        ("13. 李亚男 一岁半 13812345678", "李亚男", "", 17, [PHONE]),
        ("14. Amy 3.5岁 女 13812345678", "Amy", "female", 41, [PHONE]),
        ("15. +1 郑好 20210605 13812345678", "郑好", "", 65, [PHONE]),
        ("16. 家长何芳 孩子何小一 5岁 13812345678", "何小一", "", 60, [PHONE]),
        ("17. 5岁 张三丰 13812345678", "张三丰", "", 60, [PHONE]),
        ("18. 郑好", "郑好", "", None, []),
        ("19. 港妈 5岁 +852 9123 4567", "港妈", "", 60, ["+85291234567"]),
    ],
)
def test_a_line_tells_name_sex_age_and_phone(
    line: str, name: str, sex: str, months: int | None, phones: list[str]
) -> None:
    entry = read(line)
    found = (entry.name, entry.sex, entry.age and entry.age.fewest, list(entry.phones))
    assert found == (name, sex, months, phones)
    assert entry.text == line


@pytest.mark.parametrize(
    ("line", "doubt"),
    [
        ("1. 李婷 取消 13812345678", Doubt.CANCELLED),
        ("2. 李婷 来不了了", Doubt.CANCELLED),
        ("3. 李婷 5岁 候补 13812345678", Doubt.WAITING),
        ("4. 李婷 5 13812345678", Doubt.BARE_AGE),
        ("5. 小满妈妈 13812345678", Doubt.FROM_TITLE),
        ("6. 李婷 5岁 13812345678/13912345678", Doubt.PHONES),
        ("7. 李婷 5岁 023-67890123", Doubt.ODD_NUMBER),
        ("8. 李婷 5岁 1381234567", Doubt.ODD_NUMBER),
        ("9. 李婷 510103202105031234 13812345678", Doubt.IDENTITY),
        ("10. 李婷 王芳 5岁 13812345678", Doubt.NAMES),
        ("11. 李婷 一大一小 13812345678", Doubt.MORE),
        ("12. 李婷 " + "很想来" * LONGEST_LINE, Doubt.TOO_LONG),
    ],
)
def test_what_is_doubtful_is_said(line: str, doubt: Doubt) -> None:
    assert doubt in read(line).doubts


def test_what_is_no_mobile_is_shown_and_not_taken() -> None:
    entry = read("7. 李婷 5岁 023-67890123")
    assert (entry.phones, entry.odd_number) == ((), "023-67890123")
    assert read("9. 李婷 510103199912345678").phones == ()
    assert read("10. 李婷 138123456789").phones == (), "one digit too many"


def test_two_children_in_one_line_are_two() -> None:
    persons = read_line("8. 孙浩5岁 女儿孙悦3岁 13812345678", TODAY)
    assert [(one.name, one.sex) for one in persons] == [("孙浩", ""), ("孙悦", "female")]
    assert [one.age and one.age.fewest for one in persons] == [60, 36]
    assert all(one.phones == (PHONE,) and Doubt.SPLIT in one.doubts for one in persons)


def test_one_age_said_twice_is_one_child() -> None:
    assert read("孙浩 5岁 2021年5月3日 13812345678").age is not None


def test_one_more_is_a_second_line_without_a_name() -> None:
    persons = read_line("9. 周琴 4岁 +1 13812345678", TODAY)
    assert [one.name for one in persons] == ["周琴", ""]
    assert all(Doubt.MORE in one.doubts for one in persons)
    names = [one.name for one in read_line("何芳 两个孩子 何小一 13812345678", TODAY)]
    assert names == ["何芳", "何小一"]


def test_the_words_around_a_list_put_down_nobody() -> None:
    said = (
        "#接龙\n亲子绘本 11月28日 14:00\n格式：姓名+年龄+电话\n例 张三 5岁 13812345678\n\n"
        "1. 张妈妈 5岁 13812345678\n2.\n李婷 3岁 13912345678\n谢谢老师🌹\n3. 王芳"
    )
    found = read_list(said, TODAY)
    assert [entry.name for entry in found.entries] == ["张妈妈", "李婷", "王芳"]
    assert found.others[0] == "#接龙"
    assert found.others[-2:] == ["2.", "谢谢老师🌹"]


def test_a_list_without_numbers_is_read_too() -> None:
    found = read_list("明天的绘本\n张妈妈 5岁 13812345678\n李婷 3岁", TODAY)
    assert [entry.name for entry in found.entries] == ["张妈妈", "李婷"]


def test_who_takes_it_back_later_is_doubted_where_the_family_stands() -> None:
    found = read_list(
        "1. 张妈妈 5岁 13812345678\n2. 李婷 3岁 13912345678\n3. 李婷 取消\n4. 李婷 3岁", TODAY
    )
    later = [Doubt.CANCELLED_LATER in entry.doubts for entry in found.entries]
    assert later == [False, True, False, False]


def test_an_age_becomes_the_middle_of_what_it_can_be() -> None:
    age = read("张妈妈 5岁 13812345678").age
    assert age is not None
    assert age.birth_date(TODAY) == date(2021, 6, 1)
    assert age.is_about(date(2021, 1, 1), TODAY)
    assert not age.is_about(date(2018, 1, 1), TODAY)
    exact = read("张妈妈 2020年2月29日 13812345678").age
    assert exact is not None
    assert exact.birth_date(TODAY) == date(2020, 2, 29)
    assert read("张妈妈 2020年2月30日 13812345678").age is None
    assert read("张妈妈 2030年2月3日 13812345678").age is None


@pytest.mark.parametrize(
    ("name", "surname"),
    [("张三", "张"), ("欧阳娜娜", "欧阳"), ("小满", ""), ("乐乐", ""), ("Anna", ""), ("王", "")],
)
def test_only_a_surname_is_a_surname(name: str, surname: str) -> None:
    assert surname_of(name) == surname


@pytest.mark.usefixtures("spoken")
def test_a_group_is_told_a_surname_and_no_more() -> None:
    assert called("张三", is_adult=False, is_female=False) == "张小朋友"
    assert called("李婷", is_adult=True, is_female=True) == "李女士"
    assert called("小满", is_adult=False, is_female=True) == "一位小朋友"
    assert is_only_title("张妈妈")
    assert not is_only_title("张晓妈")


WRITTEN = st.text(
    st.sampled_from(
        "1234567890138 +-.、，()（）岁半个月年日女男张李妈宝取消候补一加\n⑥🌹１３８ｘX\u0301\u200b"
    )
    | st.characters(),
    max_size=200,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(WRITTEN)
def test_nothing_written_is_lost_and_no_phone_is_invented(pasted: str) -> None:
    found = read_list(pasted, TODAY)
    lines = [line.strip() for line in pasted.splitlines() if line.strip()]
    assert count_lines(pasted) == len(lines)
    kept = {entry.line: entry.text for entry in found.entries}
    others = iter(found.others)
    assert [kept[n] if n in kept else next(others) for n in range(len(lines))] == lines
    for entry in found.entries:
        digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", entry.text))
        for phone in entry.phones:
            assert phone.removeprefix("+86").removeprefix("+") in digits
        assert entry.age is None or entry.age.birth_date(TODAY) <= TODAY
