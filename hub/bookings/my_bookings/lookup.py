"""Look a booking up by phone and number, for those who cannot or need not sign in.

It names nobody, and says the same of a wrong phone as of a number that does not exist.
"""

from datetime import timedelta

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from hub import clock
from hub.bookings.my_bookings import queries as my_queries
from hub.bookings.my_bookings.forms import LookupForm
from hub.bookings.state_labels import state_label
from hub.bookings.waiting_list import queries as waiting_list_queries
from hub.db import transaction
from hub.limits import count_use, delete_old_counts
from hub.web.htmx import page
from hub.web.security import Admits, open_to

HOUR = timedelta(hours=1)
# Anxious people ask some times; somebody who knows only the phone must guess nine digits.
QUESTIONS_PER_PHONE_AND_HOUR = 20
# Everybody in WeChat, or in a centre's wireless network, may come from one address.
QUESTIONS_PER_ADDRESS_AND_HOUR = 200

blueprint = Blueprint("lookup", __name__)


@blueprint.get("/booked")
@open_to(Admits.EVERYONE)
def show_lookup() -> ResponseReturnValue:
    return _lookup_page(LookupForm(formdata=None))


@blueprint.post("/booked")
@open_to(Admits.EVERYONE)
def look_up() -> ResponseReturnValue:
    """Answer on this very page: an address with numbers in it would be kept and passed on."""
    form = LookupForm()
    if not form.validate():
        return _lookup_page(form, 422)
    with transaction():
        may_ask = _may_ask(form.phone.number)
    if not may_ask:
        form.form_errors.append(_("查的次数太多了。请过一个小时再查，或登录后看“我的预约”。"))
        return _lookup_page(form, 429)
    now = clock.now()
    booking = my_queries.booked_with(form.phone.number, form.number_read)
    if booking is None:
        form.form_errors.append(
            _("没有查到。请核对手机号和预约号；没有预约号的话，登录后看“我的预约”最准。")
        )
        return _lookup_page(form, 422)
    return page(
        "bookings/my_bookings/lookup.html",
        form=form,
        booking=booking,
        shown=state_label(
            booking,
            now,
            position=waiting_list_queries.positions([booking]).get(booking.id),
            offer=waiting_list_queries.open_offers([booking]).get(booking.party),
        ),
    )


def _lookup_page(form: LookupForm, status: int = 200) -> ResponseReturnValue:
    return page("bookings/my_bookings/lookup.html", status, form=form, booking=None)


def _may_ask(phone: str) -> bool:
    """Count this question; the address first, so that it cannot use up further phones' counts."""
    address = request.remote_addr or ""
    per_address = QUESTIONS_PER_ADDRESS_AND_HOUR
    delete_old_counts()
    return count_use("booked_address", address, most=per_address, window=HOUR) and count_use(
        "booked_phone", phone, most=QUESTIONS_PER_PHONE_AND_HOUR, window=HOUR
    )
