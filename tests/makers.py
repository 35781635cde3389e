"""Rows for tests: each maker states only what a test is about, the rest is ordinary.

slot = a_slot(places_left=1)
slot_id, child_id = saved(slot, a_child(name="小满"))
"""

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from hub import clock
from hub.accounts.models import Account, Role, RoleName
from hub.actor import Channel
from hub.bookings.models import Booking, BookingState, Ending
from hub.bookings.numbers import is_number
from hub.catalogue.models import Activity, Audience, Centre, District, Kind, Room, StaffMember
from hub.catalogue.pinyin import set_name
from hub.families.models import Guardian, Household, Person, Sex
from hub.timetable.models import Slot

_next = count(1)


def a_district(**given: Any) -> District:
    n = next(_next)
    return District(**{"name": f"第{n}区", "position": n} | given)


def a_kind(**given: Any) -> Kind:
    n = next(_next)
    usual = {"code": f"kind{n}", "name": f"好服务{n}", "icon": "class", "position": n}
    return Kind(**usual | given)


def a_centre(**given: Any) -> Centre:
    n = next(_next)
    usual = {"name": f"第{n}社区渝好空间", "phone": "023-00000000", "address": f"测试路{n}号"}
    given.setdefault("district", given.pop("district", None) or a_district())
    centre = Centre(**usual | given)
    set_name(centre, centre.name)
    return centre


def a_room(centre: Centre | None = None, **given: Any) -> Room:
    usual = {"name": f"房间{next(_next)}", "capacity": 100}
    return Room(**{"centre": centre or a_centre(), **usual} | given)


def a_lead(centre: Centre, **given: Any) -> StaffMember:
    return StaffMember(**{"centre_id": centre.id, "name": f"老师{next(_next)}"} | given)


def an_activity(centre: Centre | None = None, **given: Any) -> Activity:
    usual = {
        "centre": centre or a_centre(),
        "title": f"活动{next(_next)}",
        "audience": Audience.CHILD,
        "fee_fen": 0,
        "waiting_limit": 10,
        "cancel_minutes_before": 120,
    }
    given.setdefault("kind", given.pop("kind", None) or a_kind())
    return Activity(**usual | given)


def a_slot(activity: Activity | None = None, **given: Any) -> Slot:
    """Tomorrow at 14:00 for an hour and a half, open for booking, ten places, all free.

    `places_left` alone makes the other places missing from the count of rows: use bookings where
    the two must agree.
    """
    activity = activity or an_activity(given.pop("centre", None))
    starts_at = given.pop("starts_at", None) or tomorrow(14)
    capacity = given.pop("capacity", 10)
    usual = {
        "activity": activity,
        "centre": activity.centre,
        "room": given.pop("room", None) or a_room(activity.centre),
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=90),
        "opens_at": starts_at - timedelta(days=28),
        "closes_at": starts_at,
        "cancel_until": starts_at - timedelta(minutes=120),
        "capacity": capacity,
        "places_left": capacity,
        "audience": activity.audience,
        "youngest_months": activity.youngest_months,
        "oldest_months": activity.oldest_months,
        "fee_fen": activity.fee_fen,
        "waiting_limit": activity.waiting_limit,
    }
    return Slot(**usual | given)


def tomorrow(hour: int, minute: int = 0) -> datetime:
    """Tomorrow at this hour in Chongqing."""
    start, _ = clock.day_bounds(clock.today() + timedelta(days=1))
    return start + timedelta(hours=hour, minutes=minute)


def an_account(**given: Any) -> Account:
    usual = {"phone": f"+86138{next(_next):08d}", "created_at": clock.now()}
    return Account(**usual | given)


def staff_of(centre: Centre | None, role: RoleName = RoleName.DESK, **given: Any) -> Account:
    """Somebody with a role at this centre (None: at every centre). Save the centre first."""
    account = an_account(**{"name": "工作人员"} | given)
    account.roles = [Role(name=role, centre_id=centre.id if centre else None)]
    return account


def a_household(**given: Any) -> Household:
    return Household(**{"created_at": clock.now()} | given)


def a_guardian(household: Household | None = None, **given: Any) -> Guardian:
    """Somebody who looks after a household; `.account` is who signs in."""
    return Guardian(account=an_account(**given), household=household or a_household())


def a_child(household: Household | None = None, **given: Any) -> Person:
    """Six years old today."""
    usual = {"name": f"孩子{next(_next)}", "birth_date": years_ago(6), "sex": Sex.FEMALE}
    return Person(**{"household": household or a_household(), **usual} | given)


def an_adult(household: Household | None = None, **given: Any) -> Person:
    return a_child(household, **{"name": f"大人{next(_next)}", "birth_date": years_ago(35)} | given)


def years_ago(years: int) -> date:
    today = clock.today()
    return today.replace(year=today.year - years)


def a_number() -> str:
    body = f"{next(_next):09d}"
    return next(body + digit for digit in "0123456789" if is_number(body + digit))


def a_booking(slot: Slot, person: Person, **given: Any) -> Booking:
    """A confirmed booking; it does not take a place: set the slot's places_left to match."""
    number = a_number()
    if given.get("state") is BookingState.WAITING:
        slot.waiting = (slot.waiting or 0) + 1
    if given.get("state") is BookingState.CANCELLED:
        given = {"cancelled_at": clock.now(), "ending": Ending.FAMILY} | given
    if given.get("state", BookingState.CONFIRMED) is BookingState.CONFIRMED:
        given = {"confirmed_at": clock.now()} | given
    usual = {
        "number": number,
        "party": number,
        "slot": slot,
        "person": person,
        "household": person.household,
        "channel": Channel.WEB,
        "state": BookingState.CONFIRMED,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "fee_fen": slot.fee_fen,
        "made_at": clock.now(),
    }
    return Booking(**usual | given)
