"""What the desk is warned of, and what it may do to a booking: pure decisions about facts."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import combinations
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from hub import clock
from hub.refusals import Refused

if TYPE_CHECKING:
    from hub.bookings.models import Booking
    from hub.catalogue.models import ClosedDay, OpeningHours
    from hub.timetable.models import Slot

BLANK_ROWS = 3, 6  # on a printed roster, at least and at most

# Who goes first in a draw. Configuration: as 妇联 and the centres name them, written as they are
# kept, and beside it as they are shown; whoever is verified already keeps the old name.
PRIORITY_GROUPS = {
    "留守儿童": _l("留守儿童"),
    "困境儿童": _l("困境儿童"),
    "双职工家庭": _l("双职工家庭"),
    "新市民家庭": _l("新市民家庭"),
    "灵活就业家庭": _l("灵活就业家庭"),
    "残疾人家庭": _l("残疾人家庭"),
}


def conflicts(
    slots: Sequence["Slot"],
    closed_days: Sequence["ClosedDay"],
    opening_hours: Sequence["OpeningHours"],
) -> list[tuple["Slot", str]]:
    """What cannot be right about these slots of one centre, each with the sentence that says it.

    The database refuses most of it; an import or an older row may still hold it, and then the
    desk must see it. Called-off slots disturb nobody. A centre without any opening hours has not
    told us when it opens, so nothing is outside them.
    """
    held = [slot for slot in slots if slot.is_open]
    found = [*_double_uses(held)]
    for slot in held:
        found += [(slot, sentence) for sentence in _when_closed(slot, closed_days)]
        found += [(slot, sentence) for sentence in _outside_hours(slot, opening_hours)]
        found += [(slot, sentence) for sentence in _too_many(slot)]
    return found


def blank_rows(places_left: int) -> int:
    """How many empty rows a roster has for those who walk in: the free places, within reason."""
    fewest, most = BLANK_ROWS
    return min(max(places_left, fewest), most)


def acts_on(booking: "Booking", *, came: bool, is_excused: bool, now: datetime) -> set[str]:
    """What the desk may be offered to do to a booking, by the last word of the address.

    It only spares a press in vain: each act asks again when it is done.
    """
    slot = booking.slot
    is_over = now >= slot.ends_at or not slot.is_open
    acts: dict[str, set[str]] = {
        "entered": {"cancellation"},
        "waiting": {"cancellation", "turn"},
        "offered": {"cancellation", "acceptance"},
        "confirmed": {"cancellation", "move"},
        "no_show": {"restoration"},
        "on_leave": {"restoration"},
        "cancelled": set() if booking.moved_to_id else {"restoration"},
    }
    possible = set() if is_over or came else acts[booking.state]
    if booking.state == "confirmed" and not came and now >= slot.starts_at:
        possible = possible | {"absence"}
    if booking.state == "no_show" and not is_excused:
        possible = possible | {"excuse"}
    if booking.person is None or slot.takes_entries:
        possible = possible - {"restoration", "move"}
    return possible


def check_not_over(slot: "Slot", now: datetime) -> None:
    if now >= slot.ends_at:
        raise Refused(_("这一场已经结束了，名单不能再改。"))


def check_not_here(came: bool) -> None:
    """Refuse to take away the place of somebody who is in the room."""
    if came:
        raise Refused(_("已经签到了。签错了的话，先撤回签到。"))


def check_may_change(slot: "Slot", now: datetime) -> None:
    """Refuse to change the places of what does not take place, or is over."""
    if not slot.is_open:
        raise Refused(_("这一场已经停办了。"))
    if now >= slot.ends_at:
        raise Refused(_("这一场已经结束了，不能再改。"))


def check_no_draw_ahead(slot: "Slot") -> None:
    """Nobody gets a place past a draw that is still to come."""
    if slot.takes_entries:
        raise Refused(_("这一场还没有摇号，不能直接恢复。请重新报名。"))


def offer_is_over() -> str:
    return _("留位的时间过了，或者已经答复过了。")


def too_many_lookups() -> str:
    return _("这一小时查的家庭太多了，请过一会儿再查。")


def _double_uses(slots: Sequence["Slot"]) -> Iterator[tuple["Slot", str]]:
    for one, other in combinations(slots, 2):
        if one.ends_at <= other.starts_at or other.ends_at <= one.starts_at:
            continue  # an end that touches a beginning is fine
        for slot, rival in ((one, other), (other, one)):
            told = {"span": _span(rival), "title": rival.activity.title}
            if slot.room_id == rival.room_id:
                room = slot.room.name
                yield slot, _("%(room)s 同时排了 %(span)s“%(title)s”", room=room, **told)
            if slot.lead and slot.lead_id == rival.lead_id:
                lead = slot.lead.name
                yield slot, _("%(lead)s 同时要带 %(span)s“%(title)s”", lead=lead, **told)


def _when_closed(slot: "Slot", closed_days: Iterable["ClosedDay"]) -> Iterator[str]:
    day = clock.local(slot.starts_at).date()
    for closed in closed_days:
        if closed.day == day:
            yield _("这天闭馆：%(reason)s", reason=closed.reason)


def _outside_hours(slot: "Slot", opening_hours: Iterable["OpeningHours"]) -> Iterator[str]:
    day = clock.local(slot.starts_at).date()
    hours = {row.weekday: row for row in opening_hours}
    if not hours:
        return
    if day.weekday() not in hours:
        yield _("每周这一天不开放")
        return
    opens, closes = hours[day.weekday()].opens, hours[day.weekday()].closes
    if slot.starts_at < clock.at(day, opens) or slot.ends_at > clock.at(day, closes):
        yield _("不在开放时间 %(hours)s 里", hours=f"{opens:%H:%M}–{closes:%H:%M}")


def _too_many(slot: "Slot") -> Iterator[str]:
    holds = slot.room.capacity
    if holds is not None and slot.taken > holds:
        yield _(
            "已约 %(taken)s 人，%(room)s 只能容纳 %(holds)s 人",
            taken=slot.taken,
            room=slot.room.name,
            holds=holds,
        )


def _span(slot: "Slot") -> str:
    return f"{_minute(slot.starts_at)}–{_minute(slot.ends_at)}"


def _minute(instant: datetime) -> str:
    return f"{clock.local(instant):%H:%M}"
