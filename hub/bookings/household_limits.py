"""What a household's bookings say about one more: too many, too often, or at the same time. Pure.

The caller brings the household's bookings (`HouseholdBooking`) and leaves out one that is about to
be moved. They reach back to the Monday of the slot's week and, for pauses after no-shows, over
`no_show_days` and `pause_days` before now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub import text
from hub.bookings.deadlines import week_of
from hub.bookings.rules import check_fits
from hub.refusals import Refused, WayOn

if TYPE_CHECKING:
    from hub.families.models import Person
    from hub.timetable.models import Slot

LIVE = frozenset({"entered", "waiting", "offered", "confirmed"})
HOLDING = frozenset({"offered", "confirmed"})
NO_SHOW = "no_show"
# Enough for a family of five with a booking every day, too few to hoard with.
MOST_UPCOMING = 60


@dataclass(frozen=True)
class HouseholdBooking:
    """What a household's limits need to know of one of its bookings, in whatever state."""

    number: str
    party: str  # the same for all that was booked together
    person_id: int | None
    slot_id: int
    kind_id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    state: str  # a BookingState
    excused: bool  # whether staff forgave the no-show
    places: int

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def holds(self) -> bool:
        """Whether it holds places; who only waits, or is entered, may still have one elsewhere."""
        return self.state in HOLDING

    @property
    def is_missed(self) -> bool:
        """Whether it counts as a no-show: a leave does not, nor does what the staff excused."""
        return self.state == NO_SHOW and not self.excused


def check_person(
    slots: Sequence["Slot"],
    person: "Person",
    bookings: Sequence[HouseholdBooking],
    now: datetime,
    *,
    adding: int = 1,
    is_never_paused: bool = False,
    by_staff: bool = False,
) -> None:
    """Refuse a person who may not have all of these slots, for the first reason that stands.

    1. The age on the day does not fit. 2. They are booked in a slot already, or have a place
    elsewhere at the same time. What the staff books is refused for nothing else. 3. The household
    holds very much already. 4. The weekly quotas of the kind are used up. 5. They are paused after
    no-shows.
    `adding` is how many persons of the household are booked now.
    """
    check_fits(slots[0], person.name, person.birth_date)
    for slot in slots:
        check_free(slot, person.id, person.name, bookings)
    if by_staff:
        return
    check_most(bookings, now)
    kind_id = slots[0].activity.kind_id
    for slot in slots:
        check_quota(slot, kind_id, person.id, person.name, bookings, adding)
    if not is_never_paused:
        check_not_paused(slots[0], person, no_shows_of(person, bookings), now)


def check_free(
    slot: "Slot", person_id: int, name: str, bookings: Iterable[HouseholdBooking]
) -> None:
    """Refuse a person who is booked in the slot already, or has a place elsewhere at the same time.

    A booking that begins when another ends is fine, and so is a turn on a waiting list, or an
    entry for a draw, at the same time.
    """
    for booking in bookings:
        if not booking.is_live or booking.person_id != person_id:
            continue
        if booking.slot_id == slot.id:
            raise Refused(_here_already(name, booking), _way_to(booking))
        if booking.holds and booking.starts_at < slot.ends_at and slot.starts_at < booking.ends_at:
            said = _(
                "%(name)s这个时间已经约了“%(title)s”（%(when)s）。",
                name=name,
                title=booking.title,
                when=f"{text.day(text.local_day(booking.starts_at))} "
                f"{text.span(booking.starts_at, booking.ends_at)}",
            )
            raise Refused(said, _way_to(booking))


def check_quota(
    slot: "Slot",
    kind_id: int,
    person_id: int,
    name: str,
    bookings: Iterable[HouseholdBooking],
    adding: int = 1,
) -> None:
    """Refuse one booking more of a kind than a person or a household may have in a week.

    The week is the slot's, from Monday in Chongqing. What is live, was attended, or was missed
    without an excuse counts; the dates of a whole 期 count once. `adding` is how many of the
    household are booked now.
    """
    that_week = _in_week_of(slot, kind_id, bookings)
    check_person_quota(slot, person_id, name, that_week)
    if slot.household_per_week is not None and len(that_week) + adding > slot.household_per_week:
        raise Refused(
            _(
                "这类活动每家每周最多约 %(limit)s 个，您家那一周已有 %(count)s 个，"
                "再约 %(adding)s 个就超了。",
                limit=slot.household_per_week,
                count=len(that_week),
                adding=adding,
            ),
            _way_to_all(),
        )


def check_person_quota(
    slot: "Slot", person_id: int, name: str, that_week: Iterable[tuple[str, int | None]]
) -> None:
    """Refuse one booking more than a person may have in a week; `that_week` is (party, person)."""
    of_person = sum(1 for _party, booked_for in that_week if booked_for == person_id)
    if slot.person_per_week is not None and of_person + 1 > slot.person_per_week:
        raise Refused(
            _(
                "这类活动每人每周最多约 %(limit)s 次，%(name)s那一周已经约了 %(count)s 次。",
                limit=slot.person_per_week,
                name=name,
                count=of_person,
            ),
            _way_to_all(),
        )


