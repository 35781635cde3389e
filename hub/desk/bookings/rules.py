"""What the desk may do to a booking. Pure."""

from datetime import datetime
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub.refusals import Refused

if TYPE_CHECKING:
    from hub.bookings.models import Booking
    from hub.timetable.models import Slot


def acts_on(
    booking: "Booking",
    *,
    came: bool,
    is_excused: bool,
    held_until: datetime | None,
    now: datetime,
) -> set[str]:
    """Return the acts to offer on a booking, each as the last word of its address.

    `held_until` is when its offer ends, where it has one.

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
    if booking.person is not None and not is_over and booking.is_live:
        possible = possible | {"person"}
    if held_until is not None and now >= held_until:
        possible = possible - {"acceptance"}
    if slot.is_of_whole:
        possible = possible - {"move"}
    if booking.person is None or slot.takes_entries:
        possible = possible - {"restoration", "move"}
    return possible


def check_not_over(slot: "Slot", now: datetime) -> None:
    if now >= slot.ends_at:
        raise Refused(_("这一场已经结束了，名单不能再改。"))


def check_not_here(came: bool) -> None:
    """Refuse to take away the place of a person who is checked in."""
    if came:
        raise Refused(_("已经签到了。签错了的话，先撤回签到。"))


def check_no_draw_ahead(slot: "Slot") -> None:
    """Refuse to give a place before the draw that is still to come."""
    if slot.takes_entries:
        raise Refused(_("这一场还没有摇号，不能直接恢复。请重新报名。"))


def offer_is_over() -> str:
    return _("留位的时间过了，或者已经答复过了。")
