"""A day on which all is the case at once: every page of the site, in each state it can be in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from hub import clock
from hub.actor import Actor
from hub.bookings.draw import actions as draws
from hub.bookings.draw.models import Draw
from hub.bookings.jobs.scheduled_jobs import DRAW, FREEZE_DRAWS, PROMISE_DRAWS, perform
from hub.bookings.models import Booking, BookingState
from hub.bookings.single_slot.actions import book_party, cancel
from hub.bookings.slot_changes import actions as slot_changes
from hub.bookings.waiting_list.models import Offer
from hub.catalogue.models import Activity, Admission
from hub.db import db, transaction
from hub.families.models import Household, Person, Priority
from hub.timetable.models import Slot
from tests.bookings.series.whole import enrol_family, whole_of
from tests.cast import Cast
from tests.makers import a_booking, a_child, a_guardian, a_slot, tomorrow

Places = dict[str, str]  # the name of a state → the address of its page


class Site:
    """Makes slots of the cast's centre, a day after the other, so that nobody is in two at once."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app, self.cast, self.days = app, cast, 0

    def slot(self, taken: int = 0, **given: Any) -> int:
        """Days after tomorrow, with confirmed bookings of strangers for `taken` places."""
        self.days += 1
        with self.app.app_context():
            activity = db.session.get_one(Activity, self.cast.activity)
            usual: dict[str, Any] = {
                "starts_at": tomorrow(14) + timedelta(days=self.days),
                "capacity": 5,
            }
            given = usual | given
            slot = a_slot(activity, places_left=given["capacity"] - taken, **given)
            others = [a_child(a_guardian().household) for _ in range(taken)]
            db.session.add_all([slot, *others, *(a_booking(slot, one) for one in others)])
            db.session.commit()
            return slot.id

    def book(self, slot_id: int, *persons: int, account: int | None = None) -> str:
        with self.app.test_request_context(), transaction():
            slot = db.session.get_one(Slot, slot_id)
            party = [db.session.get_one(Person, one) for one in persons or (self.cast.xiaoman,)]
            by = account or self.cast.mother
            return book_party(slot, party, by=Actor(by, clock.now()))[0].number

    def booked(self, state: BookingState, **given: Any) -> str:
        """A booking of 小满 that already is what it is."""
        slot_id = self.slot(taken=1, **given)
        with self.app.app_context():
            child = db.session.get_one(Person, self.cast.xiaoman)
            booking = a_booking(db.session.get_one(Slot, slot_id), child, state=state)
            db.session.add(booking)
            db.session.commit()
            return booking.number

    def free(self, slot_id: int) -> None:
        """A stranger gives a place up: the first who waits is asked."""
        with self.app.test_request_context(), transaction():
            held = Booking.slot_id == slot_id, Booking.state == BookingState.CONFIRMED
            first = db.session.scalars(select(Booking).where(*held)).first()
            assert first is not None
            cancel(first, by=Actor(self.cast.stranger, clock.now()))

    def call_off(self, slot_id: int) -> None:
        with self.app.test_request_context(), transaction():
            slot = db.session.get_one(Slot, slot_id)
            slot_changes.call_off(slot, "停水", by=Actor(self.cast.manager, clock.now()))

    def offer_of(self, number: str) -> str:
        with self.app.app_context():
            made = select(Offer.token).join(Booking, Booking.party == Offer.party)
            return db.session.scalars(made.where(Booking.number == number)).one()

    def draw(self, **given: Any) -> int:
        """Two places to be drawn, for which two families and 朵朵 have entered."""
        soon: dict[str, Any] = {
            "capacity": 2,
            "waiting_limit": 2,
            "admission": Admission.DRAW,
        } | given
        slot_id = self.slot(**soon)
        for _ in range(2):
            with self.app.app_context():
                guardian = a_guardian()
                child = a_child(guardian.household)
                db.session.add_all([guardian, child])
                db.session.commit()
                account, person = guardian.account_id, child.id
            self.book(slot_id, person, account=account)
        return slot_id

    def draw_it(self, slot_id: int, number: str) -> None:
        with self.app.test_request_context():
            with transaction():
                draw = db.session.scalars(select(Draw).where(Draw.slot_id == slot_id)).one()
                source = "福彩3D 第2026312期"
                by = self.cast.clerk
                draws.enter_number(draw, number, source, by=Actor(by, clock.now()))
            self.work()

    def work(self) -> None:
        """One round of the worker, in the caller's context."""
        for duty in (PROMISE_DRAWS, FREEZE_DRAWS, DRAW):
            list(perform(duty))


