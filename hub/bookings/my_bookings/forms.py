"""The forms to cancel a booking, to move it, and to look one up."""

import unicodedata

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from hub.accounts.forms import PhoneField
from hub.bookings.numbers import is_number

LONGEST_ID = 18  # digits that both databases can hold


def _id_typed(typed: str | None) -> int:
    """Return the id that was typed, or 0 for what can be no id."""
    is_id = typed and typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_ID
    return int(typed or 0) if is_id else 0


class CancellationForm(FlaskForm):
    """Whether all bookings of the party are cancelled, or only this one."""

    which = RadioField(_l("取消哪些"), choices=[], validate_choice=False, default="one")


class MovingForm(FlaskForm):
    """The slot to move to; whether that slot is possible is asked of the rules."""

    slot = RadioField(
        _l("改到哪一场"),
        [InputRequired(_l("请选择改到哪一场。")), NumberRange(1, None, _l("请选择改到哪一场。"))],
        coerce=_id_typed,
        choices=[],
        validate_choice=False,
    )


class LookupForm(FlaskForm):
    """A phone and a booking's number; `number_read` holds the digits that were understood."""

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
