"""The public number of a draw and its source."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from hub.text import one_line


class NumberForm(FlaskForm):
    """A number that nobody could know before, typed twice, and where everybody can look it up."""

    number = StringField(
        _l("公开数字"),
        validators=[
            InputRequired(_l("请写公开数字。")),
            Length(max=60, message=_l("数字太长了。")),
        ],
    )
    again = StringField(
        _l("再写一遍公开数字"),
        validators=[
            InputRequired(_l("请再写一遍公开数字。")),
            EqualTo("number", message=_l("两次写的公开数字不一样，请对着开奖号码再看一遍。")),
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
