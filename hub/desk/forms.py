"""Forms that several rooms of the desk share."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    StringField,
)
from wtforms.validators import DataRequired, Length

from hub.text import one_line

ONE_LINE = {"maxlength": 200, "autocomplete": "off"}


def _tidy(typed: str | None) -> str:
    return one_line(typed or "")


class ActForm(FlaskForm):
    """Confirms an act."""


class ReasonForm(FlaskForm):
    """A reason: it is kept, and the centre's manager reads it."""

    reason = StringField(
        _l("原因"),
        [DataRequired(_l("请写一句原因。")), Length(max=200, message=_l("原因请写短一点。"))],
        filters=[_tidy],
        render_kw=ONE_LINE,
    )
