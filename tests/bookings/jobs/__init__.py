"""The specification of hub/bookings/jobs."""
