"""Load a list of real centres: all of it, or nothing if a line is wrong."""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import Select, inspect, select
from sqlalchemy.orm import selectinload

from hub import audit
from hub.catalogue.models import Centre, District, Kind, OpeningHours, Room
from hub.catalogue.pinyin import set_name
from hub.db import db
from hub.ops.centre_file import BadFile, CentreRow, on_line, read_centres

PLAIN = ("community", "address", "phone", "area_m2", "source_url")


@dataclass
class Imported:
    """How many centres of the file were not known, known otherwise, and known just so."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


def import_centres(content: bytes) -> Imported:
    """Load a file in the caller's transaction. Raises BadFile with every problem it has.

    A centre that is known by its name is changed where the file says something: the services and
    the hours become those of the file, rooms are added, and what the file leaves empty stays.
    """
    districts = {district.name: district for district in db.session.scalars(_districts())}
    kinds = {kind.name: kind for kind in db.session.scalars(select(Kind).where(Kind.is_active))}
    rows = read_centres(content, districts, kinds)
    known = _known([row.name for row in rows])
    _check_not_demo(rows, known)
    imported = Imported()
    for row in rows:
        centre = known.get(row.name)
        if centre is None:
            centre = Centre(district=districts[row.district])
            set_name(centre, row.name)
            db.session.add(centre)
        _fill(centre, row, districts[row.district], kinds)
        _count(imported, centre)
    db.session.flush()
    return imported


def _districts() -> Select[District]:
    return select(District).where(~District.is_retired)


def _known(names: list[str]) -> dict[str, Centre]:
    loaded = selectinload(Centre.rooms), selectinload(Centre.kinds)
    query = select(Centre).where(Centre.name.in_(names)).options(*loaded)
    centres = db.session.scalars(query.options(selectinload(Centre.opening_hours)))
    return {centre.name: centre for centre in centres}


def _check_not_demo(rows: list[CentreRow], known: dict[str, Centre]) -> None:
    problems = [
        on_line(row.line, _("“%(name)s”是演示数据里的中心，请换个名称", name=row.name))
        for row in rows
        if row.name in known and known[row.name].is_demo
    ]
    if problems:
        raise BadFile(problems)


def _fill(centre: Centre, row: CentreRow, district: District, kinds: dict[str, Kind]) -> None:
    centre.district = district
    for name in PLAIN:
        if value := getattr(row, name):
            setattr(centre, name, value)
    if row.services:
        featured = sorted((kinds[name] for name in row.services), key=lambda kind: kind.position)
        if featured != centre.kinds:
            centre.kinds = featured
    names = {room.name for room in centre.rooms}
    centre.rooms.extend(Room(name=name) for name in row.rooms if name not in names)
    if row.hours:
        _set_hours(centre, row)


def _set_hours(centre: Centre, row: CentreRow) -> None:
    known = {day.weekday: day for day in centre.opening_hours}
    for weekday in known.keys() - row.hours.keys():
        centre.opening_hours.remove(known[weekday])
    for weekday, (opens, closes) in sorted(row.hours.items()):
        if weekday in known:
            known[weekday].opens, known[weekday].closes = opens, closes
        else:
            day = OpeningHours(weekday=weekday, opens=opens, closes=closes)
            centre.opening_hours.append(day)


def _count(imported: Imported, centre: Centre) -> None:
    is_new = inspect(centre).pending or inspect(centre).transient
    rows = [centre, *centre.rooms, *centre.opening_hours]
    is_changed = any(row in db.session.new or db.session.is_modified(row) for row in rows)
    if is_new:
        imported.new += 1
    elif is_changed:
        imported.changed += 1
    else:
        imported.unchanged += 1
        return
    db.session.flush()
    audit.record("import" if is_new else "change_by_import", centre, account_id=None)
