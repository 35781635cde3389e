"""The forms of feedback: glad or not, then a word."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import AnyOf, Length

from hub.text import one_line

LONGEST_WORD = 200


class FeedbackForm(FlaskForm):
    """Glad or not: one of two buttons."""

    glad = StringField(validators=[AnyOf(["y", "n"])])


class WordForm(FlaskForm):
    """A word about the slot, and whether the centre may call."""

    word = TextAreaField(
        _l("想多说一句吗？"),
        [Length(max=LONGEST_WORD, message=_l("请写短一点，最多 200 个字。"))],
        filters=[lambda typed: one_line(typed or "")],
        render_kw={"rows": 3, "maxlength": LONGEST_WORD, "autocomplete": "off"},
    )
    may_call = BooleanField(_l("可以打电话给我，问问是怎么回事"))
