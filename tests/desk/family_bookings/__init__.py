"""The specification of hub/desk/family_bookings."""
