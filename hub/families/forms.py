"""The form for a person of the household: name, birth date, and sex as the reports count it."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, StringField

from hub import clock
from hub.families.models import Person, Sex
from hub.families.rules import birth_date_of, tidy_name
from hub.refusals import Refused
from hub.web.addresses import safe_path


class PersonForm(FlaskForm):
    """One person. The birth date is eight digits on the number pad: no lists to open.

    And no calendar that opens on today, from which a grandmother would page back sixty years.
    """

    name = StringField(_l("姓名"))
    born = StringField(_l("出生日期"))
    sex = RadioField(_l("性别"), validate_choice=False)
    next = HiddenField()  # the page to go back to

    birth_date: date | None = None

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.next.data = safe_path(self.next.data, "")  # the page links to it
        self.sex.choices = {Sex.FEMALE.value: _("女"), Sex.MALE.value: _("男")}

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        try:
            self.name.data = tidy_name(self.name.data or "")
        except Refused as refusal:
            self.name.errors = [str(refusal)]
        try:
            self.birth_date = birth_date_of(self.born.data or "", clock.today())
        except Refused as refusal:
            self.born.errors = [str(refusal)]
        if self.sex.data not in set(Sex):
            self.sex.errors = [_("请选“女”或“男”。")]
        return bool(fine and not (self.name.errors or self.born.errors or self.sex.errors))

    def facts(self) -> dict[str, Any]:
        """Return what was entered, in the words of the actions; call it after validate()."""
        return {
            "name": self.name.data,
            "birth_date": self.birth_date,
            "sex": Sex(self.sex.data),
        }


def as_typed(person: Person) -> dict[str, str]:
    """Return the person's facts as the form shows them."""
    return {
        "name": person.name,
        "born": f"{person.birth_date:%Y%m%d}",
        "sex": person.sex.value,
    }
