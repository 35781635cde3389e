"""The form that books."""

import secrets
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectMultipleField
from wtforms.validators import InputRequired, Length, ValidationError

from hub.families.models import Household


class PersonsField(SelectMultipleField):
    """Persons of the household; other ids are refused without saying whose they are."""

    def pre_validate(self, form: Any) -> None:
        known = {choice[0] for choice in self.choices or []}
        if not known.issuperset(self.data or []):
            raise ValidationError(_l("请选择您家里的人。"))


class BookingForm(FlaskForm):
    """The persons to book for, and the key by which a form that is sent twice is recognised.

    Without a household there is nobody to choose.
    """

    class Meta:
        csrf = False  # every POST needs a token anyway; pages for strangers must hold none

    person = PersonsField(
        _l("给谁预约"), coerce=int, validators=[InputRequired(_l("请选择给谁预约。"))]
    )
    request_key = HiddenField(validators=[Length(max=40)])  # with an account's id before it: 60

    def __init__(self, household: Household | None, **given: Any) -> None:
        super().__init__(**given)
        persons = household.persons if household else []
        self.person.choices = [(person.id, person.name) for person in persons]

    def new_key(self) -> None:
        """Give the form, when it is shown, a key that has not been sent yet."""
        self.request_key.data = secrets.token_urlsafe(16)
