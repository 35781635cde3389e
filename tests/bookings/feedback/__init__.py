"""The specification of hub/bookings/feedback."""
