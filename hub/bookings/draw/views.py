"""The public page of a draw, on which anybody can see that it is fair, and recompute it."""

from flask import Blueprint, Response, abort, make_response
from flask_login import current_user

from hub import clock
from hub.accounts.queries import RoleAtCentre
from hub.bookings.draw import queries
from hub.bookings.draw.models import Draw
from hub.bookings.draw.rules import (
    SCRIPT,
    SCRIPT_FILE,
    STEPS,
    as_csv,
    drawn_until,
    how,
    number_at,
    phase_of,
    seed_of,
)
from hub.bookings.queries import slot_or_404
from hub.catalogue.models import Admission
from hub.timetable.models import Slot
from hub.timetable.sharing import share
from hub.web.htmx import page, page_asked
from hub.web.security import Admits, open_to, same_for_strangers

blueprint = Blueprint("draws", __name__)


@blueprint.get("/slots/<int:slot_id>/draw")
@open_to(Admits.EVERYONE)
@same_for_strangers
def show_draw(slot_id: int) -> Response:
    """Show the draw. The page is not given the secret before the draw, so it cannot show it."""
    slot = _slot_with_draw(slot_id)
    draw = queries.draw_of(slot)
    together = queries.drawn_together(slot)
    held = [one for one in together if one.is_open] or together
    phase = phase_of(slot, draw, clock.now())
    is_listed = draw is not None and draw.frozen_at is not None
    page_number = page_asked()
    lines, has_more = queries.list_entries(draw, page_number) if draw and is_listed else ([], False)
    mine = (
        queries.my_list_entries(current_user, draw)
        if draw and is_listed and current_user.is_authenticated
        else []
    )
    entered, asked = (0, 0) if is_listed else queries.entered(held[0])
    return page(
        "bookings/draw/draw.html",
        slot=slot,
        share=share.of_draw(slot),
        dates=len(together),
        phase=phase.value,
        step=STEPS[phase],
        commitment=draw.commitment if draw else "",
        entered=entered,
        asked=asked,
        places=min(one.places_left for one in held)
        if draw is None or draw.places is None
        else draw.places,
        number_at=number_at(slot.entries_until) if slot.entries_until else None,
        drawn_until=drawn_until(held[0]),
        committed_at=draw.committed_at if draw else None,
        is_off=not any(one.is_open for one in together),
        lines=lines,
        mine=mine,
        page_number=page_number,
        has_more=has_more,
        how=how(slot.smaller_first),
        result=_result(slot, draw) if draw else None,
    )


@blueprint.get("/slots/<int:slot_id>/draw/list")
@open_to(Admits.EVERYONE)
@same_for_strangers
def show_list(slot_id: int) -> Response:
    """Return the frozen list as CSV, for a spreadsheet or the script: numbers only, no names."""
    draw = queries.draw_of(_slot_with_draw(slot_id))
    if draw is None or draw.frozen_at is None:
        abort(404)
    answer = make_response(as_csv(*queries.frozen_list(draw)))
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = "attachment; filename=list.csv"
    return answer


def _slot_with_draw(slot_id: int) -> Slot:
    slot = slot_or_404(slot_id)
    return slot if slot.admission is Admission.DRAW else abort(404)


def _result(slot: Slot, draw: Draw) -> dict[str, object] | None:
    """Return all inputs of the draw once its number is known; None before."""
    if draw.numbered_at is None and draw.drawn_at is None:
        return None
    role = queries.role_of_who_numbered(draw, slot.centre_id)
    typed_in: dict[str, object] = {
        "number": draw.public_number,
        "source": draw.public_source,
        "numbered_at": draw.numbered_at,
        "numbered_by": RoleAtCentre(role, None).label if role else "",
    }
    if draw.drawn_at is None:
        return typed_in
    inputs = draw.secret, draw.public_number, draw.places, slot.waiting_limit
    smaller = "yes" if slot.smaller_first else "no"
    return typed_in | {
        "secret": draw.secret,
        "seed": seed_of(draw.secret, draw.public_number),
        "drawn_at": draw.drawn_at,
        "groups": queries.groups(draw),
        "script": SCRIPT,
        "script_file": SCRIPT_FILE,
        "command": 'python3 recompute.py list.csv {} "{}" {} {} {}'.format(*inputs, smaller),
    }
