"""The form for the number of places."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    IntegerField,
    SelectMultipleField,
    widgets,
)
from wtforms.validators import InputRequired, NumberRange, StopValidation

MOST_PLACES = 2000  # a square full of people
LONGEST_NUMBER = 9  # characters


def _is_short(_form: FlaskForm, field: IntegerField) -> None:
    """Stop at a number of very many digits, which NumberRange cannot compare."""
    if len((field.raw_data or [""])[0]) > LONGEST_NUMBER:
        raise StopValidation(_("请写 0 到 2000 之间的数字。"))


class CapacityForm(FlaskForm):
    """How many places there are from now on, and who waits instead if they are fewer."""

    capacity = IntegerField(
        _l("一共几个名额"),
        [
            InputRequired(_l("请写一个数字。")),
            _is_short,
            NumberRange(0, MOST_PLACES, _l("请写 0 到 2000 之间的数字。")),
        ],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    to_waiting_list = SelectMultipleField(
        _l("谁转到候补"),
        choices=[],
        validate_choice=False,
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
    )
