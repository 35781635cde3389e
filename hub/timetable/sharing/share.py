"""What a public page says of itself where its link goes: a group, a preview, a search engine.

A page without a Share is private: it is kept out of search, and its preview names nobody.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from hub import text
from hub.catalogue.models import Centre
from hub.timetable.models import Slot
from hub.timetable.sharing import schema_org, texts
from hub.web.addresses import public_address, public_url
from hub.web.assets import asset


@dataclass(frozen=True)
class Share:
    """The address of a page, and what is said of it in a preview, to a group, to machines.

    It is put into words only where it is asked for: a part of a page needs none of it.
    """

    link: str
    in_a_sentence: Callable[[], str] = str  # empty: what is said of the whole site
    for_a_group: Callable[[], str] = str
    as_record: Callable[[], schema_org.Record] | None = None
    is_over: bool = False  # kept out of search from then on

    @property
    def picture(self) -> str:
        return f"{public_address()}{asset('share.png')}"

    @property
    def record_as_json(self) -> Markup:
        """The record for a script element, safe whatever the titles say; empty without one."""
        if self.as_record is None:
            return Markup()
        return htmlsafe_json_dumps(self.as_record(), ensure_ascii=False, separators=(",", ":"))


def of_page(endpoint: str) -> Share:
    """Share a page that is always there; a search on it does not make it another page."""
    return Share(public_url(endpoint))


def of_draw(slot: Slot) -> Share:
    """Share the page on which anybody can see that the draw of a slot is fair."""
    link = public_url("draws.show_draw", slot_id=slot.id)
    return Share(link, partial(texts.slot_in_a_sentence, slot))


# Remembered of a slot that was read, which is equal to every other reading with the same values.
_slot_in_a_sentence = text.once(texts.slot_in_a_sentence)
_slot_for_a_group = text.once(texts.slot_for_a_group)


def of_slot(slot: Slot, now: datetime) -> Share:
    """Share the page of a slot; `slot` was read to be shown, not loaded to be changed."""
    link = public_url("slots.show_slot", slot_id=slot.id)
    return Share(
        link,
        partial(_slot_in_a_sentence, slot),
        partial(_slot_for_a_group, slot, link, texts.awaited_of(slot, now)),
        partial(schema_org.slot_record, slot, link, now),
        is_over=slot.ends_at <= now,
    )


def of_series(dates: Sequence[Slot], tightest: Slot, now: datetime) -> Share:
    """`dates` are those of a 期 in their order, `tightest` is the one with the fewest places."""
    first = dates[0]
    link = public_url("series.show_series", series_id=first.series_id)
    name = f"{first.activity.title} {first.series.name}" if first.series else first.activity.title
    return Share(
        link,
        partial(texts.series_in_a_sentence, dates, tightest),
        partial(texts.series_for_a_group, name, dates, tightest, link, now),
        partial(schema_org.series_record, name, dates, tightest, link, now),
        is_over=dates[-1].ends_at <= now,
    )


def of_centre(centre: Centre, hours: Sequence[str], slots: Sequence[Slot], now: datetime) -> Share:
    """`slots` are those of the next two weeks, `hours` is in words when it is open."""
    link = public_url("timetable.show_centre", centre_id=centre.id)
    return Share(
        link,
        partial(texts.centre_in_a_sentence, centre, hours),
        partial(texts.centre_for_a_group, centre, hours, slots, link, now),
        partial(schema_org.centre_record, centre, link),
    )
