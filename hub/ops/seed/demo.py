"""The whole demo, laid down once and moved on to the coming four weeks by every later run."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from hub import clock
from hub.catalogue.models import Centre, Kind
from hub.config import ConfigError, Settings
from hub.db import db
from hub.ops.seed import bookings, centres, draws, ground, people, series, weeks
from hub.ops.seed.files import rows_of


@dataclass(frozen=True)
class Seeded:
    """What a run has added."""

    is_first: bool
    slots: int
    bookings: int


def check_may_seed(settings: Settings) -> None:
    """Raise ConfigError where real families book, be it only that HUB_ENV was forgotten."""
    if settings.is_production:
        raise ConfigError(
            "HUB_ENV=production takes no demo data; hub import-centres loads a real list."
        )
    is_laid = db.session.scalar(select(Kind.id).limit(1)) is not None
    if is_laid and db.session.scalar(select(Centre.id).where(Centre.is_demo).limit(1)) is None:
        raise ConfigError(
            "the database is a real installation's, and the demo would show everybody's sign-in "
            "code; start it with HUB_ENV=production."
        )


def seed(settings: Settings, staff_password_hash: str, now: datetime) -> Seeded:
    """Fill an empty database, or top up the demo in it, in the caller's transaction.

    Nothing that is there is changed, and what people have taken out does not come back.
    """
    check_may_seed(settings)
    today = clock.local(now).date()
    ground.lay_ground()
    ground.lay_holidays()
    is_first = centres.lay_centres()
    if is_first:
        people.lay_staff(staff_password_hash, now)
        people.lay_households(now)
    slots = weeks.plan_weeks(today)
    home_id = _home()
    if home_id is None:
        return Seeded(is_first, slots, 0)
    if is_first:
        bookings.call_some_off(home_id, today)
        bookings.book_for_resident(home_id, now)
        draws.hold_draws(home_id, now)
    slots += series.lay_series(home_id, now, is_first=is_first)
    made = bookings.fill(weeks.planned(today), home_id, now)
    if is_first:
        bookings.let_resident_wait(home_id, now)
    weeks.take_as_reminded(now)
    return Seeded(is_first, slots, made)


def _home() -> int | None:
    """The centre whose desk and manager one can sign in as."""
    name = rows_of("demo_centres.json")[0]["name"]
    return db.session.scalar(select(Centre.id).where(Centre.name == name))
