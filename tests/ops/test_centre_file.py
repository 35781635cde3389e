"""A list of centres is read as people save it, and each wrong line is named."""

from datetime import time

import pytest

from hub.ops.centre_file import BadFile, CentreRow, read_centres

HEADER = "name,district,street_or_community,address,area_m2,rooms,services,hours,source_url,phone"
DISTRICTS = {"渝中区", "綦江区"}
SERVICES = {"好梦童年", "好业工坊"}


def read(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> list[CentreRow]:
    content = "\r\n".join([header, *lines]).encode(encoding)
    return read_centres(content, DISTRICTS, SERVICES)


def problems_of(*lines: str, header: str = HEADER) -> list[str]:
    with pytest.raises(BadFile) as caught:
        read(*lines, header=header)
    return caught.value.problems


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_file_is_read_however_it_was_saved(encoding: str) -> None:
    row = "甲社区,渝中区,一街,一路 1 号,1142,阅读区;手工区；,好梦童年；好业工坊,每天 9:00-18:00,https://a.cn,023-63000000"
    assert read(row, encoding=encoding) == [
        CentreRow(
            line=2,
            name="甲社区",
            district="渝中区",
            community="一街",
            address="一路 1 号",
            phone="023-63000000",
            area_m2=1142,
            rooms=("阅读区", "手工区"),
            services=("好梦童年", "好业工坊"),
            hours=dict.fromkeys(range(7), (time(9), time(18))),
            source_url="https://a.cn",
        )
    ]


def test_only_name_and_district_are_needed_and_the_order_of_columns_is_free() -> None:
    assert read("渝中区,甲社区", "", ",,", header="district,name,") == [
        CentreRow(line=2, name="甲社区", district="渝中区")
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("甲社区,渝东区", "没有“渝东区”这个区县"),
        ("甲社区,", "没有写区县"),
        (",渝中区", "没有写名称"),
        ("甲社区,渝中区,,,很大", "面积“很大”不是平方米的整数"),
        ("甲社区,渝中区,,,-5", "面积“-5”不是平方米的整数"),
        ("甲社区,渝中区,,,0", "面积“0”不是平方米的整数"),
        ("甲社区,渝中区,,,12.5", "面积“12.5”不是平方米的整数"),
        ("甲社区,渝中区,,,,,好梦少年;好业工坊", "没有“好梦少年”这项服务"),
        ("甲社区,渝中区,,,,,,周八全天", "看不懂开放时间“周八全天”"),
        ("甲社区,渝中区,,,,,,,,问王主任", "电话“问王主任”不像电话号码"),
        (f"{'长' * 61},渝中区", "name 太长，最多 60 个字"),
        (f"甲社区,渝中区,,,,{'房' * 61}", f"房间“{'房' * 10}…”太长，最多 60 个字"),
        ('"甲\n社区",渝中区', "格子里有换行或看不见的字符"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(line: str, problem: str) -> None:
    found = problems_of("乙社区,渝中区", line)
    assert len(found) == 1
    assert found[0].startswith(f"第 3 行：{problem}")


def test_every_problem_of_every_line_is_told_at_once() -> None:
    assert problems_of("甲社区,渝东区,,,大", "", "乙社区,渝中区", "乙社区,渝中区", ",綦江区") == [
        "第 2 行：没有“渝东区”这个区县",
        "第 2 行：面积“大”不是平方米的整数",
        "第 5 行：“乙社区”在第 4 行已经有了",
        "第 6 行：没有写名称",
    ]


def test_a_line_is_counted_as_an_editor_counts_it() -> None:
    found = problems_of('"甲\n\n社区",渝中区', "乙社区,渝东区")
    assert found[1] == "第 5 行：没有“渝东区”这个区县"


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("name,adress", "第 1 行：缺少 district 列"),
        ("name,district,adress", "第 1 行：不认识的列“adress”"),
        ("name,district,name", "第 1 行：name 列写了两遍"),
    ],
)
def test_a_column_that_would_be_lost_is_named(header: str, problem: str) -> None:
    assert problem in problems_of("甲社区,渝中区,x", header=header)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "缺少 name 列"),
        (HEADER.encode(), "文件里没有中心"),
        (b"\xff\xfen\x00a\x00", "认不出文件的编码"),
        ("name,district\n甲社区,渝中区,多了".encode(), "第 2 行：格子比第一行的列还多"),
        ('name,district\n"甲社区,渝中区'.encode(), "引号没有写完整"),
    ],
)
def test_what_is_not_a_list_of_centres_is_told_in_words(content: bytes, problem: str) -> None:
    with pytest.raises(BadFile, match=problem):
        read_centres(content, DISTRICTS, SERVICES)


@pytest.mark.parametrize("cell", ["=1+1", "+86", "@SUM(A1)", "-社区", "=HYPERLINK(0)"])
def test_what_looks_like_a_formula_is_kept_as_the_text_it_is(cell: str) -> None:
    assert read(f"{cell},渝中区,{cell},{cell}")[0].address == cell
