"""The forms of a group's list: the pasted text, then its lines, to be corrected.

All field names begin with `group-`: what many families wrote is saved nowhere, not even when a
session has expired (see `hub.accounts.saved_forms`).
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from hub import clock, text
from hub.accounts.phones import normalise
from hub.desk.group_list.parsing import MOST_CHARACTERS, MOST_LINES, Doubt, Entry, count_lines
from hub.families.models import Person, Sex
from hub.families.rules import check_born, tidy_name
from hub.refusals import Refused

PREFIX = "group-"


class PasteForm(FlaskForm):
    """The list as it was copied from the group."""

    pasted = TextAreaField(
        _l("群里的接龙"),
        [
            DataRequired(_l("请先把群里的接龙贴进来。")),
            Length(max=MOST_CHARACTERS, message=_l("太长了：一次最多贴 10000 个字，请分几次贴。")),
        ],
        # Without a maxlength: a browser would cut the end of a list off and say nothing.
        render_kw={"rows": 10, "autocomplete": "off", "spellcheck": "false", "maxlength": False},
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(prefix=PREFIX, **given)

    def validate_pasted(self, field: TextAreaField) -> None:
        if count_lines(field.data or "") > MOST_LINES:
            raise ValidationError(_("太多了：一次最多贴 100 行，请分几次贴。"))


NOBODY = "0"  # a newcomer, not in the household yet


class LineForm(Form):
    """One person of the list; `person` is the id of a person of the household, or NOBODY."""

    source = HiddenField()  # the line as it was written
    doubts = HiddenField()
    estimate = HiddenField()  # the estimated birth date, to see whether it was corrected
    take = BooleanField(_l("约"))
    person = SelectField(_l("是谁"), choices=[], validate_choice=False)
    name = StringField(_l("姓名"), render_kw={"maxlength": 40, "autocomplete": "off"})
    birth_date = DateField(_l("出生日期"), [Optional()])
    sex = SelectField(_l("性别"), choices=[], validate_choice=False)
    phone = TelField(
        _l("手机号"), render_kw={"maxlength": 30, "autocomplete": "off", "inputmode": "tel"}
    )

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.sex.choices = {"": "–", Sex.FEMALE.value: _("女"), Sex.MALE.value: _("男")}

    @property
    def number(self) -> str:
        """The phone as it is stored; empty if it is none."""
        try:
            return normalise((self.phone.data or "")[:30])
        except ValueError:
            return ""

    @property
    def is_estimate(self) -> bool:
        born = self.birth_date.data
        return born is not None and born.isoformat() == self.estimate.data

    @property
    def doubts_read(self) -> frozenset[Doubt]:
        written = set((self.doubts.data or "").split())
        return frozenset(doubt for doubt in Doubt if doubt in written)

    def offer(self, persons: Iterable[Person]) -> None:
        """Offer the persons of this household; a choice from another household is dropped."""
        known = {str(one.id): f"{one.name} {text.age(one.birth_date)}" for one in persons}
        self.person.choices = {NOBODY: _("新的一位")} | known
        if self.person.data not in known:
            self.person.data = NOBODY

    @property
    def is_new(self) -> bool:
        return self.person.data in {None, NOBODY}

    def check(self) -> bool:
        """Whether the line can be booked as it stands; what is missing is said beside its field."""
        wrong: dict[Any, str] = {}
        if not self.number:
            wrong[self.phone] = _("请填能收短信的手机号。")
        if self.is_new:
            wrong |= self._check_newcomer()
        for one, said in wrong.items():
            one.errors = [said]
        return not wrong

    def _check_newcomer(self) -> dict[Any, str]:
        wrong: dict[Any, str] = {}
        try:
            self.name.data = tidy_name(self.name.data or "")
        except Refused as refusal:
            wrong[self.name] = str(refusal)
        born = self.birth_date.data
        try:
            if born is None:
                raise Refused(_("请填出生日期，比如 2021-05-03。"))
            check_born(born, clock.today())
        except Refused as refusal:
            wrong[self.birth_date] = str(refusal)
        if self.sex.data not in set(Sex):
            wrong[self.sex] = _("请选“女”或“男”。")
        return wrong

    def newcomer(self) -> dict[str, Any] | None:
        """Return the newcomer's facts for the actions, or None; call it after check()."""
        if not self.is_new:
            return None
        return {
            "name": self.name.data,
            "birth_date": self.birth_date.data,
            "sex": Sex(self.sex.data),
        }


class Lines(FieldList):  # type: ignore[type-arg]  # it takes none when the program runs
    """A list of lines, numbered by ASCII digits: `²` and 5,000 digits are no number of a line."""

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        start = f"{prefix}-"
        for name in formdata:
            if name.startswith(start):
                index = name[len(start) :].partition("-")[0]
                if re.fullmatch(r"[0-9]{1,3}", index):
                    yield int(index)


class GroupForm(FlaskForm):
    """The lines of one list; `batch` makes a line that is sent again known."""

    batch = HiddenField()
    lines = Lines(FormField(LineForm), max_entries=MOST_LINES)

    def __init__(self, **given: Any) -> None:
        super().__init__(prefix=PREFIX, **given)
        if not is_batch(self.batch.data or ""):
            self.batch.data = secrets.token_hex(12)

    @property
    def line_forms(self) -> list[LineForm]:
        return [entry.form for entry in self.lines]

    def key_of(self, place: int) -> str:
        """Return the request key of the line at this place, from 0."""
        return f"{self.batch.data}-{place}"


def is_batch(typed: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{24}", typed) is not None


def typed_of(entry: Entry, today: date) -> dict[str, Any]:
    """Return what the form of a line begins with."""
    born = entry.age.birth_date(today) if entry.age else None
    is_estimate = born is not None and entry.age is not None and entry.age.born is None
    return {
        "source": entry.text,
        "doubts": " ".join(sorted(entry.doubts)),
        "estimate": born.isoformat() if born and is_estimate else "",
        "name": entry.name,
        "birth_date": born,
        "sex": entry.sex,
        "phone": text.phone(entry.phones[0]) if entry.phones else entry.odd_number,
    }
