"""What people fill in to book, to cancel, to move, and to ask what became of a booking."""

import secrets
import unicodedata
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from hub.accounts.forms import PhoneField
from hub.bookings.numbers import is_number
from hub.families.models import Household

LONGEST_ID = 18  # digits that both databases can hold


def _id_typed(typed: str | None) -> int:
    """What stands for a row; 0 for what can be none."""
    is_id = typed and typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_ID
    return int(typed or 0) if is_id else 0


class PersonsField(SelectMultipleField):
    """Persons of the household; whoever is none of them is refused without saying who it is."""

    def pre_validate(self, form: Any) -> None:
        known = {choice[0] for choice in self.choices or []}
        if not known.issuperset(self.data or []):
            raise ValidationError(_l("请选择您家里的人。"))


class BookingForm(FlaskForm):
    """Whom the places are for, and the key by which a form sent twice is known.

    Without a household there is nobody to choose.
    """

    class Meta:
        csrf = False  # every POST is asked for its token anyway; a stranger's page is to have none

    person = PersonsField(
        _l("给谁预约"), coerce=int, validators=[InputRequired(_l("请选择给谁预约。"))]
    )
    request_key = HiddenField(validators=[Length(max=60)])

    def __init__(self, household: Household | None, **given: Any) -> None:
        super().__init__(**given)
        persons = household.persons if household else []
        self.person.choices = [(person.id, person.name) for person in persons]

    def new_key(self) -> None:
        """Make the form, when it is shown, one that has not been sent yet."""
        self.request_key.data = secrets.token_urlsafe(16)


class CancellationForm(FlaskForm):
    """Whether those who were booked together are all cancelled, or only this one."""

    which = RadioField(_l("取消哪些"), choices=[], validate_choice=False, default="one")


class MovingForm(FlaskForm):
    """The slot to move to; whether it may be that one is asked of the rules."""

    slot = RadioField(
        _l("改到哪一场"),
        [InputRequired(_l("请选择改到哪一场。")), NumberRange(1, None, _l("请选择改到哪一场。"))],
        coerce=_id_typed,
        choices=[],
        validate_choice=False,
    )


class LookupForm(FlaskForm):
    """A phone and a booking's number; `number_read` is what was understood of what was typed."""

    phone = PhoneField(
        _l("预约时用的手机号"),
        [InputRequired(_l("请填手机号。"))],
        render_kw={"autocomplete": "tel", "inputmode": "tel", "maxlength": 30},
    )
    number = StringField(
        _l("预约号"),
        [InputRequired(_l("请填预约号。")), Length(max=30)],
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": 20},
    )
    number_read = ""

    def validate_number(self, field: StringField) -> None:
        typed = unicodedata.normalize("NFKC", (field.data or "")[:30])
        self.number_read = "".join(typed.replace("-", "").split())
        if not is_number(self.number_read):
            raise ValidationError(_l("预约号是 10 位数字，请对着短信或预约页再看一下。"))
