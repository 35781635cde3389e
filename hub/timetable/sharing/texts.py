"""What is said of a slot, a 期 or a centre where its link is passed on. Pure.

It names nobody, calls no day today, because it is read on another one, and says what is made
up; how it gets to the page and to the clipboard is left to others.
"""

import enum
from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _

from hub import text
from hub.catalogue.models import Centre
from hub.timetable.models import Slot


class Awaited(enum.Enum):
    """What is still to come of a slot, and is worth telling."""

    OPENING = enum.auto()
    END_OF_ENTRIES = enum.auto()


def awaited_of(slot: Slot, now: datetime) -> Awaited | None:
    """Return what is to come next: the opening of bookings, the end of entries, or neither."""
    if slot.is_open and slot.opens_at > now:
        return Awaited.OPENING
    if slot.is_open and slot.takes_entries and slot.entries_until and slot.entries_until > now:
        return Awaited.END_OF_ENTRIES
    return None


def slot_in_a_sentence(slot: Slot) -> str:
    """Return what a preview and a search engine show below the title of a slot's page."""
    return _labelled(
        slot.centre,
        _(
            "%(when)s，%(where)s。%(who)s，%(fee)s。名额：%(places)s。",
            when=text.dated_span(slot.starts_at, slot.ends_at),
            where=where(slot.centre),
            who=_who(slot),
            fee=text.fee(slot.fee_fen),
            places=places(slot),
        ),
    )


def slot_for_a_group(slot: Slot, link: str, awaited: Awaited | None) -> str:
    """Return the message that is pasted into a group."""
    return "\n".join(
        [
            _headline(slot.activity.title, slot.centre),
            _("时间：%(when)s", when=text.dated_span(slot.starts_at, slot.ends_at)),
            *_lines(slot, text.fee(slot.fee_fen), places(slot), awaited),
            _link(link),
        ]
    )


def series_in_a_sentence(dates: Sequence[Slot], tightest: Slot) -> str:
    """`dates` are its slots in their order, `tightest` the one with the fewest places."""
    first = dates[0]
    return _labelled(
        first.centre,
        _(
            "%(dates)s，%(where)s。%(who)s，%(fee)s。名额：%(places)s。",
            dates=_from_to(dates),
            where=where(first.centre),
            who=_who(first),
            fee=_fee_of(dates),
            places=_places_of(tightest),
        ),
    )


def series_for_a_group(
    name: str, dates: Sequence[Slot], tightest: Slot, link: str, now: datetime
) -> str:
    first = dates[0]
    return "\n".join(
        [
            _headline(name, first.centre),
            _("时间：%(when)s", when=_from_to(dates)),
            *_lines(first, _fee_of(dates), _places_of(tightest), awaited_of(first, now)),
            _link(link),
        ]
    )


def centre_in_a_sentence(centre: Centre, hours: Sequence[str]) -> str:
    kinds = _("、").join(kind.name for kind in centre.kinds if kind.is_active)
    told = [where(centre), kinds, _("；").join(hours)]
    return _labelled(centre, "".join(_("%(fact)s。", fact=fact) for fact in told if fact))


def centre_for_a_group(
    centre: Centre, hours: Sequence[str], slots: Sequence[Slot], link: str, now: datetime
) -> str:
    """`slots` are those of the next two weeks."""
    free = sum(slot.is_open and slot.places_left > 0 and slot.starts_at > now for slot in slots)
    facts = (
        (_("地址：%(address)s", address=_address(centre)), _address(centre)),
        (_("电话：%(phone)s", phone=text.phone(centre.phone)), centre.phone),
        (_("开门：%(hours)s", hours=_("；").join(hours)), hours),
        (_("接下来两个星期还有 %(slots)s 场有名额", slots=free), free),
    )
    told = [words for words, is_known in facts if is_known]
    return "\n".join([_headline(centre.name, centre), *told, _link(link)])


def places(slot: Slot) -> str:
    """Return how many places are left, as the slot's page says it."""
    if not slot.is_open:
        return _("已停")
    if slot.takes_entries:
        return _("摇号，%(places)s 个名额", places=slot.places_left)
    if slot.is_full:
        return _("已满，可候补") if slot.waiting_limit else _("已满")
    return _(
        "余 %(places)s 个，共 %(capacity)s 个", places=slot.places_left, capacity=slot.capacity
    )


def where(centre: Centre) -> str:
    """Return the centre, and its address as far as that is known."""
    address = _address(centre)
    return _("%(name)s，%(address)s", name=centre.name, address=address) if address else centre.name


def _lines(slot: Slot, fee: str, left: str, awaited: Awaited | None) -> list[str]:
    told = [
        _("地点：%(where)s", where=where(slot.centre)),
        _("适合：%(who)s", who=_who(slot)),
        _("费用：%(fee)s", fee=fee),
        _("名额：%(places)s", places=left),
    ]
    if awaited is Awaited.OPENING:
        told.append(_("开始预约：%(when)s", when=text.dated(slot.opens_at)))
    elif awaited is Awaited.END_OF_ENTRIES and slot.entries_until:
        told.append(_("报名截止：%(when)s", when=text.dated(slot.entries_until)))
    return told


def _from_to(dates: Sequence[Slot]) -> str:
    return _(
        "%(first)s 到 %(last)s，共 %(count)s 次",
        first=text.dated_span(dates[0].starts_at, dates[0].ends_at),
        last=text.dated(dates[-1].starts_at),
        count=len(dates),
    )


def _fee_of(dates: Sequence[Slot]) -> str:
    """Return what all dates cost together, or each where they are booked one by one."""
    fee_fen = dates[0].fee_fen
    if not fee_fen:
        return text.fee(0)
    if not dates[0].is_of_whole:
        return _("每次 %(fee)s", fee=text.fee(fee_fen))
    return _("%(total)s，每次 %(fee)s", total=text.fee(fee_fen * len(dates)), fee=text.fee(fee_fen))


def _places_of(tightest: Slot) -> str:
    return places(tightest) if tightest.is_of_whole else _("想来哪次约哪次")


def _who(slot: Slot) -> str:
    return text.who(slot.audience, slot.youngest_months, slot.oldest_months)


def _address(centre: Centre) -> str:
    return centre.address or centre.community


def _headline(title: str, centre: Centre) -> str:
    return _labelled(centre, _("【%(title)s】", title=title))


def _link(link: str) -> str:
    """Return the link, at the end of a line, so that no program takes further words for it."""
    return _("点开看看、约一约：%(link)s", link=link)


def _labelled(centre: Centre, words: str) -> str:
    return _("（演示数据）%(words)s", words=words) if centre.is_demo else words