def check_child(
    slot: "Slot",
    person: "Person",
    bookings: Sequence[HouseholdBooking],
    now: datetime,
    *,
    is_never_paused: bool,
) -> None:
    """Refuse a person for what counts for that person alone, not for the household.

    `bookings` are all that were made for this person, under whatever household.
    """
    that_week = _in_week_of(slot, slot.activity.kind_id, bookings)
    check_person_quota(slot, person.id, person.name, that_week)
    if not is_never_paused:
        check_not_paused(slot, person, no_shows_of(person, bookings), now)


def _in_week_of(
    slot: "Slot", kind_id: int, bookings: Iterable[HouseholdBooking]
) -> set[tuple[str, int | None]]:
    """Return what counts for the quotas of the slot's week, each (party, person) once."""
    monday, next_monday = week_of(slot.starts_at)
    return {
        (booking.party, booking.person_id)
        for booking in bookings
        if (booking.is_live or booking.is_missed)
        and booking.kind_id == kind_id
        and monday <= booking.starts_at < next_monday
    }


def check_most(
    bookings: Iterable[HouseholdBooking], now: datetime, most: int = MOST_UPCOMING
) -> None:
    """Refuse a household with too many coming bookings; what was booked together counts once."""
    ahead = {booking.party for booking in bookings if booking.is_live and booking.starts_at > now}
    if len(ahead) >= most:
        raise Refused(
            _(
                "您家已经有 %(count)s 个预约了，等用掉一些，或取消不去的，再来约。",
                count=len(ahead),
            ),
            _way_to_all(),
        )


def paused_until(
    no_shows: Iterable[datetime], *, limit: int | None, days: int, pause_days: int
) -> datetime | None:
    """Return the end, maybe long past, of the last pause that these unexcused no-shows caused.

    A pause begins with the `limit`-th within `days` days (the very same time of day is still
    within) and lasts `pause_days`; nobody has to lift it. None where there was none, or the
    policy (no `limit`) knows none.
    """
    if limit is None:
        return None
    missed = sorted(no_shows)
    within, pause = timedelta(days=days), timedelta(days=pause_days)
    ends = [
        last + pause
        for first, last in zip(missed, missed[limit - 1 :], strict=False)
        if last - first <= within
    ]
    return max(ends, default=None)


def no_shows_of(person: "Person", bookings: Iterable[HouseholdBooking]) -> list[datetime]:
    """Return the starts of what a person missed, unexcused.

    No-shows of persons who were taken out of the household before this person was entered count
    too: nobody can tell any more whose those were, and taking a person out and entering them again
    must not clear them. The staff excuses what was not theirs.
    """
    entered_at = person.entered_at
    return [
        booking.starts_at
        for booking in bookings
        if booking.is_missed
        and (
            booking.person_id == person.id
            or (booking.person_id is None and entered_at and booking.starts_at < entered_at)
        )
    ]


def check_not_paused(
    slot: "Slot", person: "Person", no_shows: Iterable[datetime], now: datetime
) -> None:
    """Refuse a person who missed too much lately without a word, until the pause is over."""
    until = paused_until(
        no_shows, limit=slot.no_show_limit, days=slot.no_show_days, pause_days=slot.pause_days
    )
    if until is None or now >= until:
        return
    raise Refused(
        _(
            "%(name)s有 %(limit)s 次约了没来，%(when)s 起可以再约。有特殊情况就跟中心说一声，"
            "可以不算没来。",
            name=person.name,
            limit=slot.no_show_limit,
            when=text.when(until),
        ),
        WayOn(_("看中心电话"), "timetable.show_centre", (("centre_id", slot.centre_id),)),
    )


def attendance_share(came: int, missed: int) -> int | None:
    """Return the whole percents of the dates of a 期 that a person came to; None without dates.

    Rounded down. Leaves and excused absences are neither came nor missed: the caller leaves them
    out.
    """
    return came * 100 // (came + missed) if came + missed else None


def check_attendance(percent: int | None, came: int, missed: int, name: str) -> None:
    """Refuse the next 期 to a person who came to less than this share of the last one.

    Nobody is refused without a bar (`percent` is None), nor for a 期 without dates.
    """
    share = attendance_share(came, missed)
    if percent is not None and share is not None and share < percent:
        raise Refused(
            _(
                "%(name)s上一期来了 %(came)s 次，没请假缺了 %(missed)s 次，不到 %(percent)s%%，"
                "这一期先让给别的孩子。有特殊情况请给中心打电话。",
                name=name,
                came=came,
                missed=missed,
                percent=percent,
            )
        )


def _here_already(name: str, booking: HouseholdBooking) -> str:
    facts = {"name": name, "number": text.number(booking.number)}
    if booking.state == "entered":
        return _("%(name)s已经报了这一场的摇号，预约号 %(number)s。", **facts)
    if booking.state == "waiting":
        return _("%(name)s已经在候补这一场了，预约号 %(number)s。", **facts)
    if booking.state == "offered":
        return _("这一场给%(name)s留了名额，等您确认，预约号 %(number)s。", **facts)
    return _("%(name)s已经约过这一场了，预约号 %(number)s。", **facts)


def _way_to(booking: HouseholdBooking) -> WayOn:
    return WayOn(_("看这个预约"), "bookings.show_booking", (("number", booking.number),))


def _way_to_all() -> WayOn:
    return WayOn(_("看我的预约"), "bookings.my_bookings")
