"""A date written out, and the week around it, at the top of the desk's pages."""

from datetime import date, timedelta

from flask_babel import format_date
from flask_babel import gettext as _


def in_words(day: date) -> str:
    """2026年11月23日 星期一: complete, because paper outlives the day."""
    return str(format_date(day, _("y年M月d日 EEEE")))


def week_of(day: date) -> list[date]:
    """Return the seven days from Monday to Sunday around this day."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=offset) for offset in range(7)]
