"""What the manager of a centre changes about a slot: its places, and whether it takes place."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import saved_form
from hub.actor import Actor, Channel
from hub.bookings.models import Booking
from hub.bookings.slot_changes.actions import call_off, change_capacity, holders
from hub.db import transaction
from hub.desk.access import managed_slot
from hub.desk.forms import ReasonForm
from hub.desk.read_log import with_read_recorded
from hub.desk.slot_changes import actions
from hub.desk.slot_changes.forms import CapacityForm
from hub.desk.slot_changes.queries import families_told
from hub.desk.slot_changes.rules import check_may_change
from hub.refusals import Refused
from hub.timetable.models import Slot
from hub.web.pages import page
from hub.web.security import Admits, acting, open_to

blueprint = Blueprint("slot_changes", __name__)


@blueprint.get("/desk/slots/<int:slot_id>/capacity")
@open_to(Admits.MANAGER)
def show_capacity(slot_id: int) -> Response:
    slot = managed_slot(current_user, slot_id)
    form = CapacityForm(formdata=saved_form(request.path), data={"capacity": slot.capacity})
    return _capacity_page(slot, form)


@blueprint.post("/desk/slots/<int:slot_id>/capacity")
@open_to(Admits.MANAGER)
def change_capacity_of(slot_id: int) -> ResponseReturnValue:
    """More places serve the line; too few of them, and the page asks who waits instead."""
    slot, form = managed_slot(current_user, slot_id), CapacityForm()
    asked: list[Booking] = []
    if form.validate():
        try:
            with transaction():
                slot = managed_slot(current_user, slot_id)
                check_may_change(slot, clock.now())
                chosen = set(form.to_waiting_list.data or [])
                change_capacity(
                    slot,
                    form.capacity.data or 0,
                    by=acting(Channel.DESK),
                    to_waiting_list=[one for one in holders(slot) if one.number in chosen],
                )
        except Refused as refusal:
            form.capacity.errors = [str(refusal)]
            slot = managed_slot(current_user, slot_id)
            asked = list(holders(slot)) if slot.taken > (form.capacity.data or 0) else []
        else:
            flash(_("改好了，现在一共 %(capacity)s 个名额。", capacity=slot.capacity))
            return redirect(url_for("desk.slots.show", slot_id=slot_id), 303)
    return _capacity_page(slot, form, asked, 422)


@blueprint.post("/desk/slots/<int:slot_id>/desk-places")
@open_to(Admits.MANAGER)
def open_desk_places(slot_id: int) -> ResponseReturnValue:
    try:
        with transaction():
            slot = managed_slot(current_user, slot_id)
            actions.open_desk_places_now(slot, by=acting(Channel.DESK))
    except Refused as refusal:
        slot = managed_slot(current_user, slot_id)
        form = CapacityForm(formdata=None, data={"capacity": slot.capacity})
        form.form_errors.append(str(refusal))
        return _capacity_page(slot, form, status=422)
    flash(_("前台留的名额放开了，候补的人先得。"))
    return redirect(url_for("desk.slots.show", slot_id=slot_id), 303)


@blueprint.get("/desk/slots/<int:slot_id>/calling-off")
@open_to(Admits.MANAGER)
def show_calling_off(slot_id: int) -> Response:
    form = ReasonForm(formdata=saved_form(request.path))
    return _calling_off_page(managed_slot(current_user, slot_id), form)


@blueprint.post("/desk/slots/<int:slot_id>/calling-off")
@open_to(Admits.MANAGER)
def call_slot_off(slot_id: int) -> ResponseReturnValue:
    slot, form = managed_slot(current_user, slot_id), ReasonForm()
    if form.validate():
        try:
            with transaction():
                slot = managed_slot(current_user, slot_id)
                check_may_change(slot, clock.now())
                families, _persons = families_told(slot)
                reason, account_id = form.reason.data or "", current_user.id
                call_off(slot, reason, by=Actor(account_id, clock.now()))
        except Refused as refusal:
            form.form_errors.append(str(refusal))
        else:
            told = ngettext("已经通知 %(num)s 家。", "已经通知 %(num)s 家。", families)
            flash(_("这一场停办了。%(told)s", told=told))
            return redirect(url_for("desk.slots.show", slot_id=slot_id), 303)
    return _calling_off_page(managed_slot(current_user, slot_id), form, 422)


def _capacity_page(
    slot: Slot, form: CapacityForm, asked: list[Booking] | None = None, status: int = 200
) -> Response:
    """`asked` are those among whom the manager must choose, the last who came first."""
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
