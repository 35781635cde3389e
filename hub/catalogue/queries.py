"""Districts, the nine kinds, and centres with their facts."""

import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import cache

from flask import abort
from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from hub.catalogue.models import Centre, ClosedDay, District, Kind
from hub.db import db

CENTRES_ON_A_PAGE = 40
LONGEST_SEARCH = 40

WRITTEN = (Centre.name, Centre.community, District.name)
TYPED = (Centre.pinyin, Centre.initials)


def kinds() -> Sequence[Kind]:
    """Return the nine services in order, those not open yet included."""
    return db.session.scalars(_kinds()).all()


@cache
def _kinds() -> Select[Kind]:
    return select(Kind).order_by(Kind.position, Kind.id)


def districts() -> Sequence[tuple[District, bool]]:
    """Return the district units in use, each with whether it has a centre yet."""
    return [(district, bool(has_one)) for district, has_one in db.session.execute(_districts())]


@cache
def _districts() -> Select[District, bool]:
    has_centre = exists().where(Centre.district_id == District.id)
    in_use = select(District, has_centre).where(District.is_retired.is_(False))
    return in_use.order_by(District.position, District.id)


def find_centres(
    words: str, district_id: int | None, page_number: int
) -> tuple[Sequence[Centre], bool]:
    """Return one page of centres, district by district, and whether there are more.

    Words (of `plain_words`) are found in names and communities as they are written, and in names
    as they are typed in pinyin or its initials; a district's own name finds its centres.
    """
    chosen = (
        select(Centre)
        .join(Centre.district)
        .options(contains_eager(Centre.district), selectinload(Centre.kinds))
        .order_by(District.position, District.id, Centre.name)
    )
    if district_id is not None:
        chosen = chosen.where(Centre.district_id == district_id)
    if words:
        chosen = chosen.where(_is_called(words))
    first = (page_number - 1) * CENTRES_ON_A_PAGE
    rows = db.session.scalars(chosen.offset(first).limit(CENTRES_ON_A_PAGE + 1)).all()
    return rows[:CENTRES_ON_A_PAGE], len(rows) > CENTRES_ON_A_PAGE


def centre_with_facts(centre_id: int) -> Centre:
    """Return a centre with everything its page tells; else 404."""
    centre = db.session.scalar(
        select(Centre)
        .where(Centre.id == centre_id)
        .options(
            joinedload(Centre.district),
            selectinload(Centre.kinds),
            selectinload(Centre.rooms),
            selectinload(Centre.opening_hours),
        )
    )
    return centre or abort(404)


def closed_days(centre_id: int, first: date, last: date) -> dict[date, str]:
    """Return the days on which the centre is closed, with reasons; its own reason goes first."""
    here = or_(ClosedDay.centre_id == centre_id, ClosedDay.centre_id.is_(None))
    rows = db.session.scalars(
        select(ClosedDay)
        .where(here, ClosedDay.day.between(first, last))
        .order_by(ClosedDay.centre_id.is_(None).desc())
    )
    return {closed.day: closed.reason for closed in rows}


def plain_words(typed: str) -> str:
    """Return what was typed as it is searched: usual letters, none unseen, not endless."""
    plain = unicodedata.normalize("NFKC", typed)
    seen = "".join(character if character.isprintable() else " " for character in plain)
    return " ".join(seen.split())[:LONGEST_SEARCH].strip()


def _is_called(words: str) -> ColumnElement[bool]:
    written = [column.icontains(words, autoescape=True) for column in WRITTEN]
    keys = words.lower().replace(" ", "").replace("'", "")  # yong li, xi'an
    typed = [column.contains(keys, autoescape=True) for column in TYPED if keys]
    return or_(*written, *typed)
