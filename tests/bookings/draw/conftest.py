"""The fixtures of draws."""

from tests.bookings.draw.acts import a_draw, families, within

__all__ = ["a_draw", "families", "within"]
