"""The label of a booking's state, the same on every page that shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub import text
from hub.bookings.models import Booking, BookingState, Ending

if TYPE_CHECKING:
    from hub.bookings.waiting_list.models import Offer


@dataclass(frozen=True)
class StateLabel:
    """What is said of a booking: a word with its colour and sign, and a sentence."""

    tone: str  # good wait bad off
    sign: str  # an icon
    label: str
    sentence: str = ""

    @property
    def badge(self) -> str:
        """The tone as badges call it."""
        return {"good": "good", "wait": "warn", "bad": "bad"}.get(self.tone, "neutral")


def state_label(
    booking: Booking, now: datetime, *, position: int | None = None, offer: "Offer | None" = None
) -> StateLabel:
    """Return the label of a booking; `position` where it waits, `offer` where one is open."""
    if booking.is_live and booking.ends_at <= now:
        return _over(booking)
    match booking.state:
        case BookingState.CONFIRMED:
            return StateLabel("good", "check", _("约好了"))
        case BookingState.OFFERED:
            return _offered(offer, now)
        case BookingState.WAITING:
            return _waiting(position)
        case BookingState.ENTERED:
            sentence = _("还没有约上。摇号结果出来，我们会通知您。")
            return StateLabel("wait", "wait", _("等摇号"), sentence)
        case BookingState.ON_LEAVE:
            sentence = _("这一次请了假，不算缺席，名额让给了别人。")
            return StateLabel("off", "calendar", _("已请假"), sentence)
        case BookingState.NO_SHOW:
            return StateLabel("off", "stop", _("没来"))
        case _:
            return _cancelled(booking)


def _over(booking: Booking) -> StateLabel:
    held = booking.is_confirmed
    return StateLabel("off", "clock", _("已结束") if held else _("没有等到名额"))


def _waiting(position: int | None) -> StateLabel:
    sentence = _("还没有约上。有名额就按顺序轮到您，我们会通知您。")
    label = _("候补第 %(position)s 位", position=position) if position else _("候补")
    return StateLabel("wait", "wait", label, sentence)


def _offered(offer: "Offer | None", now: datetime) -> StateLabel:
    if offer is None:
        return StateLabel("wait", "clock", _("等您确认"), _("给您留了名额，请确认要不要。"))
    if now >= offer.until:
        sentence = _("留给您的名额过了时间没有确认，会给下一位。还想来可以重新约。")
        return StateLabel("off", "clock", _("过时没有确认"), sentence)
    sentence = _(
        "名额给您留到 %(until)s，请在这之前确认。到时候没有确认，就给下一位。",
        until=text.when(offer.until),
    )
    return StateLabel("wait", "clock", _("等您确认"), sentence)


def _cancelled(booking: Booking) -> StateLabel:
    match booking.ending:
        case Ending.CALLED_OFF:
            reason = booking.slot.called_off_reason or _("给您添麻烦了。")
            return StateLabel("bad", "stop", _("这一场停办了"), reason)
        case Ending.MOVED:
            return StateLabel("off", "calendar", _("已改期"), _("改到了别的场次。"))
        case Ending.EXPIRED if _in_vain(booking):
            sentence = _("这一期开始了，没有等到名额。哪一次还有名额，可以单约那一次。")
            return StateLabel("off", "clock", _("没有等到名额"), sentence)
        case Ending.EXPIRED:
            sentence = _("留给您的名额过了时间没有确认，给了下一位。还想来可以重新约。")
            return StateLabel("off", "clock", _("过时没有确认"), sentence)
        case Ending.NOT_DRAWN if booking.slot.draw_given_up_at:
            sentence = _("没能按时摇号，这次不摇了，名额改成先到先得。")
            return StateLabel("off", "stop", _("没有摇号"), sentence)
        case Ending.NOT_DRAWN:
            return StateLabel("off", "stop", _("没摇中"), _("这次没摇中，下次同档优先。"))
    sentence = {
        Ending.STAFF: _("是工作人员取消的。有疑问请打电话给中心。"),
        Ending.DECLINED: _("您没有要留给您的名额，已经让给下一位。"),
    }.get(booking.ending or Ending.FAMILY, "")
    return StateLabel("off", "stop", _("已取消"), sentence)


def _in_vain(booking: Booking) -> bool:
    """Whether a turn for a whole 期 ended because the 期 began."""
    series, ended_at = booking.slot.series, booking.cancelled_at
    if series is None or not series.is_whole or ended_at is None:
        return False
    return text.local_day(ended_at) >= series.starts_on
