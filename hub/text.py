"""Dates, ages, prices and numbers as people say them, in the language of the page."""

import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache, wraps
from typing import Any, ParamSpec

from flask_babel import format_date, format_datetime, get_locale, ngettext
from flask_babel import gettext as _

from hub import clock

MONTHS_UP_TO = 36  # ages under three years are told in months too
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters nobody sees

Said = ParamSpec("Said")


def once(say: Callable[Said, str]) -> Callable[Said, str]:
    """Remember what is said of the same thing, for one day and language.

    The pattern of a date costs more than the rest of its line, and a page shows a dozen of them.
    """

    def said(_today: date, _language: str | None, *args: Any, **kwargs: Any) -> str:
        return say(*args, **kwargs)

    remembered: Any = lru_cache(maxsize=5000)(said)

    @wraps(say)
    def remember(*args: Said.args, **kwargs: Said.kwargs) -> str:
        locale = get_locale()
        words: str = remembered(clock.today(), locale and locale.language, *args, **kwargs)
        return words

    return remember


@once
def day(value: date) -> str:
    """今天 周一 11月23日 · 周六 11月28日: whole, so that no day is taken for another."""
    return f"{near_day(value)} {plain_day(value)}".strip()


@once
def near_day(value: date) -> str:
    """昨天 · 今天 · 明天 · 后天, or nothing: true on this day only."""
    ahead = (value - clock.today()).days
    return {-1: _("昨天"), 0: _("今天"), 1: _("明天"), 2: _("后天")}.get(ahead, "")


@once
def short_day(value: date) -> str:
    """昨天 · 今天 · 明天 · 后天 · 周六 11月28日."""
    return near_day(value) or plain_day(value)


@once
def day_name(value: date) -> str:
    """昨天 · 今天 · 明天 · 后天 · 周六."""
    return near_day(value) or format_date(value, "EEE")


def plain_day(value: date) -> str:
    """周六 11月28日."""
    return f"{format_date(value, 'EEE')} {month_day(value)}"


@once
def month_day(value: date) -> str:
    """11月28日; the year only when it is another one."""
    is_this_year = value.year == clock.today().year
    return format_date(value, _("M月d日") if is_this_year else _("y年M月d日"))


@once
def dated(instant: datetime) -> str:
    """周二 11月24日 14:00: the same on whatever day it is read, for what is kept."""
    return f"{plain_day(local_day(instant))} {minute(instant)}"


@once
def weekday(value: date) -> str:
    """一 … 日, as short as a calendar has it above its columns."""
    return format_date(value, "EEEEE")


def local_day(instant: datetime) -> date:
    """Return the date on which an instant falls in Chongqing."""
    return clock.local(instant).date()


@once
def minute(instant: datetime) -> str:
    """09:30, on a clock in Chongqing."""
    return format_datetime(instant, "HH:mm")


@once
def span(starts_at: datetime, ends_at: datetime) -> str:
    """09:30–11:00 · 22:00–次日 08:00: the same on whatever day it is read."""
    end = local_day(ends_at)
    nights = (end - local_day(starts_at)).days
    if not nights:
        return f"{minute(starts_at)}–{minute(ends_at)}"
    ends = minute(ends_at)
    said = _("次日 %(minute)s", minute=ends) if nights == 1 else f"{plain_day(end)} {ends}"
    return f"{minute(starts_at)}–{said}"


def hours(opens: time, closes: time) -> str:
    """09:00–18:00 · 08:00–24:00 · 20:00–次日 08:00: opening hours of one day."""
    ends = f"{closes:%H:%M}"
    if closes == time(0):
        ends = "24:00"
    elif closes <= opens:
        ends = _("次日 %(minute)s", minute=ends)
    return f"{opens:%H:%M}–{ends}"


def dated_span(starts_at: datetime, ends_at: datetime) -> str:
    """周二 11月24日 14:00–15:30: the same on whatever day it is read, for what is passed on."""
    return f"{plain_day(local_day(starts_at))} {span(starts_at, ends_at)}"


def when(instant: datetime) -> str:
    """今天 14:00 · 周六 11月28日 14:00."""
    return f"{short_day(local_day(instant))} {minute(instant)}"


