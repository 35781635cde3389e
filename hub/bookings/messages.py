"""Messages to families about their bookings: in Chinese, whatever the page's language."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Select, select

from hub import text
from hub.bookings.models import Booking
from hub.db import db
from hub.families.models import Guardian
from hub.notices.actions import tell
from hub.timetable.models import Slot
from hub.web.language import CHINESE

if TYPE_CHECKING:
    from hub.bookings.waiting_list.models import Offer

MOST_NAMES = 3  # in one message, which must stay short
LONGEST_TRIED = timedelta(days=3)

Guardians = Mapping[int, Sequence[int]]  # the accounts of each household


def guardians_of(household_ids: Select[int]) -> Guardians:
    """Return the accounts of the guardians of many households, in one query."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = select(Guardian.household_id, Guardian.account_id)
    for household_id, account_id in db.session.execute(
        rows.where(Guardian.household_id.in_(household_ids)).order_by(Guardian.account_id)
    ):
        found[household_id].append(account_id)
    return found


def tell_place(
    bookings: Sequence[Booking], now: datetime, guardians: Guardians | None = None
) -> None:
    """Tell a family that it has a place after it waited or was drawn."""
    with force_locale(CHINESE):
        message = _(
            "约上了！%(name)s %(when)s “%(title)s”，预约号 %(number)s。来不了请早点取消。",
            number=text.number(bookings[0].number),
            **facts_of(bookings),
        )
    tell_guardians(bookings, message, now, guardians)


def tell_offer(offer: "Offer", bookings: Sequence[Booking], now: datetime) -> None:
    """Tell a family that a place is held for it until it answers."""
    with force_locale(CHINESE):
        message = _(
            "候补到名额了！%(name)s %(when)s “%(title)s”，"
            "为您留到 %(until)s，请点开确认或放弃：%(link)s",
            until=text.dated(offer.until),
            link=f"{current_app.config['HUB'].address}/offers/{offer.token}",
            **facts_of(bookings),
        )
    tell_guardians(bookings, message, now, until=offer.until)


def tell_offer_expired(bookings: Sequence[Booking], now: datetime) -> None:
    with force_locale(CHINESE):
        message = _(
            "%(name)s %(when)s “%(title)s”没有在时间内确认，名额给了下一位。还想来可以重新候补。",
            **facts_of(bookings),
        )
    tell_guardians(bookings, message, now)


def tell_begun(bookings: Sequence[Booking], now: datetime) -> None:
    """Tell a family that the 期 it waited for has begun; single dates may still have places."""
    with force_locale(CHINESE):
        message = _(
            "“%(title)s”这一期开始了，%(name)s没有等到名额。以后哪一次有空位，可以单约：%(link)s",
            title=bookings[0].slot.activity.title,
            name=facts_of(bookings)["name"],
            link=f"{current_app.config['HUB'].address}/series/{bookings[0].slot.series_id}",
        )
    tell_guardians(bookings, message, now)


def tell_called_off(bookings: Sequence[Booking], now: datetime) -> None:
    slot = bookings[0].slot
    with force_locale(CHINESE):
        message = _(
            "%(name)s %(when)s “%(title)s”停办了：%(reason)s 别的场次：%(link)s",
            reason=slot.called_off_reason,
            link=f"{current_app.config['HUB'].address}/slots/{slot.id}",
            **facts_of(bookings),
        )
    tell_guardians(bookings, message, now)


def tell_back_to_waiting_list(bookings: Sequence[Booking], now: datetime) -> None:
    """Tell a family that its place was taken back and that it waits at the head of the list."""
    with force_locale(CHINESE):
        message = _(
            "对不起，%(name)s %(when)s “%(title)s”名额减少，您排到了候补最前面，有名额先给您。",
            **facts_of(bookings),
        )
    tell_guardians(bookings, message, now)


def tell_not_drawn(
    bookings: Sequence[Booking],
    now: datetime,
    *,
    waits: bool,
    guardians: Guardians | None = None,
) -> None:
    with force_locale(CHINESE):
        what = facts_of(bookings)
        message = (
            _(
                "摇号出来了：%(name)s %(when)s “%(title)s”没摇中，排在候补里，有名额会通知您。",
                **what,
            )
            if waits
            else _(
                "摇号出来了：%(name)s %(when)s “%(title)s”这次没摇中，下次同档优先。",
                **what,
            )
        )
    tell_guardians(bookings, message, now, guardians)


def tell_left_draw(bookings: Sequence[Booking], now: datetime) -> None:
    with force_locale(CHINESE):
        said = _(
            "%(what)s 摇号时，%(name)s在同一时间已经有别的场次，这次摇号就没算。",
            **facts_of(bookings),
        )
    tell_guardians(bookings, said, now)


def tell_draw_given_up(bookings: Sequence[Booking], now: datetime) -> None:
    slot = bookings[0].slot
    with force_locale(CHINESE):
        said = _("对不起，%(name)s %(what)s 没能按时摇号，这次不摇了。", **facts_of(bookings))
        if now < slot.starts_at:
            link = f"{current_app.config['HUB'].address}/slots/{slot.id}"
            said += _("名额改为先到先得：%(link)s", link=link)
    tell_guardians(bookings, said, now)


def tell_reminder(bookings: Sequence[Booking], now: datetime) -> None:
    with force_locale(CHINESE):
        message = _(
            "提醒：%(name)s %(when)s “%(title)s”，在%(centre)s。来不了请取消，让给候补的人。",
            centre=bookings[0].slot.centre.name,
            **facts_of(bookings),
        )
    tell_guardians(bookings, message, now)


def facts_of(bookings: Sequence[Booking]) -> dict[str, str]:
    """Return what messages say of bookings: `name`, `when`, `title`, and the last two as `what`.

    Always in Chinese. A message must stay short: more than MOST_NAMES names become the first of
    them and a number.
    """
    slot: Slot = bookings[0].slot
    names = list(dict.fromkeys(booking.person.name for booking in bookings if booking.person))
    dates = len({booking.slot_id for booking in bookings})
    with force_locale(CHINESE):
        name = "、".join(names)
        if len(names) > MOST_NAMES:
            name = _("%(name)s等 %(count)s 人", name=names[0], count=len(names))
        when = text.dated(slot.starts_at)
        if dates > 1:
            when = _("%(when)s 起整期 %(count)s 次", when=when, count=dates)
        title = slot.activity.title
        what = _("%(when)s “%(title)s”", when=when, title=title)
    return {"name": name, "when": when, "title": title, "what": what}


def tell_guardians(
    bookings: Sequence[Booking],
    message: str,
    now: datetime,
    guardians: Guardians | None = None,
    until: datetime | None = None,
) -> None:
    """Put a message in the outbox for every guardian of the household of a party.

    `guardians` saves the query where many parties are told at once. It is not sent after `until`,
    else not after the slot begins (an hour from now at the earliest, LONGEST_TRIED at the latest).
    """
    household_id = bookings[0].household_id
    helps = max(bookings[0].starts_at, now + timedelta(hours=1))
    until = until or min(helps, now + LONGEST_TRIED)
    if guardians is None:
        here = select(Guardian.household_id).where(Guardian.household_id == household_id)
        guardians = guardians_of(here)
    for account_id in guardians.get(household_id, ()):
        tell(account_id, message, now, until)
