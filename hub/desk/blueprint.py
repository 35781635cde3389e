"""The desk as one blueprint, whose endpoints are named like their addresses."""

from flask import Blueprint

from hub.desk.bookings import views as bookings
from hub.desk.corrections import views as corrections
from hub.desk.day import views as day
from hub.desk.draw_number import views as draw_number
from hub.desk.family_bookings import views as family_bookings
from hub.desk.feedback import views as feedback
from hub.desk.group_list import views as group_list
from hub.desk.priorities import views as priorities
from hub.desk.reasons import views as reasons
from hub.desk.roster import views as roster
from hub.desk.sheet import views as sheet
from hub.desk.slot_changes import views as slot_changes

ROOMS = (
    day,
    sheet,
    roster,
    bookings,
    family_bookings,
    group_list,
    slot_changes,
    priorities,
    corrections,
    draw_number,
    reasons,
    feedback,
)

blueprint = Blueprint("desk", __name__)
for room in ROOMS:
    blueprint.register_blueprint(room.blueprint)
