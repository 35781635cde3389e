"""A desk and families that try everything."""

from tests.bookings.acts import desk

__all__ = ["desk"]
