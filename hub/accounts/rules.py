"""How long a code lives, how often one may be asked for, and what is said past the limits. Pure."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from flask_babel import gettext as _
from flask_babel import ngettext

from hub.refusals import Refused

CODE_LIFE = timedelta(minutes=5)  # long enough to look for the message and one's glasses
CODE_TRIES = 5  # five guesses in a million
RESEND_AFTER = timedelta(seconds=60)  # a message on a weak network needs that long

HOUR, DAY, QUARTER = timedelta(hours=1), timedelta(days=1), timedelta(minutes=15)
# Nobody's phone can be made to ring all day, and guessing gets 50 tries a day in a million.
CODES_PER_PHONE_AND_HOUR = 5
CODES_PER_PHONE_AND_DAY = 10
# Everybody in WeChat, or in a centre's wireless network, may come from one address.
CODES_PER_ADDRESS_AND_HOUR = 60
# People who forgot their password try a few; a list of common passwords is longer.
PASSWORDS_PER_BROWSER_AND_QUARTER = 10
PROVED_FOR = timedelta(minutes=10)  # from the right code to the password


class TooMany(Refused):
    """Codes were asked for too often; the message says what can be done instead."""


class TooSoon(Refused):
    """A code is on its way; another may be asked for in a little while."""


class Verdict(enum.Enum):
    """What came of entering a code."""

    RIGHT = enum.auto()
    WRONG = enum.auto()
    USED_UP = enum.auto()
    USED = enum.auto()
    EXPIRED = enum.auto()


@dataclass(frozen=True)
class Attempt:
    """One entering of a code; `tries_left` matters if it was wrong."""

    verdict: Verdict
    tries_left: int = 0


def check_may_resend(sent_at: datetime | None, now: datetime) -> None:
    """Refuse another code while the last one may still be on its way."""
    if sent_at is None or now - sent_at >= RESEND_AFTER:
        return
    raise TooSoon(
        ngettext(
            "验证码刚刚发过，请看看短信。没收到的话，再等 %(num)s 秒就可以重新要一个。",
            "验证码刚刚发过，请看看短信。没收到的话，再等 %(num)s 秒就可以重新要一个。",
            ceil((sent_at + RESEND_AFTER - now).total_seconds()),
        )
    )


def why_no_code_lives(
    tries_left: int, used_at: datetime | None, expires_at: datetime, now: datetime
) -> Verdict:
    """Return what became of a phone's last code, when no try of it could be claimed."""
    if used_at is not None:
        return Verdict.USED
    if expires_at <= now:
        return Verdict.EXPIRED
    return Verdict.USED_UP if tries_left == 0 else Verdict.EXPIRED


def why_not(attempt: Attempt) -> str:
    """Return the sentence for somebody whose code did not open the account."""
    if attempt.verdict is Verdict.WRONG and attempt.tries_left:
        left = attempt.tries_left
        return ngettext(
            "验证码不对，还可以试 %(num)s 次。", "验证码不对，还可以试 %(num)s 次。", left
        )
    if attempt.verdict in {Verdict.WRONG, Verdict.USED_UP}:
        return _("试错太多次，这个验证码不能再用了。请点下面的“重新发一个”。")
    if attempt.verdict is Verdict.USED:
        return _("这个验证码已经用过了。请点下面的“重新发一个”。")
    return _("这个验证码已经过期了（5 分钟内有效）。请点下面的“重新发一个”。")


def too_many_codes() -> TooMany:
    return TooMany(_("要验证码的次数太多了。请过一个小时再试，或打电话给中心、到前台登记。"))


def too_many_passwords() -> TooMany:
    return TooMany(_("试的次数太多了。请过 15 分钟再试，或请管理员帮您重设密码。"))
