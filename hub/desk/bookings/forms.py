"""The forms to cancel or move a booking."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    RadioField,
)
from wtforms.validators import InputRequired


class CancellationForm(FlaskForm):
    """Confirms, and says whether all that was booked together is cancelled."""

    together = BooleanField(_l("一起约的也都取消"))


class MoveForm(FlaskForm):
    """The slot to move to."""

    slot = RadioField(
        _l("改到哪一场"), coerce=int, validators=[InputRequired(_l("请选一场。"))], choices=[]
    )
