"""The specification of hub/bookings/series."""