@once
def stamp(instant: datetime) -> str:
    """2026-11-23 14:00, for what is printed."""
    return format_datetime(instant, "yyyy-MM-dd HH:mm")


def months_old(birth_date: date, on: date) -> int:
    """Return whole months of age; born on the 31st, the 1st counts after a shorter month."""
    months = (on.year - birth_date.year) * 12 + on.month - birth_date.month
    return months - (on.day < birth_date.day)


@once
def age(birth_date: date, on: date | None = None) -> str:
    """8个月 · 2岁4个月 · 5岁: months are told under three."""
    return months_as_age(months_old(birth_date, on or clock.today()))


@once
def months_as_age(months: int) -> str:
    years, rest = divmod(max(months, 0), 12)
    said_years = ngettext("%(num)s岁", "%(num)s岁", years)
    said_months = ngettext("%(num)s个月", "%(num)s个月", rest)
    if months >= MONTHS_UP_TO or (years and not rest):
        return said_years
    return _("%(years)s%(months)s", years=said_years, months=said_months) if years else said_months


@once
def ages(youngest_months: int | None, oldest_months: int | None) -> str:
    """6个月–3岁 · 满18岁 · 不满3岁 · 年龄不限; `oldest_months` is the last month that fits."""
    if youngest_months is None and oldest_months is None:
        return _("年龄不限")
    if oldest_months is None:
        return _("满%(age)s", age=months_as_age(youngest_months or 0))
    # 6–12岁 is spoken of whole years: the month before somebody turns 13 is still 12.
    last = oldest_months - 11 if oldest_months % 12 == 11 else oldest_months
    if youngest_months is None and last != oldest_months:
        return _("不满%(years)s岁", years=last // 12 + 1)
    if youngest_months is None:
        return _("%(age)s及以下", age=months_as_age(last))
    if youngest_months == last:
        return months_as_age(last)
    if not youngest_months % 12 and not last % 12:
        return _("%(first)s–%(last)s岁", first=youngest_months // 12, last=last // 12)
    return f"{months_as_age(youngest_months)}–{months_as_age(last)}"


@once
def who(audience: str, youngest_months: int | None, oldest_months: int | None) -> str:
    """3–6岁的孩子 · 大人 · 1–3岁的孩子，一位大人陪着; `audience` as the catalogue's word for it."""
    fits = ages(youngest_months, oldest_months)
    if audience == "adult":
        return _("大人") if youngest_months is None else _("大人（%(ages)s）", ages=fits)
    if audience == "child_with_adult":
        return _("孩子（%(ages)s），要有一位大人陪着", ages=fits)
    return _("孩子（%(ages)s）", ages=fits)


@once
def fee(fen: int) -> str:
    """免费 · ¥20 · ¥9.90."""
    if fen == 0:
        return _("免费")
    return f"¥{fen // 100}" if fen % 100 == 0 else f"¥{fen / 100:.2f}"


@once
def duration(minutes: int) -> str:
    """2 小时 · 45 分钟 · 1 小时 30 分钟."""
    hours, rest = divmod(minutes, 60)
    said_hours = ngettext("%(num)s 小时", "%(num)s 小时", hours)
    said_minutes = ngettext("%(num)s 分钟", "%(num)s 分钟", rest)
    if hours and rest:
        return f"{said_hours} {said_minutes}"
    return said_hours if hours else said_minutes


def number(value: str) -> str:
    """482 193 7756: a booking's number as it is read out."""
    return f"{value[:3]} {value[3:6]} {value[6:]}"


def phone(e164: str) -> str:
    """138 0013 8000 for the mainland, else the number as it is."""
    if e164.startswith("+86") and len(e164) == 14:
        return f"{e164[3:6]} {e164[6:10]} {e164[10:]}"
    return e164


def one_line(typed: str) -> str:
    """Return what was typed with single spaces between words and nothing in it that is not seen.

    It is sent to others, and must neither be empty to them nor turn the words around it.
    """
    return " ".join("".join(one for one in typed if one.isspace() or _is_seen(one)).split())


def last_four(e164: str) -> str:
    """Return the last four digits: all that a roster shows of a guardian's phone."""
    return e164[-4:]


def _is_seen(character: str) -> bool:
    """Whether it is no control, format mark or filler (two of which count as letters)."""
    return unicodedata.category(character)[0] != "C" and character not in FILLERS
