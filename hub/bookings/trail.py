"""The trail of bookings in the audit: what was done to them, and how they stand since."""

from collections.abc import Iterable

from hub.audit import record
from hub.bookings.models import Booking


def note(act: str, bookings: Iterable[Booking], account_id: int | None) -> None:
    """Write down who did this to each of these bookings, which have been flushed before."""
    for booking in bookings:
        record(
            act,
            booking,
            account_id=account_id,
            household_id=booking.household_id,
            detail=f"{booking.channel} {booking.state}",
        )
