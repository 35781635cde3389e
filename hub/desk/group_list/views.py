"""接龙: the list of a slot for a chat group, and what the group wrote, made into bookings.

What is pasted goes back to the browser with the page that shows it and is stored nowhere. Each
line is booked in a transaction of its own, in the order of the list: a refusal to one family
undoes nothing of another's, and each holds locks only of its own household. The key of a line
makes it one booking, however often the list is sent.
"""

from collections.abc import Sequence
from functools import partial

from flask import Blueprint, Response, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from hub import clock
from hub.actor import Channel
from hub.bookings.models import Booking
from hub.bookings.rules import check_window
from hub.bookings.waiting_list.queries import positions
from hub.db import transaction
from hub.desk.access import for_desk, my_slot
from hub.desk.family_bookings import actions
from hub.desk.family_bookings.views import book_for
from hub.desk.group_list.forms import GroupForm, PasteForm, is_batch, typed_of
from hub.desk.group_list.parsing import MOST_LINES, Entry, read_list
from hub.desk.group_list.preview import Line, Preview, preview_of
from hub.desk.group_list.queries import booked_with_keys, note_looks
from hub.desk.group_list.text import group_text
from hub.desk.read_log import with_read_recorded
from hub.desk.roster.queries import rosters_of
from hub.refusals import Refused, refusal_of
from hub.timetable.models import Slot
from hub.web.addresses import public_url
from hub.web.attempt import attempt
from hub.web.htmx import page
from hub.web.security import acting

blueprint = Blueprint("group_list", __name__)


@blueprint.get("/desk/slots/<int:slot_id>/group-list")
@for_desk
def show(slot_id: int) -> Response:
    return _list_page(slot_id, PasteForm(formdata=None))


@blueprint.post("/desk/slots/<int:slot_id>/group-list")
@for_desk
def read(slot_id: int) -> Response:
    """Show what was pasted, line by line; nothing is booked yet."""
    my_slot(current_user, slot_id)
    paste = PasteForm()
    if not paste.validate():
        return _list_page(slot_id, paste, 422)
    today = clock.today()
    found = read_list(paste.pasted.data or "", today)
    wrong = _wrong_number(found.entries)
    if wrong:
        paste.pasted.errors = [wrong]
        return _list_page(slot_id, paste, 422)
    typed = [typed_of(entry, today) for entry in found.entries]
    group = GroupForm(formdata=None, data={"lines": typed})
    looked_up = _look_up(slot_id, group, found.entries)
    if isinstance(looked_up, Refused):
        paste.form_errors.append(str(looked_up))
        return _list_page(slot_id, paste, 422)
    return _preview_page(slot_id, group, looked_up, others=found.others)


@blueprint.post("/desk/slots/<int:slot_id>/group-lines")
@for_desk
def check(slot_id: int) -> Response:
    """Show the same lines again, as they were corrected."""
    my_slot(current_user, slot_id)
    group = GroupForm()
    looked_up = _look_up(slot_id, group)
    if isinstance(looked_up, Refused):
        return _refused(slot_id, group, looked_up)
    return _preview_page(slot_id, group, looked_up)


@blueprint.post("/desk/slots/<int:slot_id>/group-bookings")
@for_desk
def book(slot_id: int) -> ResponseReturnValue:
    """Book the ticked lines.

    While a ticked line lacks something nobody is booked, so that the order of the list stays the
    order of the places.
    """
    my_slot(current_user, slot_id)
    group = GroupForm()
    preview = _look_up(slot_id, group)
    if isinstance(preview, Refused):
        return _refused(slot_id, group, preview)
    complete = [line.form.check() for line in preview.ticked]
    if not all(complete):
        group.form_errors.append(_("还没有约：有勾上的没填完，请补上，或者先不勾。"))
        return _preview_page(slot_id, group, preview, 422)
    if not (preview.ticked or preview.booked):
        group.form_errors.append(_("还没有约：请先勾上要约的。"))
        return _preview_page(slot_id, group, preview, 422)
    refused = {
        place: reason
        for place, line in enumerate(preview.lines)
        if line.is_ticked and (reason := _book(slot_id, line, group.key_of(place)))
    }
    if not refused:
        left = sum(not (line.form.take.data or line.booking) for line in preview.lines)
        _say_done(left)
        to = url_for("desk.group_list.show_booked", slot_id=slot_id, batch=group.batch.data)
        return redirect(to, 303)
    preview = preview_of(group, my_slot(current_user, slot_id), current_user)
    for place, reason in refused.items():
        preview.lines[place].refusal = reason
    group.form_errors.append(
        _("%(count)s 位没有约上，原因写在下面。约上了的不会再约一次。", count=len(refused))
    )
    return _preview_page(slot_id, group, preview, 422)


