"""花名册: who is booked in a slot."""
