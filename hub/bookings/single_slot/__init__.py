"""Booking, cancelling and moving in one slot, and the slot's page with its button."""
