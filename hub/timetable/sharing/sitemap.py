"""What search engines are told: which pages there are, and which to leave alone.

A sitemap has at most 50,000 addresses, and a city has about as many slots on one day; so the
first one leads to one of the centres and one for each of the coming days that have slots.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from xml.sax.saxutils import escape

from flask import Blueprint, Response, current_app
from sqlalchemy import ColumnElement, exists, select

from hub import clock
from hub.catalogue.models import Centre
from hub.db import db
from hub.timetable.models import Slot, SlotState
from hub.timetable.queries import DAYS_AHEAD
from hub.web.addresses import public_url
from hub.web.security import Admits, open_to

MOST = 50_000
PRIVATE = (
    "/booked",
    "/bookings",
    "/desk",
    "/family",
    "/me",
    "/offers",
    "/sign-in",
)
KEEP = "public, max-age=3600"
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"

blueprint = Blueprint("sitemap", __name__)


@blueprint.get("/robots.txt")
@open_to(Admits.EVERYONE)
def show_robots() -> Response:
    """Ask search engines to stay away from a demo; only a real site is to be found."""
    private = PRIVATE if current_app.config["HUB"].is_production else ("/",)
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in private)]
    lines.append(f"Sitemap: {public_url('sitemap.show_sitemap')}")
    return _kept("\n".join(lines) + "\n", "text/plain")


@blueprint.get("/sitemap.xml")
@open_to(Admits.EVERYONE)
def show_sitemap() -> Response:
    parts = [
        public_url("sitemap.show_pages"),
        *(public_url("sitemap.show_slots", day=day) for day in _days_with_slots()),
    ]
    return _xml("sitemapindex", "sitemap", parts)


@blueprint.get("/sitemap/pages")
@open_to(Admits.EVERYONE)
def show_pages() -> Response:
    always = ("timetable.home", "timetable.find", "timetable.centres")
    ids = db.session.scalars(select(Centre.id).order_by(Centre.id).limit(MOST - len(always)))
    centres = _each("timetable.show_centre", "centre_id", ids)
    return _xml("urlset", "url", [*map(public_url, always), *centres])


@blueprint.get("/sitemap/slots/<day:day>")
@open_to(Admits.EVERYONE)
def show_slots(day: date) -> Response:
    ids = db.session.scalars(
        select(Slot.id).where(*_to_come_on(day)).order_by(Slot.starts_at, Slot.id).limit(MOST)
    )
    return _xml("urlset", "url", _each("slots.show_slot", "slot_id", ids))


def _days_with_slots() -> Sequence[date]:
    """Return the days from today on that have an open slot; one query."""
    today = clock.today()
    days = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
    has_slots = (exists().where(*_to_come_on(day)) for day in days)
    found = db.session.execute(select(*has_slots)).one()
    return [day for day, has_some in zip(days, found, strict=True) if has_some]


def _to_come_on(day: date) -> tuple[ColumnElement[bool], ...]:
    start, end = clock.day_bounds(day)
    return (
        Slot.starts_at >= max(start, clock.now()),
        Slot.starts_at < end,
        Slot.state == SlotState.OPEN,
    )


def _each(endpoint: str, name: str, ids: Iterable[int]) -> Iterator[str]:
    """Return the addresses of very many pages; building one costs more than its query."""
    first = public_url(endpoint, **{name: 0}).removesuffix("0")
    return (f"{first}{one}" for one in ids)


def _xml(root: str, entry: str, addresses: Iterable[str]) -> Response:
    entries = "".join(f"<{entry}><loc>{escape(one)}</loc></{entry}>\n" for one in addresses)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n'
    return _kept(f"{head}{entries}</{root}>\n", "application/xml")


def _kept(text: str, mimetype: str) -> Response:
    return Response(text, mimetype=mimetype, headers={"Cache-Control": KEEP})
