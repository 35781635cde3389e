"""Book for families and count look-ups; the caller holds the transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from hub.accounts.actions import account_of
from hub.accounts.models import Account
from hub.actor import Actor
from hub.bookings.models import Booking
from hub.bookings.same_child import declare_namesakes
from hub.bookings.series import actions as series
from hub.bookings.single_slot.actions import book_party
from hub.db import db
from hub.desk import messages
from hub.desk.family_bookings import rules
from hub.families.actions import add_person, household_of, person_like
from hub.families.queries import my_persons
from hub.limits import count_first_uses, count_use, delete_old_counts
from hub.refusals import Refused
from hub.timetable.models import Slot
from hub.timetable.queries import slots_of_series, whole_begins_at

LOOKUPS, IN = 100, timedelta(hours=1)  # look-ups of families by phone, per member of the staff
GROUP_LOOKUPS = 200  # of families in pasted lists: two full lists


def count_lookup(account_id: int) -> None:
    """Count a look-up of a family. Raises Refused past the limit: no desk works like that."""
    if not count_use("desk_lookup", str(account_id), most=LOOKUPS, window=IN):
        raise Refused(rules.too_many_lookups())


def count_group_lookups(account_id: int, phones: Collection[str]) -> None:
    """Count the families of a pasted list, each once an hour however often it is looked at.

    Raises Refused past the limit.
    """
    delete_old_counts(len(phones) + 1)
    new = count_first_uses("desk_family", [f"{account_id}\n{phone}" for phone in phones], window=IN)
    if not count_use("desk_group", str(account_id), most=GROUP_LOOKUPS, window=IN, times=new):
        raise Refused(rules.too_many_lookups())


def book_at_desk(
    slot: Slot,
    phone: str,
    person_ids: Sequence[int],
    newcomer: dict[str, Any] | None,
    *,
    clerk: Account,
    by: Actor,
    is_estimate: bool = False,
    namesake_reason: str = "",
) -> Sequence[Booking]:
    """Book for persons of the family with this phone, and for a newcomer: all or none.

    The family's account and household are made if there are none. A date of a whole 期 that has not
    begun is booked with all the others. `is_estimate` says that the newcomer's birth date is one;
    the family is asked to correct it. `namesake_reason` says why they are not the same children as
    those who have this slot in another household. Raises Refused.
    """
    guardian = account_of(phone, by.now)
    household = household_of(guardian, by.now, by=clerk)
    ids = list(person_ids)
    if newcomer:
        person = person_like(household, newcomer["name"], newcomer["birth_date"])
        person = person or add_person(clerk, household, now=by.now, **newcomer)
        ids += [person.id] if person.id not in ids else []
    persons = my_persons(guardian, ids, lock=True)
    if namesake_reason:
        declare_namesakes(slot, persons, namesake_reason, by)
    is_known = _is_known(by.request_key)
    dates = _booked_as_one(slot, by.now)
    booked = series.enrol(dates, persons, by) if dates else book_party(slot, persons, by)
    # Known, and for the same persons: the form came a second time, and the family was told. A key
    # that is sent with other persons silences nothing.
    if not (is_known and booked[0].request_key == by.request_key):
        messages.tell_booked(booked, by.now, is_estimate=is_estimate)
    return booked


def _booked_as_one(slot: Slot, now: datetime) -> Sequence[Slot]:
    begins_at = whole_begins_at(slot.series_id) if slot.series_id else None
    return (
        slots_of_series(slot.series_id) if slot.series_id and begins_at and now < begins_at else []
    )


def _is_known(request_key: str | None) -> bool:
    before = select(Booking.id).where(Booking.request_key == request_key)
    return bool(request_key) and db.session.scalar(before) is not None
