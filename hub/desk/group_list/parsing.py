"""Parse a 接龙, the list that a chat group writes, into entries that may be bookings. Pure.

It guesses and says where it doubts; people look at every line before anything is booked. A phone
is never pieced together: its digits stand in the line one after the other.
"""

import enum
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date

from hub.accounts.phones import normalise
from hub.desk.group_list.ages import AGE, Age, take_ages
from hub.desk.group_list.names import FEMALE, MALE, SAID, surname_of, title_in

MOST_LINES = 100
MOST_CHARACTERS = 10_000
LONGEST_LINE = 300  # characters that are read: no name and phone take more
MOST_OF_A_LINE = 5  # persons

_CIRCLED = {0x2460 + n: f"{n + 1}. " for n in range(20)} | {0x1F51F: "10. ", 0x20E3: ". "}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
_GAP = r"[ .\-]{0,2}"
_MOBILE = re.compile(
    rf"(?<![0-9])(?:\(?(?:\+|00)?86\)?{_GAP})?"
    rf"(1[3-9][0-9]{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}|1[3-9][0-9]{{2}}{_GAP}[0-9]{{3}}{_GAP}[0-9]{{4}})"
    r"(?![0-9])"
)
_ABROAD = re.compile(r"\+(?!86)[0-9](?:[ -]?[0-9]){6,13}(?![0-9])")
_IDENTITY = re.compile(r"(?<![0-9])[0-9]{14,17}[0-9Xx](?![0-9])")
_ODD = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){5,}(?![0-9])")
_UNIT = r"\s*[岁月年日号个周半时点楼层室栋天次节课人位名元]"
_NUMBERED = re.compile(
    rf"^[^\w+]*第?([0-9]{{1,3}})(?!{_UNIT})"
    r"(?:\s*[.、,:;)\]】\-]+(?![0-9])|\s+|$|(?=[\u4e00-\u9fffA-Za-z]))"
)
_EXAMPLE = re.compile(r"^[^\w]*(?:例|示例|格式|模板|范例|报名格式|接龙格式)")
_CANCELLED = re.compile(r"取消|退出|不来了|来不了|不参加|去不了|不去了|不报了|退了")
_WAITING = re.compile(r"候补|替补|排队")
_PLUS = re.compile(r"\+\s*([1-5一二两三四五])(?![0-9])|加([一二两三])")
_CHILDREN = re.compile(r"([2-5二两三四五])\s*(?:个|名|位)?\s*(?:孩子|小孩|小朋友|娃|宝)")
_PEOPLE = re.compile(
    r"([2-9二两三四五])\s*(?:个|名|位)?\s*(?:人|大人)|[一1]大[一1二两23]小|(?:[2二两三]位)"
)
_COUNTED = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_BETWEEN = re.compile(r"[^\w·•\ue000-\ue0ff]+|带着?|_")
_HAN_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{1,8}[·•][\u4e00-\u9fff]{1,8}")
_LATIN_NAME = re.compile(r"[A-Za-z]{2,20}")
_SEXES = {"female": FEMALE, "male": MALE}
_ALONE_ONLY = {"女", "男", "妹妹", "姐姐", "弟弟", "哥哥"}  # 李亚男 is a name


class Doubt(enum.StrEnum):
    """What people should look at in a line; the sentences are in `checks`."""

    CANCELLED = "cancelled"
    CANCELLED_LATER = "cancelled_later"
    WAITING = "waiting"
    MORE = "more"
    SPLIT = "split"
    NAMES = "names"
    FROM_TITLE = "from_title"
    BARE_AGE = "bare_age"
    PHONES = "phones"
    ODD_NUMBER = "odd_number"
    IDENTITY = "identity"
    TOO_LONG = "too_long"


@dataclass(frozen=True)
class Entry:
    """One person that a line seems to enter."""

    line: int  # index among the lines that are not blank
    text: str
    name: str = ""
    sex: str = ""  # as the families' Sex
    age: Age | None = None
    phones: tuple[str, ...] = ()  # as they are stored
    odd_number: str = ""  # digits in the place of a phone that are none
    doubts: frozenset[Doubt] = frozenset()


@dataclass(frozen=True)
class GroupList:
    """The entries of a pasted list, and the lines that enter nobody (a title, a rule)."""

    entries: list[Entry]
    others: list[str]


