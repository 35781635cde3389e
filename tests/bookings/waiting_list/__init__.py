"""The specification of hub/bookings/waiting_list."""
