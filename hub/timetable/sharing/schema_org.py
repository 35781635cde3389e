"""Slots, 期 and centres in the words of schema.org, for search engines.

The words for people are in texts. What is not known is left out, never guessed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub import clock
from hub.catalogue.models import Centre
from hub.timetable.models import Slot
from hub.web.addresses import public_url

VOCABULARY = "https://schema.org"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Record = dict[str, Any]


def slot_record(slot: Slot, link: str, now: datetime) -> Record:
    """Return an Event: when and where it is held, what it costs, whether it can be booked."""
    return _event("Event", slot.activity.title, [slot], slot, link, now)


def series_record(
    name: str, dates: Sequence[Slot], tightest: Slot, link: str, now: datetime
) -> Record:
    """Return an EventSeries from first to last date, offered for as long as the `tightest` is."""
    return _event("EventSeries", name, dates, tightest, link, now)


def centre_record(centre: Centre, link: str) -> Record:
    """Return a Place with its opening hours."""
    hours = [
        {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": f"{VOCABULARY}/{WEEKDAYS[row.weekday]}",
            "opens": f"{row.opens:%H:%M}",
            "closes": f"{row.closes:%H:%M}",
        }
        for row in centre.opening_hours
    ]
    told = _place(centre) | {"url": link, "openingHoursSpecification": hours}
    return {"@context": VOCABULARY} | _known(told)


def _event(
    kind: str, name: str, dates: Sequence[Slot], offered: Slot, link: str, now: datetime
) -> Record:
    first, last = dates[0], dates[-1]
    takes_place = any(slot.is_open for slot in dates)
    together = len(dates) if offered.is_of_whole else 1
    told = {
        "@context": VOCABULARY,
        "@type": kind,
        "name": name,
        "url": link,
        "description": first.activity.summary,
        "startDate": clock.local(first.starts_at).isoformat(),
        "endDate": clock.local(last.ends_at).isoformat(),
        "eventStatus": f"{VOCABULARY}/{'EventScheduled' if takes_place else 'EventCancelled'}",
        "eventAttendanceMode": f"{VOCABULARY}/OfflineEventAttendanceMode",
        "location": _place(first.centre),
        "organizer": {
            "@type": "Organization",
            "name": first.centre.name,
            "url": public_url("timetable.show_centre", centre_id=first.centre_id),
        },
        "typicalAgeRange": _years(first.youngest_months, first.oldest_months),
        "isAccessibleForFree": first.fee_fen == 0,
        "offers": {
            "@type": "Offer",
            "url": link,
            "price": _yuan(first.fee_fen * together),
            "priceCurrency": "CNY",
            "availability": f"{VOCABULARY}/{_availability(offered, now)}",
            "validFrom": clock.local(first.opens_at).isoformat(),
        },
    }
    return _known(told)


def _place(centre: Centre) -> Record:
    address = {
        "@type": "PostalAddress",
        "streetAddress": centre.address or centre.community,
        "addressLocality": centre.district.name,
        "addressRegion": "重庆市",
        "addressCountry": "CN",
    }
    told = {
        "@type": "Place",
        "name": centre.name,
        "telephone": centre.phone,
        "address": _known(address),
    }
    return _known(told)


def _availability(slot: Slot, now: datetime) -> str:
    if not slot.is_open or now >= slot.closes_at or slot.is_full:
        return "SoldOut"
    return "PreOrder" if now < slot.opens_at else "InStock"


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _years(youngest_months: int | None, oldest_months: int | None) -> str:
    """3-6 · 18- · -5, as schema.org writes ages."""
    if youngest_months is None and oldest_months is None:
        return ""
    first, last = (
        "" if months is None else str(months // 12) for months in (youngest_months, oldest_months)
    )
    return f"{first}-{last}"


def _known(told: Record) -> Record:
    return {name: value for name, value in told.items() if value not in ("", [])}
