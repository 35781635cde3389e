"""The forms to cancel or move a booking."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    RadioField,
    StringField,
)
from wtforms.validators import InputRequired, Length

from hub.desk.forms import ONE_LINE
from hub.text import one_line


class CancellationForm(FlaskForm):
    """Confirms, and says whether all that was booked together is cancelled."""

    together = BooleanField(_l("一起约的也都取消"))


class MoveForm(FlaskForm):
    """The slot to move to, and why those who wait there are passed, if anybody is."""

    slot = RadioField(
        _l("改到哪一场"), coerce=int, validators=[InputRequired(_l("请选一场。"))], choices=[]
    )
    reason = StringField(
        _l("那一场有人候补时，写一句原因"),
        [Length(max=200, message=_l("原因请写短一点。"))],
        filters=[lambda typed: one_line(typed or "")],
        render_kw=ONE_LINE,
    )
