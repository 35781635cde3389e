"""What time it is where the centres are; the one clock, which tests stop."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """This instant, aware, in UTC as the database keeps it."""
    return datetime.now(UTC)


def today() -> date:
    """The date on a wall calendar in Chongqing (a UTC day would end there at 08:00)."""
    return local(now()).date()


def local(instant: datetime) -> datetime:
    """The same instant on a clock in Chongqing."""
    return instant.astimezone(ZONE)


def at(day: date, minute: time) -> datetime:
    """The instant at which a clock in Chongqing shows this day and time, in UTC."""
    return datetime.combine(day, minute, ZONE).astimezone(UTC)


def day_bounds(first: date, last: date | None = None) -> tuple[datetime, datetime]:
    """From the first midnight in Chongqing to the one that ends `last` (default: the same day)."""
    return at(first, time.min), at((last or first) + timedelta(days=1), time.min)
