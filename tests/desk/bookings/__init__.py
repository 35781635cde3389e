"""The specification of hub/desk/bookings."""
