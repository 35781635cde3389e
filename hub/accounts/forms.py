"""The forms to sign in."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField, TelField
from wtforms.validators import InputRequired, Length, ValidationError

from hub.accounts.codes import read_code
from hub.accounts.phones import normalise


class PhoneField(TelField):
    """A mobile number; `number` is the form in which it is stored."""

    number = ""

    def pre_validate(self, form: Any) -> None:
        try:
            self.number = normalise(self.data or "")
        except ValueError:
            raise ValidationError(
                _l("请填能收短信的手机号，比如 138 0013 8000。境外号码前面请加 + 和国家代码。")
            ) from None


class PhoneForm(FlaskForm):
    """The phone to sign in with; `next` is the page to go to afterwards."""

    next = HiddenField()
    phone = PhoneField(
        _l("手机号"),
        [InputRequired(_l("请填手机号。"))],
        render_kw={"autocomplete": "tel", "inputmode": "tel", "maxlength": 30},
    )


class CodeForm(FlaskForm):
    """The six digits; `code_read` is what was understood of what was typed."""

    code = StringField(
        _l("6 位验证码"),
        [InputRequired(_l("请填短信里的 6 位数字。"))],
        render_kw={
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "pattern": "[0-9０-９ ]*",
            "maxlength": 12,
        },
    )
    code_read = ""

    def validate_code(self, field: StringField) -> None:
        self.code_read = read_code(field.data or "")
        if not self.code_read:
            raise ValidationError(_l("验证码是短信里的 6 位数字，请再看一下。"))


class PasswordForm(PhoneForm):
    """Phone and password of the staff."""

    password = PasswordField(
        _l("密码"),
        [InputRequired(_l("请填密码。")), Length(max=200)],
        render_kw={"autocomplete": "current-password"},
    )
