"""Ages and birth dates as people write them in a chat group. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from hub.families.rules import OLDEST_YEARS
from hub.text import months_old

_DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"两": 2}
_NUMBER = r"(?:[0-9]{1,3}(?:\.[0-9])?|[一二两三四五六七八九十]{1,3}|半)"
_YEAR = r"(?:19|20)[0-9]{2}"
AGE = re.compile(
    rf"(?<![0-9])(?P<year>{_YEAR})\s*[年.\-/]\s*(?P<month>[0-9]{{1,2}})\s*[月.\-/]\s*(?P<day>[0-9]{{1,2}})"
    r"(?:\s*[日号])?(?:\s*(?:出生|生))?(?![0-9])"
    rf"|(?<![0-9])(?P<compact>{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))(?![0-9])"
    rf"|(?<![0-9])(?P<of_year>{_YEAR}|[0-2][0-9])\s*年\s*(?P<of_month>[0-9]{{1,2}})\s*月(?!\s*[0-9])"
    r"(?:\s*(?:出生|生))?"
    rf"|(?<![0-9])(?P<pointed_year>{_YEAR})[.\-/](?P<pointed_month>[0-9]{{1,2}})(?![0-9.])"
    rf"|(?<![0-9])(?P<only_year>{_YEAR})\s*(?:年\s*(?:出生|生|的)?(?!\s*[0-9])|出生|生)"
    rf"|(?<![0-9.])(?P<years>{_NUMBER})\s*周?岁\s*(?:零|又|多)?\s*"
    rf"(?:(?P<half>半)|(?P<more>{_NUMBER})\s*个?月(?!\s*[0-9]))?(?:多|左右)?"
    rf"|(?<![0-9.])(?P<months>{_NUMBER})\s*(?:个半?月|月龄|月大)(?:大|多)?"
)
_BARE = re.compile(r"(?<![\w.+\-/])(1?[0-9])(?![\w.:\-/])")


@dataclass(frozen=True)
class Age:
    """What was written of a person's age: how many months old they can be, from and to."""

    fewest: int
    most: int
    born: date | None = None  # if it was written to the day

    def birth_date(self, today: date) -> date:
        """Return the birth date, or an estimate: the first of the month in the middle."""
        if self.born:
            return self.born
        months = today.year * 12 + today.month - 1 - (self.fewest + self.most) // 2
        return date(months // 12, months % 12 + 1, 1)

    def is_about(self, birth_date: date, today: date) -> bool:
        """Whether a person born then may be meant: people round, and speak of the next birthday."""
        months = months_old(birth_date, today)
        return self.fewest - 3 <= months <= self.most + 3


def take_ages(rest: str, today: date) -> tuple[list[Age], bool, str]:
    """Return the ages in a line, whether one was a bare number, and the line with marks for them.

    The marks are characters of no script, from U+E000 on.
    """
    ages: list[Age] = []

    def take(read: Callable[[re.Match[str], date], Age | None]) -> Callable[[re.Match[str]], str]:
        def mark(found: re.Match[str]) -> str:
            age = read(found, today)
            if age is None or any(_same(age, other) for other in ages):
                return " "
            ages.append(age)
            return f" {chr(0xE000 + len(ages) - 1)} "

        return mark

    rest = AGE.sub(take(_age_of), rest)
    if ages:
        return ages, False, rest
    rest = _BARE.sub(take(_bare_age), rest, count=1)
    return ages, bool(ages), rest


def _age_of(found: re.Match[str], today: date) -> Age | None:
    part = found.groupdict()
    if part["year"]:
        return _born(part["year"], part["month"], part["day"], today)
    if part["compact"]:
        written = part["compact"]
        return _born(written[:4], written[4:6], written[6:], today)
    if part["of_year"]:
        year = part["of_year"] if len(part["of_year"]) == 4 else f"20{part['of_year']}"
        return _born_in(year, part["of_month"], today)
    if part["pointed_year"]:
        return _born_in(part["pointed_year"], part["pointed_month"], today)
    if part["only_year"]:
        first, last = (_born(part["only_year"], month, "1", today) for month in ("1", "12"))
        fewest = last.fewest if last else 0
        return Age(fewest, first.fewest) if first else None
    return _spoken(part)


def _spoken(part: dict[str, str | None]) -> Age | None:
    if part["months"]:
        months = round(_number(part["months"]))
        return _within(Age(months, months))
    years = _number(part["years"] or "")
    if part["more"]:
        months = round(years * 12 + _number(part["more"]))
        return _within(Age(months, months))
    if part["half"] or years % 1:
        months = round((years + (0.5 if part["half"] else 0)) * 12)
        return _within(Age(max(months - 1, 0), months + 2))
    return _within(Age(round(years) * 12, round(years) * 12 + 11))


def _bare_age(found: re.Match[str], _today: date) -> Age | None:
    years = int(found.group(1))
    return Age(years * 12, years * 12 + 11) if 1 <= years < 18 else None


def _born(year: str, month: str, day: str, today: date) -> Age | None:
    try:
        born = date(int(year), int(month), int(day))
    except ValueError:
        return None
    months = months_old(born, today)
    return _within(Age(months, months, born)) if born <= today else None


def _born_in(year: str, month: str, today: date) -> Age | None:
    first = _born(year, month, "1", today)
    return Age(first.fewest, first.fewest) if first else None


def _within(age: Age) -> Age | None:
    return age if age.most < OLDEST_YEARS * 12 else None


def _same(one: Age, other: Age) -> bool:
    """Whether two ages may be of one person: 5岁, 2021年5月生."""
    is_date = one.fewest == one.most, other.fewest == other.most
    return is_date[0] != is_date[1] and one.fewest <= other.most and other.fewest <= one.most


def _number(said: str) -> float:
    if said == "半":
        return 0.5
    if said[0].isdigit():
        return float(said)
    tens, ten, ones = said.rpartition("十")
    if not ten:
        return _DIGITS.get(said[0], 0)
    return _DIGITS.get(tens[:1], 1) * 10 + _DIGITS.get(ones[:1], 0)
