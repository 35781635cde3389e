"""What the staff changes about a slot that has bookings: capacity, calling off, restoring."""
