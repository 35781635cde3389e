"""The page of a 期 with its one button, and the leave for one of its dates."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.accounts.saved_forms import saved_form
from hub.bookings import queries, rules
from hub.bookings.attendance.actions import ask_leave as leave
from hub.bookings.attendance.actions import take_back_leave as come_back
from hub.bookings.household_limits import HouseholdBooking
from hub.bookings.models import Booking, BookingState
from hub.bookings.numbers import is_number
from hub.bookings.series import actions as series
from hub.bookings.series import queries as series_queries
from hub.bookings.single_slot import booking_preview
from hub.bookings.single_slot.actions import places_per_booking
from hub.bookings.single_slot.forms import BookingForm
from hub.bookings.single_slot.slot_page import why_not_book
from hub.db import transaction
from hub.families.models import Household, Person
from hub.families.queries import my_persons, visitors_household
from hub.refusals import Refused, refusal_of
from hub.timetable.models import Slot
from hub.timetable.queries import slots_of_series
from hub.timetable.sharing import share
from hub.web.pages import page
from hub.web.security import Admits, acting, never_share, open_to, same_for_strangers

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
    dates, household = _dates(series_id), visitors_household(current_user)
    if not dates[0].is_of_whole:
        abort(404)
    form, refusal = BookingForm(household), None
    if form.validate():
        try:
            with transaction():
                booked = series.enrol(
                    _dates(series_id),
                    my_persons(current_user, form.person.data or [], lock=True),
                    by=acting(request_key=form.request_key.data or None),
                )
                number, state = booked[0].number, booked[0].state
        except Refused as refused:
            refusal, dates, household = refused, _dates(series_id), visitors_household(current_user)
            form.form_errors.append(str(refusal))
        else:
            flash(_what_came_of_it(state))
            return redirect(url_for("bookings.show_booking", number=number), 303)
    form.new_key()
    return _series_page(dates, household, form, refusal, 422)


@blueprint.get("/bookings/<number>/leave")
@open_to(Admits.SIGNED_IN)
def show_leave(number: str) -> ResponseReturnValue:
    booking, now = _my_booking(number), clock.now()
    rule = rules.check_may_return if booking.is_on_leave else rules.check_may_leave
    return page(
        "bookings/series/leave.html", booking=booking, refusal=refusal_of(rule, booking, now)
    )


@blueprint.post("/bookings/<number>/leave")
@open_to(Admits.SIGNED_IN)
def ask_leave(number: str) -> ResponseReturnValue:
    try:
        with transaction():
            booking = _my_booking(number)
            if not booking.is_on_leave:  # asked for twice is as good as once
                leave(booking, by=acting())
    except Refused as refused:
        return page("bookings/series/leave.html", 422, booking=_my_booking(number), refusal=refused)
    flash(_("请好假了，这一次的名额让给别人。其他几次照常来。"))
    return redirect(url_for("bookings.show_booking", number=number), 303)


@blueprint.post("/bookings/<number>/return")
@open_to(Admits.SIGNED_IN)
def take_back_leave(number: str) -> ResponseReturnValue:
    try:
        with transaction():
            booking = _my_booking(number)
            if booking.person_id:
                my_persons(current_user, [booking.person_id], lock=True)  # its quotas are counted
            if not booking.is_confirmed:
                come_back(booking, by=acting())
    except Refused as refused:
        return page("bookings/series/leave.html", 422, booking=_my_booking(number), refusal=refused)
    flash(_("名额又是您的了，这一次照常来。"))
    return redirect(url_for("bookings.show_booking", number=number), 303)


def _dates(series_id: int) -> Sequence[Slot]:
    return slots_of_series(series_id) or abort(404)


def _my_booking(number: str) -> Booking:
    return queries.my_booking(current_user, number) if is_number(number) else abort(404)


def _what_came_of_it(state: BookingState) -> str:
    return {
        BookingState.CONFIRMED: _("整期都约好了！到时候见。"),
        BookingState.ENTERED: _("整期报上名了，等摇号结果。"),
    }.get(state, _("已排进整期的候补，有名额会通知您。"))


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
    persons = household.persons if household else []
    kept = queries.bookings_of_household(household.id, first, now) if household else []
    mine = _mine(dates, kept)
    why_not = _why_not(coming, persons, kept, now)
    booked = set() if refusal else set(mine)
    free = [person for person in persons if not why_not[person] and person.id not in booked]
    if form.person.data is None and len(free) == 1:
        form.person.data = [free[0].id]
    opens_in = max(first.opens_at - now, timedelta(0)) if coming else timedelta(0)
    if opens_in:
        never_share()  # a countdown must not be late by as long as a proxy kept it
    return page(
        "bookings/series/series.html",
        status,
        series=first.series,
        share=share.of_series(coming or dates, tightest, now),
        first=first,
        dates=dates,
        coming=coming,
        tightest=tightest,
        form=form,
        persons=persons,
        free=free,
        why_not={
            person: why_not[person]
            for person in persons
            if why_not[person] and person.id not in booked
        },
        mine=[(mine[person.id], person.name) for person in persons if person.id in mine],
        prospect=booking_preview.preview(tightest, places_per_booking(first)),
        opens_in=opens_in,
        opens_in_ms=-(-opens_in // timedelta(milliseconds=1)),
        closed=None if opens_in else refusal_of(_check_open, first, tightest, now, bool(mine)),
        has_begun=first.starts_at <= now,
        refusal=refusal,
        now=now,
    )


def _mine(dates: Sequence[Slot], kept: Iterable[HouseholdBooking]) -> dict[int, HouseholdBooking]:
    """For each person who is enrolled her next booking here."""
    here = {slot.id for slot in dates}
    of_person: dict[int, HouseholdBooking] = {}
    for booking in sorted(kept, key=lambda booking: booking.starts_at):
        if booking.is_live and booking.slot_id in here and booking.person_id:
            of_person.setdefault(booking.person_id, booking)
    return of_person


def _why_not(
    coming: Sequence[Slot],
    persons: Sequence[Person],
    kept: Sequence[HouseholdBooking],
    now: datetime,
) -> dict[Person, Refused | None]:
    """The first of all that is in a person's way at any of the dates."""
    if not coming or not persons:
        return dict.fromkeys(persons)
    here = {slot.id for slot in coming}
    elsewhere = [booking for booking in kept if booking.slot_id not in here]
    bar = series_queries.bar_of(coming[0].series, [person.id for person in persons])
    at_first = why_not_book(coming[0], persons, elsewhere, now)
    why_not: dict[Person, Refused | None] = {}
    for person in persons:
        later = (
            booking_preview.why_not(slot, person, elsewhere, now, soft=True) for slot in coming[1:]
        )
        barred = refusal_of(series.check_attendance, bar, [person])
        why_not[person] = (
            at_first[person.id] or barred or next((reason for reason in later if reason), None)
        )
    return why_not


def _check_open(first: Slot, tightest: Slot, now: datetime, is_mine: bool) -> None:
    """Refuse before anything is pressed what nobody, whoever she is, can be given now."""
    rules.check_begins_later(first, now)
    rules.check_window(first, now)
    if first.takes_entries:
        rules.check_takes_entries(first, now, is_frozen=False)
    elif not is_mine:
        rules.check_room(tightest)
