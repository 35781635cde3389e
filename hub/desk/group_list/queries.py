"""What is known of the people of a pasted list: bookings at the time, and what became of lines."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from hub.accounts.models import Account
from hub.actor import own_key
from hub.audit import record_read
from hub.bookings.household_limits import HouseholdBooking
from hub.bookings.models import LIVE, Booking
from hub.bookings.queries import household_booking_rows
from hub.db import db
from hub.families.models import Household
from hub.timetable.models import Slot


def bookings_at_the_time(person_ids: Collection[int], slot: Slot) -> list[HouseholdBooking]:
    """Return what these persons have booked at the time of a slot, there or elsewhere."""
    then = (
        Booking.person_id.in_(person_ids),
        Booking.state.in_(LIVE),
        Booking.starts_at < slot.ends_at,
        Booking.ends_at > slot.starts_at,
    )
    rows = household_booking_rows().where(*then)
    return [HouseholdBooking(*row) for row in db.session.execute(rows)] if person_ids else []


def booked_with_keys(account: Account, keys: Iterable[str]) -> dict[str, Booking]:
    """Return the live bookings that this account made with these request keys, by key."""
    own = {own_key(account.id, key): key for key in keys}
    mine = Booking.request_key.in_(list(own)), Booking.made_by_id == account.id
    found = (
        select(Booking)
        .where(*mine, Booking.state.in_(LIVE))
        .options(joinedload(Booking.person), joinedload(Booking.slot))
    )
    return {own[str(booking.request_key)]: booking for booking in db.session.scalars(found)}


def note_looks(households: Mapping[str, Household], account_id: int) -> None:
    """Record that one of the staff saw the persons of these households."""
    seen = {one.id: len(one.persons) for one in households.values()}
    for household_id, persons in sorted(seen.items()):
        record_read("household", household_id, account_id=account_id, persons=persons)
