"""A booking for the calendar of a phone, and the page of the household's own calendar address."""

from datetime import timedelta

from flask import Blueprint, Response, abort, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub import clock
from hub.bookings import queries
from hub.bookings.models import Booking
from hub.calendars import feeds
from hub.calendars.ics import calendar_of, can_be_shown
from hub.db import transaction
from hub.families.models import Household
from hub.families.queries import my_household
from hub.limits import count_use, delete_old_counts
from hub.web.addresses import public_url
from hub.web.htmx import page
from hub.web.security import Admits, acting, open_to

HOUR = timedelta(hours=1)
# Calendars ask a few times a day; the phones of a family, all at once.
FETCHES_PER_FEED_AND_HOUR = 60
# Guessing gets nowhere in any case: an address is 256 random bits.
GUESSES_PER_ADDRESS_AND_HOUR = 60

blueprint = Blueprint("calendar", __name__)


@blueprint.get("/bookings/<number>/calendar.ics")
@open_to(Admits.SIGNED_IN)
def show_event(number: str) -> ResponseReturnValue:
    booking = queries.my_booking(current_user, number)
    if not can_be_shown(booking):
        abort(404)
    body = calendar_of([booking], _address_of, clock.now())
    # Not as an attachment: an iPhone then shows the event at once instead of keeping a file.
    disposition = f'inline; filename="{number}.ics"'
    return _calendar(body, {"Content-Disposition": disposition})


@blueprint.get("/calendar/<token>.ics")
@open_to(Admits.EVERYONE)
def show_feed(token: str) -> ResponseReturnValue:
    """Return the feed to calendars, which cannot sign in: the address is the right to read."""
    with transaction():
        feed = feeds.feed_with(token)
        may_ask = _may_ask(token if feed else "")
    if not may_ask:
        abort(429)
    if feed is None:
        abort(404)
    now = clock.now()
    bookings = feeds.bookings_in(feed, now)
    body = calendar_of(bookings, _address_of, now)
    # Asked every few hours for years: what has not changed is not sent again.
    headers = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    response = _calendar(body, headers)
    response.add_etag()
    return response.make_conditional(request)


@blueprint.get("/bookings/calendar")
@open_to(Admits.SIGNED_IN)
def show_subscription() -> ResponseReturnValue:
    household = my_household(current_user)
    feed = feeds.feed_of(household) if household else None
    address = public_url("calendar.show_feed", token=feed.token) if feed else ""
    return page(
        "calendars/calendar.html",
        household=household,
        feed=feed,
        address=address,
        for_apple=f"webcal:{address.partition(':')[2]}",  # opens the calendar of an iPhone or Mac
    )


@blueprint.post("/bookings/calendar")
@open_to(Admits.SIGNED_IN)
def make_feed() -> ResponseReturnValue:
    with transaction():
        feeds.make_feed(_my_household(), by=acting())
    return _to_subscription()


@blueprint.post("/bookings/calendar/renewal")
@open_to(Admits.SIGNED_IN)
def renew_feed() -> ResponseReturnValue:
    with transaction():
        feeds.renew_feed(_my_household(), by=acting())
    flash(_("换好了。旧网址已经打不开，请在日历里换成新的。"))
    return _to_subscription()


@blueprint.post("/bookings/calendar/removal")
@open_to(Admits.SIGNED_IN)
def remove_feed() -> ResponseReturnValue:
    with transaction():
        feeds.remove_feed(_my_household(), by=acting())
    flash(_("停用了，网址已经打不开。日历里留下的可以自己删掉。"))
    return _to_subscription()


def _may_ask(token: str) -> bool:
    """Count a fetch by the feed's token, or a guess (no token) by the address it comes from."""
    delete_old_counts()
    if token:
        return count_use("calendar", token, most=FETCHES_PER_FEED_AND_HOUR, window=HOUR)
    address = request.remote_addr or ""
    return count_use("calendar_guess", address, most=GUESSES_PER_ADDRESS_AND_HOUR, window=HOUR)


def _calendar(body: bytes, headers: dict[str, str]) -> Response:
    response = make_response(body, headers)
    response.mimetype = "text/calendar"
    return response


def _address_of(booking: Booking) -> str:
    return public_url("bookings.show_booking", number=booking.number)


def _my_household() -> Household:
    return my_household(current_user) or abort(404)


def _to_subscription() -> ResponseReturnValue:
    return redirect(url_for("calendar.show_subscription"), 303)
