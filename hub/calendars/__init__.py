"""Bookings in the calendars of phones: single events and a household's private feed."""
