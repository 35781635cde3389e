"""The forms to book for a family: its phone, then the persons."""

import secrets
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    RadioField,
    SelectMultipleField,
    StringField,
    widgets,
)
from wtforms.validators import InputRequired, Length

from hub.accounts.forms import PhoneField
from hub.accounts.phones import normalise
from hub.actor import Channel
from hub.desk.forms import ONE_LINE
from hub.text import one_line


class HouseholdForm(FlaskForm):
    """A guardian's phone, and whether they came or rang."""

    phone = PhoneField(
        _l("手机号"),
        [InputRequired(_l("请填手机号。"))],
        render_kw={"autocomplete": "off", "inputmode": "tel", "maxlength": 30},
    )
    channel = RadioField(
        _l("怎么来的"),
        default=Channel.DESK.value,
        validators=[InputRequired(_l("请选一样。"))],
    )

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.channel.choices = {Channel.DESK.value: _("到前台"), Channel.PHONE.value: _("打电话")}


class CounterForm(FlaskForm):
    """The persons to book for; the phone goes along, as the proof of the family."""

    phone = HiddenField()
    channel = HiddenField()
    persons = SelectMultipleField(
        _l("给谁预约"),
        coerce=int,
        choices=[],
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
    )
    request_key = HiddenField(validators=[Length(max=40)])  # with an account's id before it: 60
    namesake_reason = StringField(
        _l("确实是两个孩子的话，写一句怎么知道的"),
        [Length(max=200, message=_l("原因请写短一点。"))],
        filters=[lambda typed: one_line(typed or "")],
        render_kw=ONE_LINE,
    )

    @property
    def number(self) -> str:
        """The phone as it is stored; empty if it is none."""
        try:
            return normalise(self.phone.data or "")
        except ValueError:
            return ""

    def validate_channel(self, field: HiddenField) -> None:
        if field.data not in {Channel.DESK, Channel.PHONE}:
            field.data = Channel.DESK.value

    def offer(self, persons: list[Any]) -> None:
        self.persons.choices = [(person.id, person.name) for person in persons]

    def new_key(self) -> None:
        self.request_key.data = secrets.token_urlsafe(16)
