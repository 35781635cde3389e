"""The specification of hub/bookings/my_bookings."""
