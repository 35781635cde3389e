"""The household's bookings: the list, the proof of one booking, and its cancellation."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.bookings import deadlines, queries, rules
from hub.bookings.feedback.actions import feedback_on
from hub.bookings.models import Booking, BookingState, Ending
from hub.bookings.my_bookings import queries as my_queries
from hub.bookings.my_bookings.forms import CancellationForm
from hub.bookings.numbers import is_number
from hub.bookings.party import dates_given_up, enrolment_of, in_cards
from hub.bookings.single_slot.actions import cancel_all
from hub.bookings.state_labels import state_label
from hub.bookings.waiting_list import queries as waiting_list_queries
from hub.bookings.waiting_list.models import Offer
from hub.notices.queries import latest_notices
from hub.refusals import Refused, refusal_of
from hub.web.addresses import public_url
from hub.web.attempt import attempt
from hub.web.htmx import page, page_asked
from hub.web.qr import qr
from hub.web.security import Admits, acting, open_to

blueprint = Blueprint("bookings", __name__)


@blueprint.get("/bookings")
@open_to(Admits.SIGNED_IN)
def my_bookings() -> ResponseReturnValue:
    now = clock.now()
    page_number = page_asked()
    coming = my_queries.coming_bookings(current_user, now) if page_number == 1 else []
    past, has_more = my_queries.past_bookings(current_user, now, page_number)
    positions = waiting_list_queries.positions(coming)
    offers = waiting_list_queries.open_offers(coming)
    return page(
        "bookings/my_bookings/my_bookings.html",
        coming=in_cards(coming, now),
        past=in_cards(past, now),
        page_number=page_number,
        has_more=has_more,
        offers=_by_offer(coming, offers, now),
        shown={
            booking.id: state_label(
                booking, now, position=positions.get(booking.id), offer=offers.get(booking.party)
            )
            for booking in [*coming, *past]
        },
        feedback=feedback_on(past, now),
        notices=latest_notices(current_user.id, now) if page_number == 1 else [],
    )


@blueprint.get("/bookings/<number>")
@open_to(Admits.SIGNED_IN)
def show_booking(number: str) -> ResponseReturnValue:
    """Show the proof. Staff of its centre who scan its code are led to the roster."""
    party = queries.my_party(current_user, number) if is_number(number) else []
    if party:
        return _booking_page(party[0], party[1:])
    if (
        current_user.is_staff
        and is_number(number)
        and (slot_id := my_queries.slot_id_of(current_user, number))
    ):
        anchor = f"booking-{number}"
        return redirect(url_for("desk.slots.show", slot_id=slot_id, _anchor=anchor), 303)
    return abort(404)


@blueprint.get("/bookings/<number>/cancellation")
@open_to(Admits.SIGNED_IN)
def show_cancellation(number: str) -> ResponseReturnValue:
    booking, *others = _my_party(number)
    if not booking.is_live:
        return redirect(url_for("bookings.show_booking", number=number), 303)
    return _cancellation_page(booking, others, CancellationForm(), _why_not_cancel(booking))


@blueprint.post("/bookings/<number>/cancellation")
@open_to(Admits.SIGNED_IN)
def cancel_booking(number: str) -> ResponseReturnValue:
    form, now = CancellationForm(), clock.now()

    def cancel() -> str:
        booking, *others = _my_party(number)
        held = booking.holds
        everybody = form.which.data == "all"
        together = dates_given_up(booking, [booking, *others], now, everybody=everybody)
        if not cancel_all(together, by=acting()):
            return ""  # it was over before, and the page says why
        if held:
            return _("已经取消，名额让给别人了。谢谢您早点告诉我们。")
        return _("好的，不再排了。")

    cancelled = attempt(cancel)
    if not cancelled.is_done:
        booking, *others = _my_party(number)
        return _cancellation_page(booking, others, form, cancelled.refusal, 422)
    if cancelled.result:
        flash(cancelled.result)
    return redirect(url_for("bookings.show_booking", number=number), 303)


def _by_offer(
    coming: Sequence[Booking], offers: Mapping[str, Offer], now: datetime
) -> list[tuple[Offer, list[Booking]]]:
    """Return each offer that can be answered with the bookings it holds places for."""
    return [
        (offer, [booking for booking in coming if booking.is_offered and booking.party == party])
        for party, offer in offers.items()
        if now < offer.until
    ]


def _booking_page(booking: Booking, others: Sequence[Booking]) -> ResponseReturnValue:
    now = clock.now()
    address = public_url("bookings.show_booking", number=booking.number)
    is_coming = booking.is_live and booking.ends_at > now
    position = waiting_list_queries.positions([booking]).get(booking.id)
    offer = waiting_list_queries.open_offers([booking]).get(booking.party)
    moved_to = my_queries.number_of(booking.moved_to_id) if booking.moved_to_id else None
    missed = booking.state is BookingState.NO_SHOW
    here = [other for other in others if other.slot_id == booking.slot_id]
    is_whole = booking.slot.is_of_whole
    enrolment = enrolment_of(booking, [booking, *others], now)
    certain = is_coming and booking.is_confirmed and booking.starts_at > now
    wants_another = booking.ending in {Ending.CALLED_OFF, Ending.EXPIRED, Ending.NOT_DRAWN}
    queues = is_coming and not booking.holds
    return page(
        "bookings/my_bookings/booking.html",
        booking=booking,
        beside=waiting_list_queries.turns_beside(booking) if certain else [],
        busy_with=waiting_list_queries.place_beside(booking) if queues else None,
        passed_by=waiting_list_queries.passed_by(booking) if queues else [],
        slot=booking.slot,
        others=here,
        others_shown={other.id: state_label(other, now) for other in here},
        enrolment=enrolment,
        shown=state_label(booking, now, position=position, offer=offer),
        offer=offer if offer and now < offer.until else None,
        moved_to=moved_to,
        is_excused=missed and my_queries.is_excused(booking),
        is_coming=is_coming,
        may_ask_leave=certain and is_whole,
        may_move=certain and not is_whole,
        why_not_cancel=_why_not_cancel(booking),
        cancel_terms=deadlines.cancel_terms(
            booking.slot, booking.made_at, is_whole=len(enrolment) > 1
        ),
        alternatives=queries.alternatives(booking.slot, now) if wants_another else [],
        feedback=feedback_on([booking], now),
        qr=qr(address),
    )


def _cancellation_page(
    booking: Booking,
    others: Sequence[Booking],
    form: CancellationForm,
    refusal: Refused | None,
    status: int = 200,
) -> ResponseReturnValue:
    now, party = clock.now(), [booking, *others]
    of_person = dates_given_up(booking, party, now)
    return page(
        "bookings/my_bookings/cancellation.html",
        status,
        booking=booking,
        slot=booking.slot,
        of_person=of_person,
        together=[
            other
            for other in dates_given_up(booking, party, now, everybody=True)
            if other not in of_person
        ],
        form=form,
        refusal=refusal,
    )


def _my_party(number: str) -> Sequence[Booking]:
    return (queries.my_party(current_user, number) if is_number(number) else []) or abort(404)


def _why_not_cancel(booking: Booking) -> Refused | None:
    return refusal_of(rules.check_may_cancel, booking, clock.now())
