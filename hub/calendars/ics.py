"""Bookings as iCalendar (RFC 5545), for the calendars of phones.

Many people see a calendar: colleagues it is shared with, the tablet on the wall, its provider. So
an event says what, when and where, and the number that the desk asks for; who goes is told by the
booking's page, to the household only. Nothing in it can change or cancel a booking.
"""

import uuid
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import cache

from flask_babel import gettext as _
from icalendar import Alarm, Calendar, Component, Event, Timezone, vDuration
from icalendar.enums import CLASS, STATUS

from hub import clock, text
from hub.bookings.models import Booking, BookingState
from hub.bookings.state_labels import state_label

MAKER = "-//yuhao//bookings//ZH"
ALARM = timedelta(hours=2)
REFRESH = timedelta(hours=1)  # how often to ask again, for calendars that listen
# The UID of an event never changes: it is made of the booking's number and nothing else.
NUMBERS = uuid.UUID("6f0b1ad3-3c7a-5a52-9a63-5a1fb6f5f0c1")
# Since then China has had one time without summer time: one rule says it all.
ZONE_FROM, ZONE_UNTIL = date(1992, 1, 1), date(2038, 1, 1)

IN_IT = (BookingState.CONFIRMED, BookingState.NO_SHOW)
OUT_OF_IT = (BookingState.CANCELLED, BookingState.ON_LEAVE)


def can_be_shown(booking: Booking) -> bool:
    """Whether a calendar should show it: not turns on waiting lists, nor entries for draws."""
    return booking.state in IN_IT or (
        booking.state in OUT_OF_IT and booking.confirmed_at is not None
    )


def calendar_of(
    bookings: Iterable[Booking],
    address_of: Callable[[Booking], str],
    now: datetime,
) -> bytes:
    """Return these bookings as a calendar; unchanged bookings give the same bytes.

    Needs slot, activity, centre, room and series loaded.
    """
    calendar = Calendar()
    calendar.add("PRODID", MAKER)
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", _("渝好空间预约"))
    calendar.add("X-WR-TIMEZONE", clock.ZONE.key)
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH))
    calendar.add_component(_zone())
    for booking in bookings:
        calendar.add_component(_event(booking, address_of(booking), now))
    return calendar.to_ical()


def _event(booking: Booking, address: str, now: datetime) -> Component:
    changed_at = booking.changed_at or booking.made_at
    is_on = booking.state in IN_IT
    title = booking.slot.activity.title
    if booking.slot.centre.is_demo:
        title = f"{title}（{_('演示数据')}）"
    if not is_on:  # in words too: not every calendar knows the status
        title = _("%(state)s：%(title)s", state=state_label(booking, now).label, title=title)
    return Event.new(
        uid=uuid.uuid5(NUMBERS, booking.number),
        stamp=changed_at,
        last_modified=changed_at,
        sequence=booking.changes,
        status=STATUS.CONFIRMED if is_on else STATUS.CANCELLED,
        classification=CLASS.PRIVATE,
        start=clock.local(booking.starts_at),
        end=clock.local(booking.ends_at),
        summary=title,
        location="，".join(filter(None, [booking.slot.centre.name, booking.slot.centre.address])),
        description="\n".join(_facts(booking, address)),
        url=address,
        subcomponents=[Alarm.new_display(title, -ALARM)] if is_on else [],
    )


def _facts(booking: Booking, address: str) -> Iterable[str]:
    slot = booking.slot
    yield _("预约号：%(number)s", number=text.number(booking.number))
    yield _("房间：%(room)s", room=slot.room.name)
    if slot.activity.bring:
        yield _("带什么：%(what)s", what=slot.activity.bring)
    if slot.centre.phone:
        yield _("中心电话：%(phone)s", phone=text.phone(slot.centre.phone))
    yield _("给谁约的、怎么改期和取消，登录后看：%(address)s", address=address)


@cache
def _zone() -> Timezone:
    """Return Asia/Shanghai spelled out, as calendars want it."""
    zone = Timezone.from_tzid(clock.ZONE.key, first_date=ZONE_FROM, last_date=ZONE_UNTIL)
    del zone["COMMENT"]  # that it ends there, which it does not
    return zone
