"""The manager's pages to change a slot's places or call it off."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import saved_form
from hub.actor import Channel
from hub.bookings.models import Booking
from hub.bookings.slot_changes.actions import call_off, change_capacity, holders
from hub.desk.access import for_managers, managed_slot
from hub.desk.forms import ReasonForm
from hub.desk.read_log import with_read_recorded
from hub.desk.slot_changes import actions
from hub.desk.slot_changes.forms import CapacityForm
from hub.desk.slot_changes.queries import families_told
from hub.desk.slot_changes.rules import check_may_change
from hub.timetable.models import Slot
from hub.web.attempt import attempt
from hub.web.htmx import page
from hub.web.security import acting

blueprint = Blueprint("slot_changes", __name__)


@blueprint.get("/desk/slots/<int:slot_id>/capacity")
@for_managers
def show_capacity(slot_id: int) -> Response:
    slot = managed_slot(current_user, slot_id)
    form = CapacityForm(formdata=saved_form(request.path), data={"capacity": slot.capacity})
    return _capacity_page(slot, form)


@blueprint.post("/desk/slots/<int:slot_id>/capacity")
@for_managers
def change_capacity_of(slot_id: int) -> ResponseReturnValue:
    """Change the capacity; where too few places are left, the page asks who waits instead."""
    managed_slot(current_user, slot_id)
    form = CapacityForm()

    def act() -> Slot:
        slot = managed_slot(current_user, slot_id)
        check_may_change(slot, clock.now())
        chosen = set(form.to_waiting_list.data or [])
        to_waiting_list = [one for one in holders(slot) if one.number in chosen]
        capacity, by = form.capacity.data or 0, acting(Channel.DESK)
        change_capacity(slot, capacity, by, to_waiting_list=to_waiting_list)
        return slot

    changed = attempt(act, form, beside=form.capacity)
    if changed.is_done:
        flash(_("改好了，现在一共 %(capacity)s 个名额。", capacity=changed.result.capacity))
        return redirect(url_for("desk.slots.show", slot_id=slot_id), 303)
    slot = managed_slot(current_user, slot_id)
    too_few = changed.refusal and slot.taken > (form.capacity.data or 0)
    return _capacity_page(slot, form, list(holders(slot)) if too_few else [], 422)


@blueprint.post("/desk/slots/<int:slot_id>/desk-places")
@for_managers
def open_desk_places(slot_id: int) -> ResponseReturnValue:
    def act() -> None:
        slot = managed_slot(current_user, slot_id)
        actions.open_desk_places_now(slot, by=acting(Channel.DESK))

    opened = attempt(act)
    if opened.refusal:
        slot = managed_slot(current_user, slot_id)
        form = CapacityForm(formdata=None, data={"capacity": slot.capacity})
        form.form_errors.append(str(opened.refusal))
        return _capacity_page(slot, form, status=422)
    flash(_("前台留的名额放开了，候补的人先得。"))
    return redirect(url_for("desk.slots.show", slot_id=slot_id), 303)


@blueprint.get("/desk/slots/<int:slot_id>/calling-off")
@for_managers
def show_calling_off(slot_id: int) -> Response:
    form = ReasonForm(formdata=saved_form(request.path))
    return _calling_off_page(managed_slot(current_user, slot_id), form)


@blueprint.post("/desk/slots/<int:slot_id>/calling-off")
@for_managers
def call_slot_off(slot_id: int) -> ResponseReturnValue:
    managed_slot(current_user, slot_id)
    form = ReasonForm()

    def act() -> int:
        slot = managed_slot(current_user, slot_id)
        check_may_change(slot, clock.now())
        families, _persons = families_told(slot)
        call_off(slot, form.reason.data or "", by=acting(Channel.DESK))
        return families

    called_off = attempt(act, form)
    if not called_off.is_done:
        return _calling_off_page(managed_slot(current_user, slot_id), form, 422)
    told = ngettext("已经通知 %(num)s 家。", "已经通知 %(num)s 家。", called_off.result)
    flash(_("这一场停办了。%(told)s", told=told))
    return redirect(url_for("desk.slots.show", slot_id=slot_id), 303)


def _capacity_page(
    slot: Slot, form: CapacityForm, asked: list[Booking] | None = None, status: int = 200
) -> Response:
    """Write the page; `asked` are the bookings to choose from, the last made first."""
    asked = asked or []
    chosen = set(form.to_waiting_list.data or [])
    shown = page(
        "desk/slot_changes/capacity.html", status, slot=slot, form=form, asked=asked, chosen=chosen
    )
    return with_read_recorded(shown, "slot", slot.id, sum(one.person is not None for one in asked))


def _calling_off_page(slot: Slot, form: ReasonForm, status: int = 200) -> Response:
    families, persons = families_told(slot)
    return page(
        "desk/slot_changes/calling_off.html",
        status,
        slot=slot,
        form=form,
        families=families,
        persons=persons,
    )
