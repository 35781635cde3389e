"""Messages to families about what the desk did for them: in Chinese, as they did not see it."""

from collections.abc import Sequence
from datetime import datetime

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from hub import text
from hub.bookings.messages import facts_of, tell_guardians
from hub.bookings.models import Booking
from hub.web.language import CHINESE


def tell_booked(bookings: Sequence[Booking], now: datetime, *, is_estimate: bool = False) -> None:
    """Tell a family that the desk booked for it: the number and the link.

    With `is_estimate` it is asked to correct the birth date.
    """
    first = bookings[0]
    facts = facts_of(bookings) | {
        "number": text.number(first.number),
        "link": f"{current_app.config['HUB'].address}/bookings/{first.number}",
    }
    with force_locale(CHINESE):
        if first.is_confirmed:
            said = _("前台替您约好了：%(name)s %(what)s，预约号 %(number)s。%(link)s", **facts)
        elif first.is_entered:
            said = _("前台替您报了摇号：%(name)s %(what)s，预约号 %(number)s。%(link)s", **facts)
        else:
            said = _("前台替您排了候补：%(name)s %(what)s，有名额会通知您。%(link)s", **facts)
        if is_estimate:
            said += _(" 生日是按年龄估的，请到“家人”里改对。")
    tell_guardians(bookings, said, now)


def tell_cancelled(bookings: Sequence[Booking], now: datetime) -> None:
    with force_locale(CHINESE):
        said = _(
            "前台取消了%(name)s %(what)s 的预约。不是您要取消的，请给中心打电话。",
            **facts_of(bookings),
        )
    tell_guardians(bookings, said, now)


def tell_moved(booking: Booking, now: datetime) -> None:
    with force_locale(CHINESE):
        said = _(
            "前台替您改期了：%(name)s %(what)s，新的预约号 %(number)s。",
            number=text.number(booking.number),
            **facts_of([booking]),
        )
    tell_guardians([booking], said, now)


def tell_restored(booking: Booking, now: datetime) -> None:
    with force_locale(CHINESE):
        facts = facts_of([booking]) | {"number": text.number(booking.number)}
        said = (
            _("候补恢复了：%(name)s %(what)s，有名额会通知您。", **facts)
            if booking.is_waiting
            else _("预约恢复了：%(name)s %(what)s，预约号 %(number)s。", **facts)
        )
    tell_guardians([booking], said, now)
