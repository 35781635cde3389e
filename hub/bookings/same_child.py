"""The same child in two households: one place in a slot, one lot in a draw, one set of quotas.

Nothing of the other household is told to a family. The staff sees what stands against it, and
may decide, with a reason, that two persons are two (`Namesake`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import or_, select

from hub import text
from hub.actor import Actor
from hub.bookings.eligibility import never_paused
from hub.bookings.household_limits import HouseholdBooking, check_child
from hub.bookings.models import LIVE, Booking, BookingState
from hub.bookings.queries import bookings_of_household, household_booking_rows, remembered_since
from hub.db import db
from hub.families.models import Namesake, Person
from hub.families.rules import is_same_person
from hub.refusals import Refused, WayOn
from hub.timetable.models import Slot

Elsewhere = Mapping[int, Sequence[HouseholdBooking]]  # by the id of the person here


class SameChild(Refused):
    """The child seems to have this already in another household; the staff may decide it."""


def check_same_child(slots: Sequence[Slot], persons: Sequence[Person], by: Actor) -> None:
    """Refuse a child who has one of these slots, or a place at its time, in another household.

    For what families book, the bookings elsewhere also count for the child's weekly quota and
    pauses. Call it while the slots are locked, after the bookings are saved: two households that
    press at the same moment follow each other. Raises SameChild.
    """
    elsewhere = _bookings_elsewhere(slots[0], persons, by.now)
    if not elsewhere:
        return
    for person in persons:
        for booking in elsewhere.get(person.id, ()):
            for slot in slots:
                _check_free(slot, person, booking, by)
    if not by.is_staff:
        _check_limits(slots, persons, elsewhere, by.now)


def declare_namesakes(slot: Slot, persons: Sequence[Person], reason: str, by: Actor) -> None:
    """Write down that these persons are not those who look the same elsewhere, with the reason.

    Only those who have a booking that matters for this slot are meant: others were not looked at.
    """
    for one, other in {(id_, twin) for id_, twin, _row in _look_elsewhere(slot, persons, by.now)}:
        first, second = sorted((one, other))
        db.session.add(
            Namesake(
                person_id=first,
                other_id=second,
                centre_id=slot.centre_id,
                at=by.now,
                account_id=by.account_id,
                reason=reason,
            )
        )
    db.session.flush()


def _check_free(slot: Slot, person: Person, booking: HouseholdBooking, by: Actor) -> None:
    is_here = booking.slot_id == slot.id
    overlaps = booking.starts_at < slot.ends_at and slot.starts_at < booking.ends_at
    if not (booking.is_live and is_here) and not (booking.holds and overlaps):
        return
    name = person.name
    if not by.is_staff:
        said = (
            _("%(name)s好像已经报过这一场了，请问问家里人，或者打电话给中心。", name=name)
            if is_here
            else _("%(name)s这个时间好像已经约了别的，请问问家里人，或者打电话给中心。", name=name)
        )
        raise SameChild(said, _way_on(slot))
    if is_here:
        number = text.number(booking.number)
        raise SameChild(
            _(
                "%(name)s好像在另一家名下已经报过这一场，预约号 %(number)s。",
                name=name,
                number=number,
            )
        )
    raise SameChild(_("%(name)s这个时间好像在另一家名下约了别的场次。", name=name))


def _check_limits(
    slots: Sequence[Slot], persons: Sequence[Person], elsewhere: Elsewhere, now: datetime
) -> None:
    """Refuse a child whose quota is used up, or who is paused, with what is booked elsewhere."""
    here = {slot.id for slot in slots}
    household = bookings_of_household(persons[0].household_id, slots[0], now)
    before = [booking for booking in household if booking.slot_id not in here]
    for person in persons:
        kept = elsewhere.get(person.id, [])
        bookings = [*kept, *(booking for booking in before if booking.person_id == person.id)]
        is_exempt = person.id in never_paused(slots[0], [person], bookings)
        for slot in slots:
            if kept and _is_refused(slot, person, bookings, now, is_exempt):
                said = _(
                    "%(name)s好像在别处也约过，这次约不上了。请问问家里人，或者打电话给中心。",
                    name=person.name,
                )
                raise SameChild(said, _way_on(slot))


def _is_refused(
    slot: Slot,
    person: Person,
    bookings: Sequence[HouseholdBooking],
    now: datetime,
    is_never_paused: bool,
) -> bool:
    try:
        check_child(slot, person, bookings, now, is_never_paused=is_never_paused)
    except Refused:
        return True
    return False


def _bookings_elsewhere(slot: Slot, persons: Sequence[Person], now: datetime) -> Elsewhere:
    """Return the bookings of the same children elsewhere, as if made for the persons here."""
    found: dict[int, list[HouseholdBooking]] = defaultdict(list)
    for person_id, _twin, booking in _look_elsewhere(slot, persons, now):
        found[person_id].append(replace(booking, person_id=person_id))
    return found


def _look_elsewhere(
    slot: Slot, persons: Sequence[Person], now: datetime
) -> Iterable[tuple[int, int, HouseholdBooking]]:
    """Yield (person here, the same child elsewhere, a live or missed booking of theirs).

    One query: by the children's keys, then by the bookings of the few who agree in them.
    """
    since = remembered_since(slot, now)
    columns = household_booking_rows().add_columns(Person.id, Person.name, Person.birth_date)
    rows = db.session.execute(
        columns.join(Person, Person.id == Booking.person_id)
        .where(Person.child_key.in_({person.child_key for person in persons}))
        .where(Person.id.not_in([person.id for person in persons]))
        .where(Booking.starts_at > since)
        .where(Booking.state.in_((*LIVE, BookingState.NO_SHOW)))
    ).all()
    if not rows:
        return
    told_apart = _told_apart(persons)
    for *columns_of_booking, twin, name, born in rows:
        for person in persons:
            same = is_same_person((person.name, person.birth_date), (name, born))
            if same and frozenset((person.id, twin)) not in told_apart:
                yield person.id, twin, HouseholdBooking(*columns_of_booking)


def _told_apart(persons: Sequence[Person]) -> set[frozenset[int]]:
    ids = [person.id for person in persons]
    rows = db.session.execute(
        select(Namesake.person_id, Namesake.other_id).where(
            or_(Namesake.person_id.in_(ids), Namesake.other_id.in_(ids))
        )
    )
    return {frozenset(pair) for pair in rows}


def _way_on(slot: Slot) -> WayOn:
    return WayOn(_("看中心电话"), "timetable.show_centre", (("centre_id", slot.centre_id),))
