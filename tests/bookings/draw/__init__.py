"""The specification of hub/bookings/draw."""
