"""When the places of a slot may be changed."""

from datetime import datetime
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub.refusals import Refused

if TYPE_CHECKING:
    from hub.timetable.models import Slot


def check_may_change(slot: "Slot", now: datetime) -> None:
    """Refuse to change the places of a slot that is called off or over."""
    if not slot.is_open:
        raise Refused(_("这一场已经停办了。"))
    if now >= slot.ends_at:
        raise Refused(_("这一场已经结束了，不能再改。"))
