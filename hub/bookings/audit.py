"""Audit entries of bookings, for people to read; no logic reads them."""

from collections.abc import Iterable

from hub.audit import record
from hub.bookings.models import Booking


def record_all(act: str, bookings: Iterable[Booking], account_id: int | None) -> None:
    """Record in the audit who did this to each of these bookings, which have been flushed."""
    for booking in bookings:
        record(
            act,
            booking,
            account_id=account_id,
            household_id=booking.household_id,
            detail=f"{booking.channel} {booking.state}",
        )
