"""The page of a 期 with its one button, and the leave for one of its dates."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import saved_form
from hub.bookings import deadlines, queries, rules
from hub.bookings.attendance import actions as attendance
from hub.bookings.household_limits import HouseholdBooking
from hub.bookings.models import Booking, BookingState
from hub.bookings.numbers import is_number
from hub.bookings.series import actions as series
from hub.bookings.series.queries import bar_of
from hub.bookings.single_slot.actions import places_per_booking
from hub.bookings.single_slot.booking_box import Refusals, book_and_answer, booking_box
from hub.bookings.single_slot.booking_preview import preview
from hub.bookings.single_slot.forms import BookingForm
from hub.families.models import Household
from hub.families.queries import my_persons, visitors_household
from hub.refusals import Refused, refusal_of
from hub.timetable.models import Slot
from hub.timetable.queries import slots_of_series
from hub.timetable.sharing import share
from hub.web.attempt import attempt
from hub.web.htmx import page
from hub.web.security import Admits, acting, open_to, same_for_strangers

blueprint = Blueprint("series", __name__)


@blueprint.get("/series/<int:series_id>")
@open_to(Admits.EVERYONE)
@same_for_strangers
def show_series(series_id: int) -> ResponseReturnValue:
    dates, household = _dates(series_id), visitors_household(current_user)
    form = BookingForm(household, formdata=saved_form(request.path))
    if not form.request_key.data:
        form.new_key()
    return _series_page(dates, household, form)


@blueprint.post("/series/<int:series_id>/bookings")
@open_to(Admits.SIGNED_IN)
def enrol(series_id: int) -> ResponseReturnValue:
    if not _dates(series_id)[0].is_of_whole:
        abort(404)
    form = BookingForm(visitors_household(current_user))

    def book() -> Sequence[Booking]:
        persons = my_persons(current_user, form.person.data or [], lock=True)
        by = acting(request_key=form.request_key.data or None)
        return series.enrol(_dates(series_id), persons, by)

    def show_again(refusal: Refused | None) -> ResponseReturnValue:
        seen = _dates(series_id), visitors_household(current_user)
        return _series_page(*seen, form, refusal, 422)

    confirmations = {
        BookingState.CONFIRMED: _("整期都约好了！到时候见。"),
        BookingState.ENTERED: _("整期报上名了，等摇号结果。"),
        BookingState.WAITING: _("已排进整期的候补，有名额会通知您。"),
    }
    return book_and_answer(form, book, confirmations, show_again)


@blueprint.get("/bookings/<number>/leave")
@open_to(Admits.SIGNED_IN)
def show_leave(number: str) -> ResponseReturnValue:
    booking, now = _my_booking(number), clock.now()
    rule = rules.check_may_return if booking.is_on_leave else rules.check_may_leave
    return _leave_page(booking, refusal_of(rule, booking, now))


@blueprint.post("/bookings/<number>/leave")
@open_to(Admits.SIGNED_IN)
def ask_leave(number: str) -> ResponseReturnValue:
    def leave() -> None:
        booking = _my_booking(number)
        if not booking.is_on_leave:  # asked for twice is as good as once
            attendance.ask_leave(booking, by=acting())

    left = attempt(leave)
    if not left.is_done:
        return _leave_page(_my_booking(number), left.refusal, 422)
    flash(_("请好假了，这一次的名额让给别人。其他几次照常来。"))
    return redirect(url_for("bookings.show_booking", number=number), 303)


@blueprint.post("/bookings/<number>/return")
@open_to(Admits.SIGNED_IN)
def take_back_leave(number: str) -> ResponseReturnValue:
    def come_back() -> None:
        booking = _my_booking(number)
        if booking.person_id:
            my_persons(
                current_user, [booking.person_id], lock=True
            )  # so that the quotas are counted
        if not booking.is_confirmed:
            attendance.take_back_leave(booking, by=acting())

    returned = attempt(come_back)
    if not returned.is_done:
        return _leave_page(_my_booking(number), returned.refusal, 422)
    flash(_("名额又是您的了，这一次照常来。"))
    return redirect(url_for("bookings.show_booking", number=number), 303)


def _dates(series_id: int) -> Sequence[Slot]:
    return slots_of_series(series_id) or abort(404)


def _my_booking(number: str) -> Booking:
    return queries.my_booking(current_user, number) if is_number(number) else abort(404)


def _leave_page(
    booking: Booking, refusal: Refused | None, status: int = 200
) -> ResponseReturnValue:
    return page("bookings/series/leave.html", status, booking=booking, refusal=refusal)


def _series_page(
    dates: Sequence[Slot],
    household: Household | None,
    form: BookingForm,
    refusal: Refused | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    now = clock.now()
    first = next((slot for slot in dates if slot.is_open), dates[0])
    coming = series.to_come(dates, now)
    tightest = series.tightest(coming or dates)
    bookings = queries.bookings_of_household(household.id, first, now) if household else []
    mine = _next_booking_of_each(dates, bookings)
    box = booking_box(
        coming,
        household,
        form,
        bookings,
        mine,
        now,
        refusal=refusal,
        counts_down=bool(coming),
        check_open=lambda: _check_open(first, tightest, now, is_mine=bool(mine)),
        refuse_further=lambda: _barred(coming, household),
    )
    return page(
        "bookings/series/series.html",
        status,
        series=first.series,
        share=share.of_series(coming or dates, tightest, now),
        first=first,
        dates=dates,
        coming=coming,
        tightest=tightest,
        mine=[(mine[one.id], one.name) for one in box["persons"] if one.id in mine],
        preview=preview(tightest, places_per_booking(first)),
        cancel_terms=deadlines.cancel_terms(first, made_at=now, is_whole=True),
        has_begun=first.starts_at <= now,
        now=now,
        **box,
    )


def _next_booking_of_each(
    dates: Sequence[Slot], bookings: Iterable[HouseholdBooking]
) -> dict[int | None, HouseholdBooking]:
    """Return the first live booking in these dates of each person who has one, by person."""
    here = {slot.id for slot in dates}
    of_person: dict[int | None, HouseholdBooking] = {}
    for booking in sorted(bookings, key=lambda booking: booking.starts_at):
        if booking.is_live and booking.slot_id in here and booking.person_id:
            of_person.setdefault(booking.person_id, booking)
    return of_person


def _barred(coming: Sequence[Slot], household: Household | None) -> Refusals:
    """Return the refusal of each person who came to too little of the last 期, by person."""
    if not coming or household is None:
        return {}
    bar = bar_of(coming[0].series, [person.id for person in household.persons])
    return {
        person.id: refusal_of(series.check_attendance, bar, [person])
        for person in household.persons
    }


def _check_open(first: Slot, tightest: Slot, now: datetime, *, is_mine: bool) -> None:
    """Refuse, before anything is pressed, what nobody can be given now."""
    rules.check_begins_later(first, now)
    rules.check_window(first, now)
    if first.takes_entries:
        rules.check_takes_entries(first, now, is_frozen=False)
    elif not is_mine:
        rules.check_room(tightest)
