"""Who is booked in slots, as the desk sees it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from hub import clock
from hub.accounts.models import Account
from hub.bookings.models import LIVE, Arrival, Booking, BookingState, Ending, Excuse
from hub.bookings.waiting_list.models import Offer
from hub.db import db
from hub.families.models import Guardian, Person, Priority
from hub.text import last_four
from hub.timetable.models import Slot

ON_SCREEN = (*LIVE, BookingState.NO_SHOW, BookingState.ON_LEAVE)
ON_PAPER = (
    BookingState.CONFIRMED,
    BookingState.OFFERED,
    BookingState.WAITING,
    BookingState.ON_LEAVE,
)
MOST_CANCELLED = 200


@dataclass(frozen=True)
class Listed:
    """One booking on a roster, with its check-in, excuse, priority and offer."""

    booking: Booking
    came_at: datetime | None
    is_excused: bool
    goes_first: bool
    held_until: datetime | None

    @property
    def person(self) -> Person | None:
        return self.booking.person


@dataclass(frozen=True)
class Roster:
    """The bookings of a slot in the order they were made; those that wait in order of turn."""

    day: date
    listed: list[Listed] = field(default_factory=list)
    # The last four digits of the guardians' phones, by household: all that the desk sees of them.
    digits: dict[int, list[str]] = field(default_factory=dict)

    def of(self, *states: str) -> list[Listed]:
        return [listed for listed in self.listed if listed.booking.state in states]

    @property
    def confirmed(self) -> list[Listed]:
        return self.of(BookingState.CONFIRMED)

    @property
    def holders(self) -> list[Listed]:
        """The bookings with given or held places; of a called-off slot, those that had one."""
        return self.of(BookingState.CONFIRMED, BookingState.OFFERED, BookingState.CANCELLED)

    @property
    def waiting(self) -> list[Listed]:
        waiting = self.of(BookingState.WAITING)
        return sorted(waiting, key=lambda listed: (listed.booking.turn, listed.booking.id))

    @property
    def came(self) -> int:
        return sum(listed.came_at is not None for listed in self.confirmed)

    @property
    def persons(self) -> int:
        """How many persons this shows (one who was removed has left no name)."""
        return sum(listed.person is not None for listed in self.listed)


def rosters_of(
    slots: Sequence[Slot], states: Sequence[BookingState] = ON_SCREEN
) -> dict[int, Roster]:
    """Return the rosters of these slots, by slot id; two queries for any number of slots.

    The roster of a called-off slot also holds those who had a place or a turn until then.
    """
    rosters = {slot.id: Roster(day=clock.local(slot.starts_at).date()) for slot in slots}
    shown = (
        Booking.slot_id.in_(rosters),
        or_(Booking.state.in_(states), Booking.ending == Ending.CALLED_OFF),
    )
    phones = (
        select(Guardian.household_id, Account.phone)
        .join(Guardian.account)
        .where(Guardian.household_id.in_(select(Booking.household_id).where(*shown)))
        .order_by(Guardian.account_id)
    )
    digits: dict[int, list[str]] = defaultdict(list)
    for household_id, phone in db.session.execute(phones):
        digits[household_id].append(last_four(phone))
    for row in db.session.execute(listed_rows().where(*shown).order_by(Booking.id)):
        listed = Listed(*row)
        roster = rosters[listed.booking.slot_id]
        roster.listed.append(listed)
        roster.digits[listed.booking.household_id] = digits[listed.booking.household_id]
    return rosters


def cancelled_of(slot: Slot) -> Sequence[Booking]:
    """Return the cancelled bookings of a slot, the latest first, to restore one of them."""
    gone = (
        select(Booking)
        .where(Booking.slot_id == slot.id, Booking.state == BookingState.CANCELLED)
        .options(joinedload(Booking.person))
        .order_by(Booking.cancelled_at.desc(), Booking.id.desc())
    )
    return db.session.scalars(gone.limit(MOST_CANCELLED)).all()


def listed_rows() -> Select[Booking, datetime, bool, bool, datetime]:
    """Select the columns of Listed; at most one row of each other table belongs to a booking."""
    is_open = Offer.party == Booking.party, Offer.answered_at.is_(None)
    return (
        select(
            Booking,
            Arrival.at,
            Excuse.booking_id.is_not(None),
            Priority.person_id.is_not(None),
            Offer.until,
        )
        .outerjoin(Arrival, Arrival.booking_id == Booking.id)
        .outerjoin(Excuse, Excuse.booking_id == Booking.id)
        .outerjoin(Priority, Priority.person_id == Booking.person_id)
        .outerjoin(Offer, (is_open[0]) & is_open[1] & (Booking.state == BookingState.OFFERED))
        .options(joinedload(Booking.person))
    )
