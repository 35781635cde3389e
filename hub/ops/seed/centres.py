"""The real centres with their known facts, and the demo centres with all that they offer."""

from typing import Any

from sqlalchemy import select

from hub.catalogue.hours import parse_hours
from hub.catalogue.models import (
    Activity,
    Admission,
    Audience,
    Centre,
    District,
    Kind,
    OpeningHours,
    Room,
    StaffMember,
)
from hub.catalogue.pinyin import set_name
from hub.db import db
from hub.ops.import_centres import import_centres
from hub.ops.seed.files import FOLDER, rows_of


def lay_centres() -> bool:
    """Add the centres to a database without demo centres; false where there are some already.

    Once and never again: a demo centre that somebody has renamed or taken out stays so.
    """
    if db.session.scalar(select(Centre.id).where(Centre.is_demo).limit(1)) is not None:
        return False
    if db.session.scalar(select(Centre.id).limit(1)) is None:
        import_centres((FOLDER / "centres.csv").read_bytes())
    districts = {district.name: district for district in db.session.scalars(select(District))}
    kinds = {kind.code: kind for kind in db.session.scalars(select(Kind))}
    names = set(db.session.scalars(select(Centre.name)))
    activities = rows_of("demo_activities.json")
    for row in rows_of("demo_centres.json"):
        if row["name"] not in names and row["district"] in districts:
            _lay_centre(row, districts[row["district"]], kinds, activities)
    db.session.flush()
    return True


def _lay_centre(
    row: dict[str, Any],
    district: District,
    kinds: dict[str, Kind],
    activities: dict[str, dict[str, Any]],
) -> None:
    offered = [
        activities[key] for key in dict.fromkeys(offer["activity"] for offer in row["offers"])
    ]
    featured = {activity["kind"] for activity in offered}
    centre = Centre(
        district=district,
        community=row["community"],
        address=row["address"],
        phone=row["phone"],
        area_m2=row["area_m2"],
        is_demo=True,
        kinds=[kind for kind in kinds.values() if kind.code in featured],
        rooms=[Room(name=name, capacity=capacity) for name, capacity in row["rooms"].items()],
        opening_hours=[
            OpeningHours(weekday=weekday, opens=opens, closes=closes)
            for weekday, (opens, closes) in sorted(parse_hours(row["hours"]).items())
        ],
    )
    set_name(centre, row["name"])
    db.session.add(centre)
    db.session.flush()
    for name in row["team"] + row["volunteers"]:
        is_volunteer = name in row["volunteers"]
        db.session.add(StaffMember(centre_id=centre.id, name=name, is_volunteer=is_volunteer))
    for activity in offered:
        policy = activity | {
            "kind": kinds[activity["kind"]],
            "audience": Audience(activity["audience"]),
            "admission": Admission(activity.get("admission", Admission.FIRST_COME)),
        }
        db.session.add(Activity(centre=centre, **policy))
