"""What the centre staff need on the day: today, rosters, the printed day sheet."""
