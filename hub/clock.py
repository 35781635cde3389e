"""The time where the centres are: the one clock, which tests stop."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return this instant, aware, in UTC as the database stores it."""
    return datetime.now(UTC)


def today() -> date:
    """Return the date in Chongqing (a UTC day would end there at 08:00)."""
    return local(now()).date()


def local(instant: datetime) -> datetime:
    """Return the same instant on a clock in Chongqing."""
    return instant.astimezone(ZONE)


def at(day: date, minute: time) -> datetime:
    """Return the instant, in UTC, at which a clock in Chongqing shows this day and time."""
    return datetime.combine(day, minute, ZONE).astimezone(UTC)


def day_bounds(first: date, last: date | None = None) -> tuple[datetime, datetime]:
    """Return the first midnight in Chongqing and the one that ends `last` (default: `first`)."""
    return at(first, time.min), at((last or first) + timedelta(days=1), time.min)