@blueprint.get("/desk/slots/<int:slot_id>/group-bookings/<batch>")
@for_desk
def show_booked(slot_id: int, batch: str) -> Response:
    """Show what became of the list that this account sent, line by line."""
    slot = my_slot(current_user, slot_id)
    keys = [f"{batch}-{place}" for place in range(MOST_LINES)] if is_batch(batch) else []
    found = booked_with_keys(current_user, keys)
    booked = {place: found[key] for place, key in enumerate(keys, start=1) if key in found}
    if not booked:
        abort(404)
    turns = positions(list(booked.values()))
    shown = page("desk/group_list/booked.html", slot=slot, booked=booked, positions=turns)
    return with_read_recorded(shown, "slot", slot_id, len(booked))


def _look_up(
    slot_id: int, group: GroupForm, entries: list[Entry] | None = None
) -> Preview | Refused:
    """Count the families of the list, then return the preview; past the limit, the refusal."""
    phones = {line.number for line in group.line_forms} - {""}
    counted = attempt(lambda: actions.count_group_lookups(current_user.id, phones))
    if counted.refusal:
        return counted.refusal
    return preview_of(group, my_slot(current_user, slot_id), current_user, entries or ())


def _book(slot_id: int, line: Line, key: str) -> str:
    """Book one line in a transaction of its own; return why not, or nothing."""
    form = line.form

    def act() -> Booking:
        return book_for(
            slot_id,
            form.number,
            [] if form.is_new else [int(form.person.data)],
            form.newcomer(),
            by=acting(Channel.GROUP, key),
            is_estimate=form.is_new and form.is_estimate,
        )

    try:
        return str(attempt(act).refusal or "")
    except IntegrityError:  # somebody was quicker than a rule: the other lines must not suffer
        return _("刚才有人同时在约，这一位没有约上。请再按一次。")


def _wrong_number(entries: list[Entry]) -> str:
    if not entries:
        return _("没看出有人报名。每一行请有姓名和手机号，比如：1. 张小明 5岁 138 0013 8000")
    if len(entries) > MOST_LINES:
        return _("太多了：一次最多约 100 位，请分几次贴。")
    return ""


def _say_done(left: int) -> None:
    if left:
        flash(_("办好了，已经通知各家。没有勾的 %(left)s 位没有约。", left=left))
    else:
        flash(_("办好了，已经通知各家。"))


def _list_page(slot_id: int, form: PasteForm, status: int = 200) -> Response:
    slot = my_slot(current_user, slot_id)
    roster = rosters_of([slot])[slot.id]
    link = public_url("slots.show_slot", slot_id=slot.id)
    shown = page(
        "desk/group_list/group_list.html",
        status,
        slot=slot,
        form=form,
        words=group_text(slot, roster, link),
        closed=_closed(slot),
    )
    return with_read_recorded(shown, "slot", slot_id, len(roster.confirmed) + len(roster.waiting))


def _refused(slot_id: int, group: GroupForm, refusal: Refused) -> Response:
    """Write the lines as they were sent, and nothing of the families."""
    group.form_errors.append(str(refusal))
    preview = preview_of(group, my_slot(current_user, slot_id), current_user, looks=False)
    return _preview_page(slot_id, group, preview, 422)


def _preview_page(
    slot_id: int, group: GroupForm, preview: Preview, status: int = 200, others: Sequence[str] = ()
) -> Response:
    slot = my_slot(current_user, slot_id)
    shown = page(
        "desk/group_list/preview.html",
        status,
        slot=slot,
        group=group,
        preview=preview,
        positions=positions(preview.booked),
        closed=_closed(slot),
        others=others,
    )
    with transaction():
        note_looks(preview.households, current_user.id)
    return shown


def _closed(slot: Slot) -> Refused | None:
    """Return why nobody can be booked here now, or None."""
    return refusal_of(partial(check_window, by_staff=True), slot, clock.now())
