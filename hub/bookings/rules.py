"""Who may book, cancel and move, and when: facts in, a refusal that families can read. Pure."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub import clock, text
from hub.bookings.deadlines import EARLIEST_CHECK_IN, cancel_deadline
from hub.refusals import Refused, WayOn
from hub.timetable.age_limits import Ages, Misfit, misfit

if TYPE_CHECKING:
    from hub.bookings.models import Booking
    from hub.timetable.models import Slot


def check_window(slot: "Slot", now: datetime, *, by_staff: bool = False) -> None:
    """Refuse to book a slot outside its booking window; the staff may book until the slot ends."""
    if not slot.is_open:
        reason = slot.called_off_reason
        said = _("这一场停办了：%(reason)s", reason=reason) if reason else _("这一场停办了。")
        raise Refused(said, others_like(slot))
    if now < slot.opens_at:
        raise Refused(
            _("还没到预约时间，%(when)s 开始。", when=text.when(slot.opens_at)), others_like(slot)
        )
    if now >= (slot.ends_at if by_staff else slot.starts_at):
        raise Refused(_("这一场已经开始了，不能再约。"), others_like(slot))
    if now >= slot.closes_at and not by_staff:
        raise Refused(
            _("预约在 %(when)s 截止了。", when=text.when(slot.closes_at)), others_like(slot)
        )


def check_fits(slot: "Slot", name: str, birth_date: date) -> None:
    """Refuse a person whom the slot is not for, by their age on the day of the slot."""
    months = text.months_old(birth_date, clock.local(slot.starts_at).date())
    age = text.months_as_age(months)
    match misfit(slot, Ages(months, months)):
        case Misfit.FOR_ADULTS:
            raise Refused(_("这一场是给大人的，%(name)s那天%(age)s。", name=name, age=age))
        case Misfit.FOR_CHILDREN:
            raise Refused(_("这一场是给孩子的，请选择孩子。"))
        case Misfit.AGE:
            ages = text.ages(slot.youngest_months, slot.oldest_months)
            raise Refused(
                _("这一场适合%(ages)s，%(name)s那天%(age)s。", ages=ages, name=name, age=age),
                WayOn(_("找适合%(name)s的", name=name), "timetable.find", (("age", months // 12),)),
            )


def busy_then() -> Refused:
    """Return the refusal of a place to somebody who waits, and has one elsewhere at that time."""
    return Refused(
        _("这个时间已经约了别的。想来这一场，先取消那个。"),
        WayOn(_("看我的预约"), "bookings.my_bookings"),
    )


def fits_no_more() -> Refused:
    """Return the refusal of an offer; without a name, because its link can be passed on."""
    return Refused(_("家人的生日改过，这一场不合适了。请打电话给中心。"))


def check_may_cancel(booking: "Booking", now: datetime) -> None:
    """Refuse to cancel a place after its deadline; a turn on the waiting list ends at any time."""
    slot = booking.slot
    if now >= slot.starts_at:
        raise Refused(_("这一场已经开始了，不能取消。"))
    if not booking.is_confirmed:
        return
    _check_not_here(booking, now)
    if now <= cancel_deadline(slot, booking.made_at):
        return
    when = text.when(slot.cancel_until)
    if slot.is_of_whole:
        raise Refused(
            _(
                "整期取消要在 %(when)s 之前。只是有一次来不了，可以给那一次请假；"
                "整期都不来了，请给中心打电话。",
                when=when,
            )
        )
    raise Refused(
        _("取消要在 %(when)s 之前，好让候补的人来得及。来不了请给中心打电话。", when=when)
    )


def check_may_move(
    booking: "Booking", slot: "Slot", now: datetime, *, by_staff: bool = False
) -> None:
    """Refuse to move what is no place, comes too late, or goes to a slot that is closed."""
    if not booking.is_confirmed:
        raise Refused(_("只有约好的名额才能改期。"))
    if booking.person is None:
        raise Refused(_("这位家人已经移出，不能改期。"))
    if slot.activity_id != booking.slot.activity_id or slot.id == booking.slot_id:
        raise Refused(_("只能改到同一个活动的别的场次。"))
    check_single(booking.slot)
    check_single(slot)
    if not by_staff:
        check_may_cancel(booking, now)
    check_window(slot, now, by_staff=by_staff)


def check_single(slot: "Slot") -> None:
    """Refuse to move one date of a whole 期; leave is the way for a single date."""
    if slot.is_of_whole:
        raise Refused(_("整期的活动不能改其中一次。来不了的那一次可以请假。"))


def check_room_holds(slot: "Slot", capacity: int) -> None:
    """Refuse more places than the slot's room holds; what is over already may become fewer."""
    holds = slot.room.capacity
    if holds is not None and capacity > max(holds, slot.capacity):
        raise Refused(
            _(
                "%(room)s只能容纳 %(holds)s 人。要更多名额，先换大一点的房间。",
                room=slot.room.name,
                holds=holds,
            )
        )


