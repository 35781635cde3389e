"""The public number of a draw and its source."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, InputRequired, Length

from hub.text import one_line


class NumberForm(FlaskForm):
    """A number that nobody could know before, and where everybody can look it up."""

    number = StringField(
        _l("公开数字"),
        validators=[
            InputRequired(_l("请写公开数字。")),
            Length(max=60, message=_l("数字太长了。")),
        ],
    )
    source = StringField(
        _l("出处"),
        validators=[
            DataRequired(_l("请写这个数字是哪里来的，好让大家去查。")),
            Length(max=200, message=_l("请写短一点。")),
        ],
        filters=[lambda typed: one_line(typed or "")],
    )
