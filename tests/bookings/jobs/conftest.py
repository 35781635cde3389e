"""After every job everything adds up."""

from tests.bookings.jobs.acts import everything_adds_up

__all__ = ["everything_adds_up"]
