"""The form to correct a person."""

from hub.desk.forms import ReasonForm
from hub.families.forms import PersonForm


class CorrectionForm(PersonForm, ReasonForm):
    """The person's facts, and how the staff knows that they are these."""
