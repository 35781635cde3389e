"""The desk of a centre: its day, rosters, bookings for families, slot changes, the day sheet."""
