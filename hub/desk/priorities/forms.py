"""Which group a person belongs to."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    RadioField,
)
from wtforms.validators import InputRequired

# Who goes first in a draw. Configuration: as 妇联 and the centres name them, written as they are
# kept, and beside it as they are shown; whoever is verified already keeps the old name.
PRIORITY_GROUPS = {
    "留守儿童": _l("留守儿童"),
    "困境儿童": _l("困境儿童"),
    "双职工家庭": _l("双职工家庭"),
    "新市民家庭": _l("新市民家庭"),
    "灵活就业家庭": _l("灵活就业家庭"),
    "残疾人家庭": _l("残疾人家庭"),
}


class PriorityForm(FlaskForm):
    """What the proof that was shown says."""

    group = RadioField(_l("属于哪一类"), validators=[InputRequired(_l("请选一类。"))])

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.group.choices = {group: str(said) for group, said in PRIORITY_GROUPS.items()}