def count_lines(pasted: str) -> int:
    return sum(1 for line in pasted.splitlines() if line.strip())


def read_list(pasted: str, today: date) -> GroupList:
    """Parse a pasted list; each line that is not blank appears once, or once per person."""
    lines = [line.strip() for line in pasted.splitlines() if line.strip()]
    read = [read_line(line, today, place) for place, line in enumerate(lines)]
    is_numbered = any(_NUMBERED.match(_without_phones(_plain(line))) for line in lines)
    entries: list[Entry] = []
    others: list[str] = []
    for line, persons in zip(lines, read, strict=True):
        if _puts_down(line, persons, is_numbered=is_numbered):
            entries += persons
        else:
            others.append(line)
    return GroupList(_without_withdrawn(entries), others)


def read_line(text: str, today: date, line: int = 0) -> list[Entry]:
    """Return the persons of one line, at least one."""
    plain = _plain(text)
    doubts = {Doubt.TOO_LONG} if len(text) > LONGEST_LINE else set()
    phones, odd_number, rest = _take_phones(plain, doubts)
    rest = _NUMBERED.sub(" ", rest, count=1)
    if _CANCELLED.search(rest):
        doubts.add(Doubt.CANCELLED)
    if _WAITING.search(rest):
        doubts.add(Doubt.WAITING)
    more, rest = _take_count(rest, doubts)
    ages, is_bare, rest = take_ages(rest, today)
    doubts |= {Doubt.BARE_AGE} if is_bare else set()
    persons = _persons_in(_BETWEEN.split(rest), ages, doubts)
    known = {name for name, _sex, _age in persons}
    spare = [name for name in _names_in(_BETWEEN.split(rest)) if name not in known]
    while len(persons) < min(more, MOST_OF_A_LINE):
        persons.append((spare.pop(0) if spare else "", "", None))
    if len(persons) > 1:
        doubts.add(Doubt.SPLIT)
    return [
        Entry(line, text, name, sex, age, phones, odd_number, frozenset(doubts))
        for name, sex, age in persons[:MOST_OF_A_LINE]
    ]


def _puts_down(line: str, persons: list[Entry], *, is_numbered: bool) -> bool:
    """Whether a line enters a person, or is only said around the list."""
    plain, first = _plain(line), persons[0]
    if _EXAMPLE.match(plain):
        return False
    if first.phones:
        return True
    rest = _without_phones(plain)
    numbered = _NUMBERED.match(rest)
    if numbered:
        return bool(re.search(r"\w", rest[numbered.end() :]) or first.odd_number)
    return not is_numbered and bool(first.age or first.odd_number)


def _without_withdrawn(entries: list[Entry]) -> list[Entry]:
    """Mark entries as doubtful that a later line takes back."""
    seen: list[Entry] = []
    for entry in reversed(entries):
        is_later = Doubt.CANCELLED not in entry.doubts and any(
            Doubt.CANCELLED in later.doubts
            and (set(later.phones) & set(entry.phones) or (entry.name and later.name == entry.name))
            for later in seen
        )
        doubts = entry.doubts | ({Doubt.CANCELLED_LATER} if is_later else set())
        seen.append(replace(entry, doubts=doubts))
    return seen[::-1]


def _plain(line: str) -> str:
    """Return a line with one kind of digits, blanks and dashes, without pictures."""
    usual = unicodedata.normalize("NFKC", line[:LONGEST_LINE].translate(_CIRCLED | _DASHES))
    return "".join(_seen(one) for one in usual.translate(_DASHES))


