"""Bookings: places in slots and whole 期, the waiting list, draws, attendance and feedback."""
