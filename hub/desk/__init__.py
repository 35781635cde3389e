"""What the centre staff need: today, rosters, marks, bookings for families, the day sheet."""
