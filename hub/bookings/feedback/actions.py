"""Say how a slot was: one answer per booking; the caller holds the transaction."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from hub.actor import Actor
from hub.bookings.feedback.models import Feedback
from hub.bookings.models import Booking, BookingState
from hub.db import db, inserting
from hub.refusals import Refused, refusal_of

OPEN_FOR = timedelta(days=14)  # after the slot ends; the answer can be changed as long
KEPT_FOR = timedelta(days=180)  # since the last change; then it is deleted


def check_may_say(booking: Booking, now: datetime) -> None:
    """Refuse feedback before the slot ends, after OPEN_FOR, and from those who did not come.

    Those who have a place and are not recorded as missing count as having come.
    """
    if booking.ends_at > now and booking.is_confirmed:
        raise Refused(_("这一场还没有结束，结束以后再告诉我们。"))
    if booking.state is not BookingState.CONFIRMED:
        raise Refused(_("来过的场次才能评价。"))
    if now >= booking.ends_at + OPEN_FOR:
        raise Refused(_("结束两个星期以后就不能再评价了。有话想说，请打电话给中心。"))


def may_say(booking: Booking, now: datetime) -> bool:
    return refusal_of(check_may_say, booking, now) is None


def feedback_on(bookings: Iterable[Booking], now: datetime) -> dict[int, Feedback | None]:
    """Return the bookings on which feedback is open, by id, each with its feedback or None."""
    asked = [booking.id for booking in bookings if may_say(booking, now)]
    return dict.fromkeys(asked) | _said_of(asked) if asked else {}


def say(booking: Booking, is_glad: bool, by: Actor) -> None:
    """Record glad or not, with one tap; a word said before stays. Raises Refused."""
    check_may_say(booking, by.now)
    _keep(booking, {"is_glad": is_glad, "account_id": by.account_id, "at": by.now})


def add_word(booking: Booking, word: str, by: Actor, *, may_call: bool) -> None:
    """Add a word to the answer, and whether the centre may call about it. Raises Refused."""
    check_may_say(booking, by.now)
    said = db.session.get(Feedback, booking.id, with_for_update=True)
    if said is None:
        raise Refused(_("请先选满意还是不满意。"))
    said.word, said.may_call, said.account_id, said.at = word, may_call, by.account_id, by.now


def _keep(booking: Booking, told: dict[str, object]) -> None:
    """Write one row per booking, however often and from wherever it is sent."""
    new = {"word": "", "may_call": False, **told}
    row = {"booking_id": booking.id, "centre_id": booking.slot.centre_id, **new}
    db.session.execute(
        inserting(Feedback)
        .values(row)
        .on_conflict_do_update(index_elements=["booking_id"], set_=told)
    )


def _said_of(booking_ids: Collection[int]) -> dict[int, Feedback]:
    said = select(Feedback).where(Feedback.booking_id.in_(booking_ids))
    return {one.booking_id: one for one in db.session.scalars(said)}
