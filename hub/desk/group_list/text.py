"""The list of a slot as a text for a chat group: what, when, where, surnames only. Pure.

It is in Chinese, because the group reads it, and holds no given name, phone or age.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from flask_babel import force_locale
from flask_babel import gettext as _

from hub import text
from hub.desk.group_list.names import called
from hub.families.models import Sex
from hub.families.rules import is_adult
from hub.web.language import CHINESE

if TYPE_CHECKING:
    from hub.desk.roster.queries import Listed, Roster
    from hub.timetable.models import Slot


def group_text(slot: "Slot", roster: "Roster", link: str) -> str:
    """Return title, time, place, free places and link, then who is booked and who waits."""
    with force_locale(CHINESE):
        parts = [_head(slot, roster, link)]
        parts += [_names(_("已约："), roster.confirmed, slot)] if roster.confirmed else []
        parts += [_names(_("候补："), roster.waiting, slot)] if roster.waiting else []
        return "\n\n".join(parts)


def _head(slot: "Slot", roster: "Roster", link: str) -> str:
    where = " ".join(filter(None, (slot.centre.name, slot.room.name)))
    lines = [
        _("【%(title)s】", title=slot.activity.title),
        _(
            "时间：%(when)s–%(until)s",
            when=text.dated(slot.starts_at),
            until=text.minute(slot.ends_at),
        ),
        _("地点：%(where)s", where=where),
        _("适合：%(who)s", who=text.who(slot.audience, slot.youngest_months, slot.oldest_months)),
        _places(slot, roster),
    ]
    if slot.is_open:
        lines.append(_("报名：%(link)s", link=link))
        lines.append(_("请点链接报名，或打电话到中心。电话和孩子的全名不要发在群里。"))
    return "\n".join(lines)


def _places(slot: "Slot", roster: "Roster") -> str:
    if not slot.is_open:
        return _("这一场停办了。")
    if slot.takes_entries:
        entered = len(roster.of("entered"))
        return _(
            "名额：%(all)s 个，摇号，已报名 %(entered)s 人", all=slot.capacity, entered=entered
        )
    told = {"all": slot.capacity, "left": slot.places_left, "waiting": slot.waiting}
    if slot.places_left:
        return _("名额：共 %(all)s 个，还剩 %(left)s 个", **told)
    if slot.waiting_limit > slot.waiting:
        return _("名额：共 %(all)s 个，满了，可以候补（已有 %(waiting)s 人）", **told)
    return _("名额：共 %(all)s 个，满了", **told)


def _names(heading: str, listed: Sequence["Listed"], slot: "Slot") -> str:
    day = text.local_day(slot.starts_at)
    lines = [heading]
    for place, one in enumerate(listed, start=1):
        lines.append(f"{place}. {_called(one, day)}")
    return "\n".join(lines)


def _called(listed: "Listed", day: date) -> str:
    person = listed.person
    if person is None:
        return _("（资料已删除）")
    return called(
        person.name,
        is_adult=is_adult(person.birth_date, day),
        is_female=person.sex is Sex.FEMALE,
    )
