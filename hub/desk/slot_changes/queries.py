"""Who hears of a slot that is called off."""

from sqlalchemy import func, select

from hub.bookings.models import LIVE, Booking
from hub.db import db
from hub.timetable.models import Slot


def families_told(slot: Slot) -> tuple[int, int]:
    """Return how many families and persons are told when the slot is called off."""
    live = Booking.slot_id == slot.id, Booking.state.in_(LIVE)
    counted = select(func.count(Booking.household_id.distinct()), func.count()).where(*live)
    families, persons = db.session.execute(counted).one()
    return families, persons