def no_place_to_move(slot: "Slot", *, waits_first: bool = False) -> Refused:
    """Return the refusal to move to a slot without a place that is free, or free for this one.

    `waits_first` says to the staff that others wait there.
    """
    if waits_first and slot.places_left:
        return Refused(_("那一场有人在候补。要先给这一家，请写一句原因。"))
    return Refused(_("那一场没有名额了，原来的预约还在。"), others_like(slot))


def check_alone(slot: "Slot", begins_at: datetime, now: datetime) -> None:
    """Refuse a single date of a whole 期 until the 期, which begins at `begins_at`, has begun."""
    if now < begins_at:
        raise Refused(
            _(
                "这是一整期的活动，要整期一起约。%(when)s 开始以后，"
                "哪一次还有名额，可以单约那一次。",
                when=text.when(begins_at),
            ),
            WayOn(_("看整期"), "series.show_series", (("series_id", slot.series_id),)),
        )


def check_begins_later(first: "Slot", now: datetime) -> None:
    """Refuse to book a whole 期 whose first date has begun."""
    if now >= first.starts_at:
        raise Refused(
            _("这一期已经开始了，不能再整期约。哪一次还有名额，可以单约那一次。"),
            others_like(first),
        )


def check_may_leave(booking: "Booking", now: datetime) -> None:
    """Refuse leave from a date that is no place of a whole 期, or that has begun."""
    if not booking.is_confirmed or not booking.slot.is_of_whole:
        raise Refused(_("只有约好的整期里的一次才能请假。"))
    if now >= booking.slot.starts_at:
        raise Refused(_("这一场已经开始了，来不及请假了。请给中心打电话。"))
    _check_not_here(booking, now)


def check_may_return(booking: "Booking", now: datetime) -> None:
    """Refuse to take back a leave not taken, or of a date that has begun or is called off."""
    if not booking.is_on_leave:
        raise Refused(_("这一次没有请假。"))
    if booking.person is None:
        raise Refused(_("这位家人已经移出了。"))
    if not booking.slot.is_open or now >= booking.slot.starts_at:
        raise Refused(_("这一场停办了，或者已经开始了。"))


def check_takes_entries(slot: "Slot", now: datetime, *, is_frozen: bool) -> None:
    """Refuse an entry for a draw after its entries have closed."""
    if is_frozen or (slot.entries_until is not None and now >= slot.entries_until):
        raise Refused(
            _("摇号报名已经截止，等摇号结果出来，还有名额的话先到先得。"), others_like(slot)
        )


def check_room(slot: "Slot") -> None:
    """Refuse a slot with neither a place nor a turn left.

    It only spares those who come too late the wait behind those who are booking; whether there is
    a place is decided in slot_counters, where it is taken.
    """
    if (
        slot.is_open
        and slot.is_full
        and slot.waiting >= slot.waiting_limit
        and not slot.takes_entries
    ):
        raise no_room(slot)


def no_room(slot: "Slot") -> Refused:
    """Return the refusal for a slot whose places and waiting list are full."""
    if slot.waiting_limit:
        return Refused(_("名额满了，候补也排满了。"), others_like(slot))
    return Refused(_("名额满了，这一场不设候补。"), others_like(slot))


def others_like(slot: "Slot") -> WayOn:
    """Return the way to further slots of the same centre."""
    return WayOn(_("看看别的场次"), "timetable.show_centre", (("centre_id", slot.centre_id),))


def _check_not_here(booking: "Booking", now: datetime) -> None:
    """Refuse to give up at home the place of somebody who is here already; the desk looks first."""
    if now >= booking.starts_at - EARLIEST_CHECK_IN and booking.has_arrived:
        raise Refused(_("已经签到了。有变动请找前台。"))
