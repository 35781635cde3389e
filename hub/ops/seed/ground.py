"""What every installation needs, a real one too: the nine kinds and the district units."""

from datetime import date

from sqlalchemy import func, select

from hub.catalogue.models import ClosedDay, District, Kind
from hub.db import db
from hub.ops.seed.files import rows_of

# Each year's plan is published by the State Council in the autumn before. That of 2027 is not
# known yet, and it cannot be computed: make-up workdays are decided. Its file is added then.
HOLIDAYS = ("holidays_2026.json",)


def lay_ground() -> None:
    """Add the kinds and districts that a new database lacks; what people changed stays."""
    known = set(db.session.scalars(select(Kind.code)))
    for position, row in enumerate(rows_of("kinds.json"), start=1):
        if row["code"] not in known:
            db.session.add(Kind(position=position, **row))
    # All or none: a district that was renamed since would come back under its old name.
    if not db.session.scalar(select(func.count(District.id))):
        for position, name in enumerate(rows_of("districts.json"), start=1):
            db.session.add(District(name=name, position=position))
    db.session.flush()


def lay_holidays() -> None:
    """Close every centre on the public holidays of a year of which no day is closed yet."""
    everywhere = ClosedDay.centre_id.is_(None)
    years = {day.year for day in db.session.scalars(select(ClosedDay.day).where(everywhere))}
    for name in HOLIDAYS:
        for row in rows_of(name)["rest_days"]:
            day = date.fromisoformat(row["day"])
            if day.year not in years:
                db.session.add(ClosedDay(day=day, reason=row["reason"]))
    db.session.flush()
