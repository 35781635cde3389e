"""What people fill in to book."""

import secrets

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField
from wtforms.validators import InputRequired, Length


class BookingForm(FlaskForm):
    """Who the place is for, and the key by which a form sent twice is known."""

    person = RadioField(
        _l("给谁预约"), coerce=int, validators=[InputRequired(_l("请选择给谁预约。"))]
    )
    request_key = HiddenField(validators=[Length(max=60)])

    def new_key(self) -> None:
        """Make the form, when it is shown, one that has not been sent yet."""
        self.request_key.data = secrets.token_urlsafe(16)
