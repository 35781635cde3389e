"""What a person may be called, when they were born, and how many a household may have. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Protocol

from flask_babel import gettext as _

from hub.refusals import Refused
from hub.text import months_old

LONGEST_NAME = 20
LONGEST_TYPED = 200  # characters, with spaces; normalising a longer text can take minutes
OLDEST_YEARS = 120
ADULT_YEARS = 18
# Three generations and a few cousins fit; more is a club, which books as a group at the desk,
# and one phone cannot fill a whole course with names it makes up.
MOST_PERSONS = 12

_DOTS = str.maketrans(dict.fromkeys("•‧・．", "·"))  # what keyboards offer for ·
_BETWEEN_LETTERS = frozenset(" ·-'’")
# They count as letters or marks, but nothing is seen of them: fillers, joiners, variants of a form.
_UNSEEN = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_IN_A_ROW = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_APART = re.compile(r"([0-9]{4})\s*[-./年]\s*([0-9]{1,2})\s*[-./月]\s*([0-9]{1,2})\s*[日号]?")


class Named(Protocol):
    """A person who is already in the household."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def birth_date(self) -> date: ...


def is_adult(birth_date: date, on: date) -> bool:
    return months_old(birth_date, on) >= ADULT_YEARS * 12


def tidy_name(typed: str) -> str:
    """Return the name as it is stored: single spaces inside, none around it, one kind of dot.

    Raises Refused if it is no name that a desk could call out.
    """
    plain = _UNSEEN.sub("", unicodedata.normalize("NFC", typed[:LONGEST_TYPED]))
    name = " ".join(plain.translate(_DOTS).split())
    if not name:
        raise Refused(_("请写上姓名。"))
    if len(name) > LONGEST_NAME or len(typed) > LONGEST_TYPED:
        raise Refused(_("姓名最多写 %(most)s 个字。", most=LONGEST_NAME))
    letters = [character for character in name if character not in _BETWEEN_LETTERS]
    all_letters = all(_is_letter(character) for character in letters)
    if not letters or not all_letters or unicodedata.category(letters[0])[0] == "M":
        raise Refused(_("姓名里请只写汉字或字母，不写数字和符号。"))
    return name


def birth_date_of(typed: str, today: date) -> date:
    """Return the date that was typed, as digits in a row or with anything usual between them.

    Raises Refused if it is none, or nobody alive can have been born then.
    """
    plain = unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).strip()
    if not plain:
        raise Refused(_("请写上出生日期。"))
    found = _IN_A_ROW.fullmatch(plain) or _APART.fullmatch(plain)
    if found is None:
        raise Refused(_("没看懂这个日期。请写 8 个数字，比如 2020年5月1日写 20200501。"))
    year, month, day = (int(part) for part in found.groups())
    try:
        born = date(year, month, day)
    except ValueError:
        raise Refused(
            _("%(year)s年%(month)s月没有%(day)s日，请再看看。", year=year, month=month, day=day)
        ) from None
    check_born(born, today)
    return born


def check_born(born: date, today: date) -> None:
    """Refuse a day on which nobody alive was born."""
    if born > today:
        raise Refused(_("这一天还没有到，请再看看出生日期。"))
    if months_old(born, today) > OLDEST_YEARS * 12:
        raise Refused(_("这个年份太早了，请再看看出生日期。"))


def check_may_add(persons: Iterable[Named]) -> None:
    if len(list(persons)) >= MOST_PERSONS:
        raise Refused(
            _(
                "一个家庭最多填 %(most)s 位家人。人多时请打电话给中心，一起帮您约。",
                most=MOST_PERSONS,
            )
        )


def check_not_there(
    persons: Iterable[Named], name: str, birth_date: date, but: int | None = None
) -> None:
    """Refuse to enter the same person twice, with and without the family name as well.

    `but` is the id of the one being changed.
    """
    for person in persons:
        if person.id != but and is_same_person(
            (person.name, person.birth_date), (name, birth_date)
        ):
            raise Refused(_("%(name)s已经在您的家庭里了，不用再加一次。", name=person.name))


def child_key(name: str, birth_date: date) -> str:
    """Return what a person's key is found by, however the name is written; the same for few others.

    It is the birth date and the last letter of the given name: 小满 and 陈小满 agree in it.
    """
    return f"{birth_date:%Y%m%d}{_parts(name)[0][-1]}"


def is_same_person(one: tuple[str, date], other: tuple[str, date]) -> bool:
    """Whether two names with birth dates are one person's: with or without the family name.

    A family name stands before a given name written in Han characters, one or two of them, and
    after another mark (· or a space) elsewhere.
    """
    (name, born), (other_name, other_born) = one, other
    if born != other_born:
        return False
    written = _parts(name), _parts(other_name)
    shorter, longer = sorted(written, key=lambda parts: len("".join(parts)))
    if shorter == longer:
        return True
    if len(shorter) > 1:
        return False
    if len(longer) > 1:
        return shorter[0] == longer[0]
    family = longer[0].removesuffix(shorter[0])
    return 1 <= len(family) <= 2 and family != longer[0] and all(map(_is_han, longer[0]))


def _parts(name: str) -> list[str]:
    """Return a name's parts without marks, in small letters; spaces between Han are nothing."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    parts: list[str] = []
    for part in re.split(r"[·\-'’]+", plain):
        together = part.replace(" ", "")
        parts += [together] if all(map(_is_han, together)) else part.split()
    return [part for part in parts if part]


def is_small_correction(before: tuple[str, date], after: tuple[str, date]) -> bool:
    """Whether a name and a birth date stay the same person's: a slip of the pen, not another child.

    In the name one character may be another, missing or too many; in the eight digits of the date
    one may be another, or two neighbours change places.
    """
    (name, born), (new_name, new_born) = before, after
    return _is_near(name, new_name) and _is_near_date(f"{born:%Y%m%d}", f"{new_born:%Y%m%d}")


def _is_near(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) == len(longer):
        return sum(a != b for a, b in zip(one, other, strict=True)) <= 1
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))


def _is_near_date(one: str, other: str) -> bool:
    apart = [at for at in range(len(one)) if one[at] != other[at]]
    if len(apart) <= 1:
        return True
    first, last = apart[0], apart[-1]
    return len(apart) == 2 and last == first + 1 and one[first:][:2] == other[first:][:2][::-1]


def _is_han(character: str) -> bool:
    return unicodedata.name(character, "").startswith("CJK UNIFIED")


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"
