"""Parse a file of centres: from bytes to rows, or to what is wrong with it. Pure."""

import csv
import io
import re
from collections.abc import Collection
from dataclasses import dataclass, field

from flask_babel import gettext as _

from hub.catalogue.hours import Hours, parse_hours

# The columns that a file may have, and how long their cells may be.
LONGEST = {
    "name": 60,
    "district": 20,
    "street_or_community": 60,
    "address": 200,
    "phone": 20,
    "area_m2": 10,
    "rooms": 2000,
    "services": 200,
    "hours": 200,
    "source_url": 200,
}
NEEDED = ("name", "district")
LONGEST_ROOM = 60
LARGEST_AREA = 1_000_000


@dataclass(frozen=True)
class CentreRow:
    """One centre of the file; what the file leaves empty is empty."""

    line: int
    name: str
    district: str
    community: str = ""
    address: str = ""
    phone: str = ""
    area_m2: int | None = None
    rooms: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    hours: Hours = field(default_factory=dict)
    source_url: str = ""


class BadFile(Exception):
    """The file cannot be loaded; `problems` says why, each with its line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_centres(
    content: bytes, districts: Collection[str], services: Collection[str]
) -> list[CentreRow]:
    """Return the centres of the file. Raises BadFile with every problem of every line."""
    rows: list[CentreRow] = []
    problems: list[str] = []
    lines: dict[str, int] = {}
    for line, cells in _cells(content):
        wrong = _problems(cells, districts, services)
        name = cells["name"]
        if name and name in lines:
            wrong.append(_("“%(name)s”在第 %(line)s 行已经有了", name=name, line=lines[name]))
        lines.setdefault(name, line)
        problems += [on_line(line, problem) for problem in wrong]
        if not wrong:
            rows.append(_row(line, cells))
    if not (rows or problems):
        problems = [_("文件里没有中心")]
    if problems:
        raise BadFile(problems)
    return rows


def on_line(line: int, problem: str) -> str:
    """A problem, with where it is."""
    return _("第 %(line)s 行：%(problem)s", line=line, problem=problem)


def _cells(content: bytes) -> list[tuple[int, dict[str, str]]]:
    """Each row that is not blank: the line it begins on, and its cells by column."""
    reader = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        line = 1
        for row in reader:
            rows.append((line, [cell.strip() for cell in row]))
            line = reader.line_num + 1
    except csv.Error as error:
        said = _("引号没有写完整（%(error)s）", error=error)
        raise BadFile([on_line(reader.line_num, said)]) from error
    columns = _columns(rows[0][1] if rows else [])
    found = []
    for line, row in rows[1:]:
        if any(row[len(columns) :]):
            raise BadFile([on_line(line, _("格子比第一行的列还多"))])
        if any(row):
            padded = row + [""] * len(columns)
            found.append(
                (line, dict.fromkeys(LONGEST, "") | dict(zip(columns, padded, strict=False)))
            )
    return found


def _text(content: bytes) -> str:
    """Return the text: Excel writes UTF-8 with a mark in front, or GBK, a part of GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadFile([_("认不出文件的编码，请另存为“CSV UTF-8”")])


def _columns(header: list[str]) -> list[str]:
    while header and not header[-1]:
        header = header[:-1]
    problems = [_("缺少 %(name)s 列", name=name) for name in NEEDED if name not in header]
    problems += [_("不认识的列“%(name)s”", name=name) for name in header if name not in LONGEST]
    twice = sorted({name for name in header if header.count(name) > 1})
    problems += [_("%(name)s 列写了两遍", name=name) for name in twice]
    if problems:
        problems.append(_("可以用的列：%(names)s", names=",".join(LONGEST)))
        raise BadFile([on_line(1, problem) for problem in problems])
    return header


def _problems(
    cells: dict[str, str], districts: Collection[str], services: Collection[str]
) -> list[str]:
    """Return everything that is wrong with a row, in words for the person who must correct it."""
    wrong = []
    if not cells["name"]:
        wrong.append(_("没有写名称"))
    if not cells["district"]:
        wrong.append(_("没有写区县"))
    elif cells["district"] not in districts:
        wrong.append(_("没有“%(name)s”这个区县", name=cells["district"]))
    wrong += [
        _("%(column)s 太长，最多 %(longest)s 个字", column=column, longest=longest)
        for column, longest in LONGEST.items()
        if len(cells[column]) > longest
    ]
    if cells["area_m2"] and _area(cells["area_m2"]) is None:
        wrong.append(_("面积“%(area)s”不是平方米的整数", area=cells["area_m2"]))
    if cells["phone"] and not re.fullmatch(r"[\d+\-()（） ]{5,}", cells["phone"]):
        wrong.append(_("电话“%(phone)s”不像电话号码", phone=cells["phone"]))
    wrong += [
        _("没有“%(name)s”这项服务", name=name)
        for name in _list(cells["services"])
        if name not in services
    ]
    wrong += [
        _("房间“%(name)s…”太长，最多 %(longest)s 个字", name=name[:10], longest=LONGEST_ROOM)
        for name in _list(cells["rooms"])
        if len(name) > LONGEST_ROOM
    ]
    try:
        parse_hours(cells["hours"])
    except ValueError as error:
        wrong.append(
            _(
                "看不懂开放时间“%(part)s”，请写成：周一至周五 09:00-18:00；周六 10:00-17:00",
                part=error,
            )
        )
    if any(ord(character) < 32 for cell in cells.values() for character in cell):
        wrong.append(_("格子里有换行或看不见的字符"))
    return wrong


def _row(line: int, cells: dict[str, str]) -> CentreRow:
    return CentreRow(
        line=line,
        name=cells["name"],
        district=cells["district"],
        community=cells["street_or_community"],
        address=cells["address"],
        phone=cells["phone"],
        area_m2=_area(cells["area_m2"]),
        rooms=_list(cells["rooms"]),
        services=_list(cells["services"]),
        hours=parse_hours(cells["hours"]),
        source_url=cells["source_url"],
    )


def _area(text: str) -> int | None:
    """1142 and 1,142 are areas; 1142.5, -3 and 很大 are not."""
    plain = text.replace(",", "")
    if not (plain.isascii() and plain.isdigit()):
        return None
    return int(plain) if 0 < int(plain) <= LARGEST_AREA else None


def _list(text: str) -> tuple[str, ...]:
    """The parts between semicolons, narrow or wide, each once."""
    parts = (part.strip() for part in re.split("[;；]", text))
    return tuple(dict.fromkeys(part for part in parts if part))
