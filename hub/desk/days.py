"""A day as it stands in an address of the desk, and as it is written out at the top of a page."""

from datetime import date, timedelta

from flask_babel import format_date
from flask_babel import gettext as _
from werkzeug.routing import BaseConverter, ValidationError

YEARS = range(2000, 2200)  # beyond them no centre has a day, and clocks run out of range


class DayConverter(BaseConverter):
    """`2026-11-23` and nothing else; an address with a day that does not exist is not found."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        try:
            day = date.fromisoformat(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        if day.year not in YEARS:
            raise ValidationError(f"{value} is out of range")
        return day

    def to_url(self, value: date) -> str:
        return value.isoformat()


def in_words(day: date) -> str:
    """2026年11月23日 星期一: complete, as paper outlives the day."""
    return str(format_date(day, _("y年M月d日 EEEE")))


def week_of(day: date) -> list[date]:
    """Monday to Sunday around this day."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=offset) for offset in range(7)]