def _seen(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cf", "Mn", "Me", "Cs", "Cn"}:
        return ""
    return " " if category in {"So", "Sk", "Co", "Cc"} or category[0] == "Z" else character


def _take_phones(plain: str, doubts: set[Doubt]) -> tuple[tuple[str, ...], str, str]:
    """Return the phones of a line, digits that are no phone, and the line without both."""
    phones: list[str] = []
    odd: list[str] = []

    def take(found: re.Match[str]) -> str:
        try:
            phones.append(normalise(found.group(found.lastindex or 0)))
        except ValueError:
            odd.append(found.group())
        return " ; "

    rest = _ABROAD.sub(take, _MOBILE.sub(take, plain))
    if _IDENTITY.search(rest):
        doubts.add(Doubt.IDENTITY)
        rest = _IDENTITY.sub(" ; ", rest)
    dates = AGE.sub(" ; ", rest)  # 20200503 is a birth date
    odd += [found.group().strip() for found in _ODD.finditer(dates)]
    for number in odd:
        rest = rest.replace(number, " ; ")
    different = tuple(dict.fromkeys(phones))
    if len(different) > 1:
        doubts.add(Doubt.PHONES)
    if odd:
        doubts.add(Doubt.ODD_NUMBER)
    return different, odd[0] if odd else "", rest


def _without_phones(plain: str) -> str:
    return _take_phones(plain, set())[2]


def _take_count(rest: str, doubts: set[Doubt]) -> tuple[int, str]:
    """Return how many persons a line is for, as far as it says so, and the line without that.

    “+1 李婷” only joins in; “李婷 +1” brings one more person.
    """
    many = 1
    if plus := _PLUS.search(rest):
        if re.search(r"\w", rest[: plus.start()]):
            many = 1 + _counted(plus.group(1) or plus.group(2))
        rest = _PLUS.sub(" ", rest)
    if children := _CHILDREN.search(rest):
        many = max(many, _counted(children.group(1)))
        rest = _CHILDREN.sub(" ", rest)
    if many > 1 or _PEOPLE.search(rest):
        doubts.add(Doubt.MORE)
    return many, _PEOPLE.sub(" ", rest)


def _counted(said: str) -> int:
    return _COUNTED.get(said) or int(said)


def _persons_in(
    tokens: list[str], ages: list[Age], doubts: set[Doubt]
) -> list[tuple[str, str, Age | None]]:
    """Return name, sex and age of each person; an age stands behind its name, or else before it."""
    places = [place for place, token in enumerate(tokens) if _age_at(token) is not None]
    if not places:
        return [(_name_of(tokens, doubts, last=False), _sex_in(tokens), None)]
    is_behind = bool(_names_in(tokens[: places[0]]))
    if len(places) == 1:
        near = tokens[: places[0]] if is_behind else tokens[places[0] :]
        return [(_name_of(near, doubts, last=is_behind), _sex_in(tokens), ages[0])]
    persons: list[tuple[str, str, Age | None]] = []
    ends = [0, *(place + 1 for place in places)] if is_behind else [*places, len(tokens)]
    ends[-1] = len(tokens)
    for age, start, end in zip(ages, ends, ends[1:], strict=False):
        part = tokens[start:end]
        persons.append((_name_of(part, doubts, last=is_behind), _sex_in(part), age))
    return persons


def _name_of(tokens: list[str], doubts: set[Doubt], *, last: bool) -> str:
    names = _names_in(tokens)
    if sum(bool(surname_of(name)) for name in names) > 1:
        doubts.add(Doubt.NAMES)
    if not names:
        return ""
    name = names[-1 if last else 0]
    title = title_in(name)
    of_whom = name.removesuffix(title)
    if title and len(of_whom) > 1 and not (surname_of(name) and len(of_whom) == 1):
        doubts.add(Doubt.FROM_TITLE)  # 小满妈妈 enters 小满
        return of_whom
    return name


def _names_in(tokens: list[str]) -> list[str]:
    """Return what may be names, without the words around them that are none."""
    bare = (_bare(token) for token in tokens)
    return [
        name for name in bare if name and (_HAN_NAME.fullmatch(name) or _LATIN_NAME.fullmatch(name))
    ]


def _bare(token: str) -> str:
    if token in SAID or any(token in words for words in _SEXES.values()):
        return ""
    for word in (*_SEXES["female"], *_SEXES["male"], *SAID):
        if word in _ALONE_ONLY or word not in token:
            continue
        without = token.removeprefix(word).removesuffix(word)
        token = without if len(without) > 1 else "" if not without else token
    return token


def _sex_in(tokens: list[str]) -> str:
    for token in tokens:
        for sex, words in _SEXES.items():
            for word in words:
                alone = token == word
                if alone or (word not in _ALONE_ONLY and token.startswith(word)):
                    return sex
                if word not in _ALONE_ONLY and token.endswith(word):
                    return sex
    return ""


def _age_at(token: str) -> int | None:
    return ord(token) - 0xE000 if len(token) == 1 and "\ue000" <= token <= "\ue0ff" else None
