"""What the desk fills in: reasons, how many places, whom to book for."""

import secrets
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    widgets,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from hub.accounts.forms import PhoneField
from hub.accounts.phones import normalise
from hub.bookings.models import Channel
from hub.desk.rules import PRIORITY_GROUPS
from hub.text import one_line

MOST_PLACES = 2000  # a square full of people
ONE_LINE = {"maxlength": 200, "autocomplete": "off"}


def _tidy(typed: str | None) -> str:
    return one_line(typed or "")


class ActForm(FlaskForm):
    """Yes, do it."""


class CancellationForm(FlaskForm):
    """Yes, and whether all that was booked together ends."""

    together = BooleanField(_l("一起约的也都取消"))


class ReasonForm(FlaskForm):
    """Why: it is kept, and the centre's manager reads it."""

    reason = StringField(
        _l("原因"),
        [DataRequired(_l("请写一句原因。")), Length(max=200, message=_l("原因请写短一点。"))],
        filters=[_tidy],
        render_kw=ONE_LINE,
    )


class CapacityForm(FlaskForm):
    """How many places there are from now on, and who waits instead where they are fewer."""

    capacity = IntegerField(
        _l("一共几个名额"),
        [
            InputRequired(_l("请写一个数字。")),
            NumberRange(0, MOST_PLACES, _l("请写 0 到 2000 之间的数字。")),
        ],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    to_line = SelectMultipleField(
        _l("谁转到候补"),
        choices=[],
        validate_choice=False,
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
    )


class MoveForm(FlaskForm):
    """To which slot."""

    slot = RadioField(
        _l("改到哪一场"), coerce=int, validators=[InputRequired(_l("请选一场。"))], choices=[]
    )


class PriorityForm(FlaskForm):
    """What the proof that was shown says."""

    group = RadioField(_l("属于哪一类"), validators=[InputRequired(_l("请选一类。"))])

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.group.choices = {group: str(said) for group, said in PRIORITY_GROUPS.items()}


class HouseholdForm(FlaskForm):
    """The phone of a guardian, and how she reached the desk."""

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
    """Who of the family the places are for; the phone goes along, as what proves the family."""

    phone = HiddenField()
    channel = HiddenField()
    persons = SelectMultipleField(
        _l("给谁预约"),
        coerce=int,
        choices=[],
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
    )
    request_key = HiddenField(validators=[Length(max=60)])

    @property
    def number(self) -> str:
        """The phone as it is kept; nothing where it is none."""
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
