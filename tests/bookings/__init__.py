"""The specification of hub/bookings."""