def every_place(app: Flask, cast: Cast, at: Callable[..., None]) -> dict[str, Places]:
    """What a stranger and each of the cast can look at; `at` sets the clock."""
    site, now = Site(app, cast), clock.now()
    with app.test_request_context():
        activity = db.session.get_one(Activity, cast.activity)
        activity.summary, activity.bring = "听故事、做手工。", "一双防滑袜"
        activity.rules = "请提前 10 分钟到。"
        activity.centre.is_demo, activity.opens_days_before = True, 90
        for name in range(12):
            household = db.session.get_one(Household, cast.other_household)
            db.session.add(a_child(household, name=f"孩子{name}"))
        first = Priority(person_id=cast.duoduo, group="困难家庭", verified_at=now)
        db.session.add(first)
        db.session.commit()
        series = whole_of(activity, "冬季第1期", weeks=9)

    # Three days ago a draw was open; its list is frozen, or it is drawn, by now.
    at(now - timedelta(days=3))
    drawn, frozen = (
        site.draw(entries_until=now - timedelta(days=1), starts_at=now + timedelta(days=2))
        for _ in range(2)
    )
    in_drawn, _in_frozen = site.book(drawn), site.book(frozen)
    at(now)
    with app.test_request_context():
        site.work()
    site.draw_it(drawn, "407")

    free, full, few = site.slot(), site.slot(taken=5), site.slot(taken=4)
    opens_soon = site.slot(opens_at=now + timedelta(minutes=9))
    begun = site.slot(starts_at=now - timedelta(minutes=10))
    entering = site.draw(entries_until=now + timedelta(days=1))
    not_yet = site.draw(opens_at=now - timedelta(days=1), entries_until=now + timedelta(days=2))
    with app.test_request_context():
        site.work()
    confirmed = site.book(site.slot(taken=1), cast.xiaoman, cast.duoduo)
    waiting = site.book(full)
    line = site.slot(taken=1, capacity=1)
    offered = site.book(line)
    site.free(line)
    entered = site.book(entering)
    stopped = site.slot(taken=1)
    stopped_booking = site.book(stopped)
    site.call_off(stopped)
    past = now - timedelta(days=1)
    missed = site.booked(BookingState.NO_SHOW, starts_at=past)
    been = site.booked(BookingState.CONFIRMED, starts_at=past - timedelta(days=1))
    cancelled = site.booked(BookingState.CANCELLED)
    of_series = enrol_family(app, series, (cast.mother, [cast.xiaoman]))
    answered = site.offer_of(offered)

    day = f"/desk/centres/{cast.centre}/days/{clock.today()}"
    stranger = {
        "home": "/",
        "slots": "/slots",
        "slots filtered": "/slots?places=1&kind=childhood&age=6",
        "no slots": "/slots?district=2&age=1",
        "slots not understood": "/slots?kind=xx",
        "centres": "/centres",
        "no centres": "/centres?q=没有",
        "centre": f"/centres/{cast.centre}",
        "empty centre": f"/centres/{cast.other_centre}",
        "slot": f"/slots/{free}",
        "slot, few": f"/slots/{few}",
        "slot, full": f"/slots/{full}",
        "slot, soon": f"/slots/{opens_soon}",
        "slot, begun": f"/slots/{begun}",
        "slot, stopped": f"/slots/{stopped}",
        "series": f"/series/{series}",
        "draw, open": f"/slots/{entering}/draw",
        "draw, frozen": f"/slots/{frozen}/draw",
        "draw, drawn": f"/slots/{drawn}/draw",
        "offer": f"/offers/{answered}",
        "poster": f"/slots/{free}/poster",
        "sign in": "/sign-in",
        "sign in by password": "/sign-in/password",
        "booked?": "/booked",
        "offline": "/offline",
        "design": "/design",
        "not found": "/nothing-here",
        "fault": "/?fault=500",
        "busy": "/?fault=429",
        "away": "/?fault=503",
        "conflict": "/?fault=409",
    }
    mother = {
        "bookings": "/bookings",
        **{
            f"booking, {name}": f"/bookings/{number}"
            for name, number in {
                "confirmed": confirmed,
                "waiting": waiting,
                "offered": offered,
                "entered": entered,
                "drawn": in_drawn,
                "cancelled": cancelled,
                "stopped": stopped_booking,
                "missed": missed,
                "been": been,
                "of series": of_series,
            }.items()
        },
        "cancellation": f"/bookings/{confirmed}/cancellation",
        "cancellation refused": f"/bookings/{been}/cancellation",
        "move": f"/bookings/{confirmed}/move",
        "leave": f"/bookings/{of_series}/leave",
        "feedback": f"/bookings/{been}/feedback",
        "calendar": "/bookings/calendar",
        "slot": f"/slots/{free}",
        "slot, full": f"/slots/{full}",
        "slot, soon": f"/slots/{opens_soon}",
        "slot, draw": f"/slots/{not_yet}",
        "series": f"/series/{series}",
        "draw, mine": f"/slots/{entering}/draw",
        "family": "/family",
        "new person": "/family/persons/new",
        "person": f"/family/persons/{cast.xiaoman}",
        "removal": f"/family/persons/{cast.lan}/removal",
        "removal refused": f"/family/persons/{cast.xiaoman}/removal",
        "me": "/me",
        "forbidden": "/desk",
    }
    desk = {
        "day": day,
        "day by room": f"{day}?order=room",
        "empty day": f"/desk/centres/{cast.centre}/days/2026-11-22",
        "roster": f"/desk/slots/{full}",
        "roster, begun": f"/desk/slots/{begun}",
        "roster, stopped": f"/desk/slots/{stopped}",
        "roster, draw": f"/desk/slots/{entering}",
        "cancellations": f"/desk/slots/{line}/cancellations",
        "booking": f"/desk/bookings/{confirmed}",
        "absence": f"/desk/bookings/{been}/absence",
        "excuse": f"/desk/bookings/{missed}/excuse",
        "cancellation": f"/desk/bookings/{confirmed}/cancellation",
        "move": f"/desk/bookings/{confirmed}/move",
        "turn": f"/desk/bookings/{waiting}/turn",
        "correction": f"/desk/bookings/{confirmed}/person",
        "counter": f"/desk/slots/{few}/bookings",
        "group list": f"/desk/slots/{few}/group-list",
        "draw number": f"/desk/slots/{frozen}/draw-number",
        "priority": f"/desk/persons/{cast.xiaoman}/priority",
        "priority removal": f"/desk/persons/{cast.duoduo}/priority/removal",
        "sheet": f"{day}/sheet",
    }
    manager = {
        "capacity": f"/desk/slots/{full}/capacity",
        "calling off": f"/desk/slots/{few}/calling-off",
        "reasons": f"/desk/centres/{cast.centre}/reasons",
        "feedback": f"/desk/centres/{cast.centre}/feedback",
    }
    return {
        "nobody": stranger,
        "mother": mother,
        "stranger": {"no bookings": "/bookings", "no family": "/family", "slot": f"/slots/{free}"},
        "other_mother": {"full family": "/family"},
        "clerk": desk,
        "manager": manager,
        "administrator": {"centres": "/desk", "no centres": "/desk?q=没有"},
    }
