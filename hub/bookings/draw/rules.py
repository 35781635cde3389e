"""The draw (摇号): an order that nobody can foresee or bend and anybody can recompute. Pure.

1. A secret is drawn, and its commitment is shown before entries open. 2. Entries close, and the
numbered list is shown. 3. A public number that nobody could know before is typed in with its
source. 4. Secret and number together give the order.
"""

import enum
import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub import clock
from hub.config import ROOT

if TYPE_CHECKING:
    from hub.bookings.draw.models import Draw
    from hub.timetable.models import Slot

# Shown on the page of a draw, and run by the tests.
SCRIPT_FILE = "draw/recompute.py.txt"  # in static/
SCRIPT = (ROOT / "static" / SCRIPT_FILE).read_text(encoding="utf-8")


class Outcome(enum.StrEnum):
    """What an entry drew; withdrawn means cancelled after the list was frozen."""

    PLACE = "place"
    WAITING = "waiting"
    NONE = "none"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Entry:
    """One party on the frozen list; it is drawn as one, however many persons belong to it."""

    registration: int  # its number on the list, from 1
    tier: int  # 0 goes before 1
    lost_before: bool
    places: int


def draw_secret() -> str:
    """Return 32 random bytes in hexadecimal."""
    return secrets.token_hex(32)


def commitment(secret: str) -> str:
    """Return the SHA-256 of the secret's text: it ties us to the secret and tells nothing of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def seed_of(secret: str, public_number: str) -> str:
    """Return the SHA-256 of `secret:public_number`, the number as it is shown."""
    return hashlib.sha256(f"{secret}:{public_number}".encode()).hexdigest()


def order(entries: Iterable[Entry], seed: str) -> list[Entry]:
    """Sort the entries as drawn: by tier, then those who lost last time, then by lot.

    The lot is the HMAC-SHA256 of the registration number; its key is the seed's text, not the
    bytes it spells, so that any tool at hand computes the same.
    """

    def drawn(entry: Entry) -> tuple[int, bool, str]:
        lot = hmac.new(seed.encode(), str(entry.registration).encode(), hashlib.sha256)
        return entry.tier, not entry.lost_before, lot.hexdigest()

    return sorted(entries, key=drawn)


def allot(
    ordered: Iterable[Entry], places: int, waiting_limit: int, smaller_first: bool
) -> dict[int, Outcome]:
    """Return what each registration gets: places for the whole party, else turns, else nothing.

    Turns are counted as places are, since that is the number the public list shows of each party.
    With `smaller_first`, parties after one that did not fit are served if they fit; without it no
    later party gets places, nor, after the first that found no turns, turns.
    """
    outcomes = {}
    places_open = turns_open = True
    for entry in ordered:
        if places_open and entry.places <= places:
            outcomes[entry.registration] = Outcome.PLACE
            places -= entry.places
            continue
        places_open = smaller_first
        if turns_open and entry.places <= waiting_limit:
            outcomes[entry.registration] = Outcome.WAITING
            waiting_limit -= entry.places
            continue
        turns_open = smaller_first
        outcomes[entry.registration] = Outcome.NONE
    return outcomes


def as_csv(entries: Iterable[Entry], withdrawn: Collection[int] = ()) -> str:
    """Return the frozen list as the script reads it, with who has cancelled since it was frozen."""
    rows = [
        f"{entry.registration},{entry.tier},{int(entry.lost_before)},{entry.places},"
        f"{int(entry.registration in withdrawn)}\n"
        for entry in entries
    ]
    return "registration,tier,lost_before,places,withdrawn\n" + "".join(rows)


def how(smaller_first: bool) -> list[str]:
    """Return the steps of the draw in words: enough to recompute it by hand."""
    passing = (
        _("前面一份不够分、后面人数少的一份正好够，就先给后面这一份；排候补也一样。")
        if smaller_first
        else _("有一份不够分了，后面的就都不再给名额；有一份候补排不下了，后面的也都不再排。")
    )
    return [
        _(
            "报名开始前，网站先随机定下一串暗号，并公布它的指纹（暗号这串文字的 SHA-256）。"
            "暗号先不公开，可谁也换不了了：换一个，指纹就对不上。"
        ),
        _("一家人一起报的算一份，要几个名额写在名单上。多报几次也只算一份。"),
        _(
            "报名截止，名单定下来并公布，每份有一个登记号（1、2、3……），以后不再改。"
            "这以后整份退出的，登记号留着，不再给名额；少来几个人的，名额跟着减。"
        ),
        _("名单公布以后，再取一个事先谁也不知道的公开数字，写明出处，同时公开暗号。"),
        _(
            "把“暗号:公开数字”这串文字（中间是英文冒号）算一次 SHA-256，"
            "写成 64 个小写的十六进制字符，这叫种子。"
        ),
        _(
            "每份的签：拿种子这 64 个字符作密钥，对登记号（写成数字，前面不补零）算 HMAC-SHA256，"
            "写成小写十六进制。"
        ),
        _(
            "排顺序：照顾级别 0 的在 1 的前面；级别一样，上次没摇中的在前面；"
            "再一样，签小的在前面（像查字典那样从左往右比）。"
        ),
        _(
            "照这个顺序一份一份地给：剩下的名额够一份全部的人，就全给；不够就一个也不给，整份去候补。"
            "候补的各份，名额加起来不能超过候补上限，排不下的这次就没有。"
        ),
        passing,
    ]


# The public number: what the welfare lottery's 3D draws every evening, three digits from 000 to 999
# (rules of 中国福利彩票3D: drawn daily at 21:15). In one spelling, since each is another order.
NUMBER = re.compile(r"[0-9]{3}")
NUMBER_AT = time(21, 15)
# Families must know before they set out.
LATEST = timedelta(hours=2)


def number_at(entries_until: datetime) -> datetime:
    """Return when the public number is drawn: on the first evening after entries have ended."""
    day = clock.local(entries_until).date()
    evening = clock.at(day, NUMBER_AT)
    return evening if evening > entries_until else clock.at(day + timedelta(days=1), NUMBER_AT)


def drawn_until(slot: "Slot") -> datetime:
    """Return the instant from which a draw is not held any more, but given up."""
    entries_until = slot.entries_until or slot.starts_at
    return slot.starts_at - min(LATEST, (slot.starts_at - entries_until) / 2)


class Phase(enum.StrEnum):
    """How far a draw has come."""

    BEFORE = "before"  # entries open later
    OPEN = "open"
    CLOSED = "closed"  # the list will be there in a moment
    FROZEN = "frozen"
    NUMBERED = "numbered"
    DRAWN = "drawn"
    GIVEN_UP = "given_up"  # not held in time


STEPS = {  # the present one of the four steps on the page; one that was given up shows none
    Phase.BEFORE: 1,
    Phase.OPEN: 1,
    Phase.CLOSED: 2,
    Phase.FROZEN: 3,
    Phase.NUMBERED: 4,
    Phase.DRAWN: 5,
    Phase.GIVEN_UP: 5,
}


def phase_of(slot: "Slot", draw: "Draw | None", now: datetime) -> Phase:
    """Return how far the draw of a slot has come; without a draw yet, by the clock alone."""
    if slot.draw_given_up_at:
        return Phase.GIVEN_UP
    if draw and draw.drawn_at:
        return Phase.DRAWN
    if draw and draw.numbered_at:
        return Phase.NUMBERED
    if draw and draw.frozen_at:
        return Phase.FROZEN
    if slot.entries_until and now >= slot.entries_until:
        return Phase.CLOSED
    return Phase.BEFORE if now < slot.opens_at else Phase.OPEN
