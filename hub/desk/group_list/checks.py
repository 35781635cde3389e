"""Marks on each line of a pasted list before anybody is booked. Pure."""

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub import text
from hub.bookings.household_limits import HouseholdBooking, check_free
from hub.bookings.rules import check_fits
from hub.desk.group_list.ages import Age
from hub.desk.group_list.names import is_only_title
from hub.desk.group_list.parsing import Doubt
from hub.families.rules import Named
from hub.refusals import refusal_of

if TYPE_CHECKING:
    from hub.timetable.models import Slot


class Weight(enum.StrEnum):
    """How much a mark matters: wrong, doubtful, or fine."""

    WRONG = "wrong"
    DOUBT = "doubt"
    FINE = "fine"


@dataclass(frozen=True)
class Mark:
    weight: Weight
    said: str


@dataclass
class Facts:
    """One line of the preview: what was written and corrected, and what is known."""

    doubts: Collection[Doubt] = ()
    typed_phone: str = ""
    phone: str = ""  # as it is stored, if it is one
    name: str = ""
    birth_date: date | None = None
    is_estimate: bool = False
    sex: str = ""
    persons: Sequence[Named] = ()  # of the household of this phone
    person: Named | None = None  # the one meant
    kept: Iterable[HouseholdBooking] = ()  # what they have at that time
    is_taken: bool = True  # ticked to be booked
    marks: list[Mark] = field(default_factory=list)

    @property
    def is_wrong(self) -> bool:
        return any(mark.weight is Weight.WRONG for mark in self.marks)

    def say(self, weight: Weight, said: str) -> None:
        self.marks.append(Mark(weight, said))


def recognised(
    slot: "Slot", name: str, age: Age | None, persons: Sequence[Named], today: date
) -> Named | None:
    """Return the person of the household that a line means, by name or else by age; or None."""
    for person in persons:
        if name and (person.name == name or _is_short_for(name, person.name)):
            return person
    if name and not is_only_title(name):
        return None
    fits = [
        person
        for person in persons
        if refusal_of(check_fits, slot, person.name, person.birth_date) is None
        and (age is None or age.is_about(person.birth_date, today))
    ]
    return fits[0] if len(fits) == 1 else None


def mark_lines(lines: Sequence[Facts], slot: "Slot") -> None:
    """Mark what is wrong with each line, what is doubtful, and what is known."""
    for line in lines:
        _mark_text(line)
        _mark_phone(line)
        _mark_person(line, slot)
    _mark_twins(lines)


def mark_places(lines: Iterable[Facts], slot: "Slot", places_each: int) -> None:
    """Mark the ticked lines whose turn comes after the last place."""
    free, turns = slot.places_left + slot.desk_places, slot.waiting_limit - slot.waiting
    for line in lines:
        if not line.is_taken or slot.takes_entries:
            continue
        if free >= places_each:
            free -= places_each
        elif turns > 0:
            turns -= 1
            line.say(Weight.DOUBT, _("会排候补。"))
        else:
            line.say(Weight.WRONG, _("名额和候补都满了。"))


def _is_short_for(name: str, whole: str) -> bool:
    return 1 < len(name) < len(whole) and whole.endswith(name)


def _mark_text(line: Facts) -> None:
    said = {
        Doubt.CANCELLED: _("写了取消。要约再勾上。"),
        Doubt.CANCELLED_LATER: _("后面有一行说取消。要约再勾上。"),
        Doubt.WAITING: _("写了候补：有名额就直接约上。"),
        Doubt.MORE: _("像不止一位，请核对。"),
        Doubt.SPLIT: _("一行里有几位，分开列了。"),
        Doubt.NAMES: _("像有几个名字，请看是哪一个。"),
        Doubt.FROM_TITLE: _("名字是从称呼里取的，请核对。"),
        Doubt.BARE_AGE: _("只写了一个数字，当成几岁了。"),
        Doubt.PHONES: _("有几个手机号，用了第一个。"),
        Doubt.IDENTITY: _("有一串像身份证号，没有用。"),
        Doubt.TOO_LONG: _("这一行太长，只看了前面一段。"),
    }
    for doubt, sentence in said.items():
        if doubt in line.doubts:
            if doubt is Doubt.SPLIT and Doubt.MORE in line.doubts:
                continue  # it would say the same again
            gone = doubt in {Doubt.CANCELLED, Doubt.CANCELLED_LATER}
            line.say(Weight.WRONG if gone and not line.is_taken else Weight.DOUBT, sentence)


def _mark_phone(line: Facts) -> None:
    if line.phone:
        return
    if line.typed_phone.strip():
        line.say(Weight.WRONG, _("这个号码收不到短信，请问一个手机号。"))
    else:
        line.say(Weight.WRONG, _("没有手机号，约不了。"))


def _mark_person(line: Facts, slot: "Slot") -> None:
    if line.person:
        _mark_known(line, line.person, slot)
        return
    if line.persons:
        line.say(Weight.DOUBT, _("这一家登记过，但没有这个名字：会新加一位。"))
    if line.name and is_only_title(line.name):
        line.say(Weight.DOUBT, _("“%(name)s”是称呼，最好问到姓名。", name=line.name))
    missing = [
        label
        for label, given in (
            (_("姓名"), line.name),
            (_("出生日期"), line.birth_date),
            (_("性别"), line.sex),
        )
        if not given
    ]
    if missing:
        line.say(Weight.DOUBT, _("还缺%(what)s。", what="、".join(missing)))
    if line.birth_date:
        refusal = refusal_of(check_fits, slot, line.name or _("这一位"), line.birth_date)
        if refusal:
            line.say(Weight.WRONG, str(refusal))


def _mark_known(line: Facts, person: Named, slot: "Slot") -> None:
    age = text.age(person.birth_date)
    if line.name in {person.name, ""}:
        line.say(Weight.FINE, _("登记过：%(name)s，%(age)s。", name=person.name, age=age))
    else:
        line.say(
            Weight.DOUBT,
            _("按手机号认出是%(name)s（%(age)s），请核对。", name=person.name, age=age),
        )
    refusal = refusal_of(check_fits, slot, person.name, person.birth_date) or refusal_of(
        check_free, slot, person.id, person.name, line.kept
    )
    if refusal:
        line.say(Weight.WRONG, str(refusal))


def _mark_twins(lines: Sequence[Facts]) -> None:
    """Mark lines with the same phone: brothers and sisters, or one person entered twice."""
    for place, line in enumerate(lines):
        for before, other in enumerate(lines[:place], start=1):
            if not line.phone or other.phone != line.phone or Doubt.CANCELLED in other.doubts:
                continue
            same = (
                line.person.id == other.person.id
                if line.person and other.person
                else (line.name == other.name and line.person is other.person)
            )
            if same and (line.name or line.person):
                line.say(Weight.WRONG, _("和第 %(place)s 位是同一个人。", place=before))
            else:
                line.say(Weight.DOUBT, _("和第 %(place)s 位是同一个手机号。", place=before))
            break
