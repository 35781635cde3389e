"""The form to verify a priority, and the groups that have one."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    RadioField,
)
from wtforms.validators import InputRequired

# Groups with priority in draws. Configuration, as 妇联 and the centres name them: the name as it is
# stored, and as it is shown. Persons who are verified already keep the old name.
PRIORITY_GROUPS = {
    "留守儿童": _l("留守儿童"),
    "困境儿童": _l("困境儿童"),
    "双职工家庭": _l("双职工家庭"),
    "新市民家庭": _l("新市民家庭"),
    "灵活就业家庭": _l("灵活就业家庭"),
    "残疾人家庭": _l("残疾人家庭"),
}


class PriorityForm(FlaskForm):
    """The group that the proof shows."""

    group = RadioField(_l("属于哪一类"), validators=[InputRequired(_l("请选一类。"))])

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.group.choices = {group: str(said) for group, said in PRIORITY_GROUPS.items()}
