"""The specification of hub/bookings/single_slot."""
