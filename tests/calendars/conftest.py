"""Slots and bookings to be put into calendars: the fixtures of the bookings."""

from tests.bookings.conftest import a_place, booked, fill_up, give_up, mother, offer_of

__all__ = ["a_place", "booked", "fill_up", "give_up", "mother", "offer_of"]
