"""A slot as a poster for the wall of the house, with a code that leads to its page."""

from flask import Blueprint, Response, abort

from hub import clock
from hub.db import db
from hub.timetable.models import Slot
from hub.timetable.queries import slots_with_everything
from hub.web.addresses import public_url
from hub.web.htmx import page
from hub.web.qr import qr
from hub.web.security import Admits, open_to

blueprint = Blueprint("posters", __name__)


@blueprint.get("/slots/<int:slot_id>/poster")
@open_to(Admits.EVERYONE)
def show_poster(slot_id: int) -> Response:
    slot = db.session.scalar(slots_with_everything().where(Slot.id == slot_id)) or abort(404)
    link = public_url("slots.show_slot", slot_id=slot.id)
    return page(
        "timetable/sharing/poster.html",
        slot=slot,
        qr=qr(link),
        typed=link.removeprefix("https://").removeprefix("http://"),
        fullness=_fullness(slot),
        is_over=slot.ends_at <= clock.now(),
    )


def _fullness(slot: Slot) -> int:
    """Return how full the poster is, 0 to 2: with 0 there is room for the summary.

    With 2 the facts are small: however long its words are, a poster is one sheet.
    """
    series = slot.series.name if slot.series else ""
    words = len(f"{slot.centre.name}{slot.room.name}{slot.centre.address}{series}")
    if words > 120:
        return 2
    return 1 if words > 40 or len(slot.activity.title) > 30 or not slot.is_open else 0
