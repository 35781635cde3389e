"""kill -9 under load: what was acknowledged is there, and nothing is half there.

HUB_DEEP=1 kills many times instead of a few.
"""

import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_migrate import upgrade
from sqlalchemy import func, select

from hub import create_app
from hub.accounts.models import Account
from hub.audit import AuditEntry
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import Booking, BookingState, Ending
from hub.bookings.waiting_list.models import Offer
from hub.db import db
from hub.notices.models import Notice
from hub.ops.backup import back_up, bring_back
from hub.timetable.models import Slot
from tests.browser import session_of
from tests.conftest import MIGRATIONS, settings
from tests.databases import Cluster, another_database, cluster_to_kill
from tests.makers import a_booking, a_centre, a_child, a_guardian, a_household, a_slot, an_activity
from tests.site_under_load import (
    SECRET,
    Family,
    Load,
    Party,
    Program,
    Site,
    Visitor,
    children,
    kill,
    running,
    until,
)

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="it looks into /proc of Linux"
)
DEEP = bool(os.environ.get("HUB_DEEP"))
KILLS = 40 if DEEP else 3
FAMILIES, CHILDREN, SLOTS = 6, 3, 3
PLACES, WAITING = 6, 8  # of the 18 children who may want one
BETWEEN = (6, 18)  # acknowledged acts from one kill to the next
FINE = {("GET", 200), ("POST", 303), ("POST", 422)}
NO_ANSWER = {("GET", 0), ("POST", 0)}
AWAY = {("GET", 503), ("POST", 503)}


@pytest.fixture(autouse=True)
def clock() -> None:
    """It goes: the site has processes of its own, whose clock no test stops."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with cluster_to_kill() as cluster:
        app = create_app(settings(cluster.url))
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            db.engine.dispose()
        yield cluster


@pytest.fixture(scope="module")
def postgresql_url(cluster: Cluster) -> str:
    """Not everybody's server: this one is killed."""
    return cluster.url


@pytest.fixture
def slots(app: Flask) -> list[int]:
    """Three slots at different times, too small for everybody."""
    with app.app_context():
        activity = an_activity(a_centre(), waiting_limit=WAITING)
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
        made = [
            a_slot(activity, starts_at=start + timedelta(days=n), capacity=PLACES)
            for n in range(SLOTS)
        ]
        db.session.add_all(made)
        db.session.commit()
        return [slot.id for slot in made]


@pytest.fixture
def load(app: Flask, site: Site, slots: list[int], request: pytest.FixtureRequest) -> Load:
    """Families that are signed in, and have not begun."""
    with app.app_context():
        guardians = [a_guardian(a_household()) for _ in range(FAMILIES)]
        born = [[a_child(one.household) for _ in range(CHILDREN)] for one in guardians]
        db.session.add_all([*guardians, *(child for of_one in born for child in of_one)])
        db.session.commit()
        families = [
            Family(
                _cookie(app, guardian.account),
                guardian.household_id,
                tuple(child.id for child in of_one),
            )
            for guardian, of_one in zip(guardians, born, strict=True)
        ]
        db.session.remove()
        db.engine.dispose()
    return Load(site.port, slots, families, seed=_seed(request))


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(_seed(request))  # noqa: S311 – a dice


@pytest.fixture
def site(app: Flask, database_url: str, tmp_path: Path) -> Iterator[Site]:
    with running(Site(tmp_path, database_url)) as site:
        assert isinstance(site, Site)
        yield site


class TestTheSite:
    def test_loses_nothing_when_a_web_worker_is_killed(
        self, app: Flask, site: Site, load: Load, chance: random.Random
    ) -> None:
        with load.running():
            for _ in range(KILLS):
                load.reach(chance.randint(*BETWEEN))
                site.kill_one(chance)
            load.reach(BETWEEN[1])
        check(app, load, site, FINE | NO_ANSWER)

    def test_loses_nothing_when_all_of_it_is_killed(
        self, app: Flask, site: Site, load: Load, chance: random.Random
    ) -> None:
        with load.running():
            for _ in range(max(2, KILLS // 2)):
                load.reach(chance.randint(*BETWEEN))
                site.kill()
                site.start()
            load.reach(BETWEEN[1])
        check(app, load, site, FINE | NO_ANSWER)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestPostgreSQL:
    def test_killed_loses_nothing(
        self, app: Flask, site: Site, load: Load, chance: random.Random, cluster: Cluster
    ) -> None:
        with load.running():
            for _ in range(max(2, KILLS // 2)):
                load.reach(chance.randint(*BETWEEN))
                cluster.kill()
                cluster.start()
            load.reach(BETWEEN[1])
        check(app, load, site, FINE | NO_ANSWER | AWAY)

    def test_loses_nothing_when_one_of_its_backends_is_killed(
        self, app: Flask, site: Site, load: Load, chance: random.Random, cluster: Cluster
    ) -> None:
        """It then breaks off all the others too, and recovers by itself."""
        with load.running():
            for _ in range(max(2, KILLS // 2)):
                load.reach(chance.randint(*BETWEEN))
                backends = [pid for pid in children(cluster.pid) if "[local]" in _words(pid)]
                kill(chance.choice(backends))
            load.reach(BETWEEN[1])
        check(app, load, site, FINE | NO_ANSWER | AWAY)


def test_a_backup_made_under_load_holds_all_that_was_acknowledged_before_it(
    app: Flask, site: Site, load: Load, database_url: str, cluster: Cluster, tmp_path: Path
) -> None:
    file = tmp_path / "the.backup"
    with load.running():
        load.reach(BETWEEN[1])
        before = [(one.number, one.is_cancelled) for one in load.parties]
        with app.app_context():
            assert back_up(db.engine.url, file) > 0
        load.reach(BETWEEN[1])
        site.kill()
        site.start()
        load.reach(BETWEEN[0])
    check(app, load, site, FINE | NO_ANSWER)
    with ExitStack() as lent:
        anew = f"sqlite:///{tmp_path / 'anew.db'}"
        if database_url == cluster.url:
            anew = lent.enter_context(another_database(database_url, "anew"))
        with create_app(settings(anew)).app_context():
            restored = bring_back(file)
            assert list(inconsistencies()) == []
            rows = db.session.execute(select(Booking.party, Booking.state)).all()
            assert restored.bookings == len(rows)
            live = {party for party, state in rows if state is not BookingState.CANCELLED}
            assert {number for number, _ in before} <= {party for party, _ in rows}
            assert not {number for number, is_cancelled in before if is_cancelled} & live
            db.session.remove()
            db.engine.dispose()


class TestTheWorker:
    OFFERED, LINE = (
        (40, 8) if DEEP else (8, 3)
    )  # in each slot: places held until a minute ago, and who waits for them

    def test_killed_beside_a_busy_site_loses_nothing_and_doubles_nothing(
        self,
        app: Flask,
        site: Site,
        load: Load,
        slots: list[int],
        chance: random.Random,
        database_url: str,
        tmp_path: Path,
    ) -> None:
        began = datetime.now(UTC)
        with app.app_context():
            for slot in db.session.scalars(select(Slot)):
                self._fill(slot, began)
            db.session.commit()
            db.engine.dispose()
        folder = tmp_path / "worker"
        folder.mkdir()
        known = {"HUB_DATABASE_URL": database_url, "HUB_SECRET_KEY": SECRET}
        command = ["-c", "from hub.cli import main; main()", "worker"]
        total = self.OFFERED * SLOTS
        goals = sorted(chance.sample(range(3, total - 5), KILLS // 2))
        with load.running():
            for goal in [*goals, total]:
                with running(Program(folder, command, **known)) as worker:
                    reached = partial(_has_expired, app, goal)
                    until(reached, f"{goal} offers expire: {worker.said()}")
            load.reach(BETWEEN[1])
        check(app, load, site, FINE)
        with app.app_context():
            ends = select(Booking.ending, func.count()).where(Booking.made_by_id.is_(None))
            by_ending = db.session.execute(ends.group_by(Booking.ending))
            assert {row[0]: row[1] for row in by_ending} == {
                Ending.EXPIRED: total,
                None: self.LINE * SLOTS,
            }
            noted = select(AuditEntry.subject_id).where(AuditEntry.act == "expired")
            assert set(Counter(db.session.scalars(noted)).values()) == {1}
            told = [
                text
                for text in db.session.scalars(select(Notice.text))
                if "没有在时间内确认" in text
            ]
            assert len(told) == total
            assert not _passed_over(), "somebody waits beside a place that is free"

    def _fill(self, slot: Slot, now: datetime) -> None:
        """Every place is held for somebody who has not answered in time; others wait."""
        slot.capacity, slot.places_left, slot.waiting_limit = self.OFFERED, 0, 100
        for number in range(self.OFFERED + self.LINE):
            state = BookingState.OFFERED if number < self.OFFERED else BookingState.WAITING
            guardian = a_guardian()
            booking = a_booking(slot, a_child(guardian.household), state=state)
            db.session.add_all([guardian, booking])
            db.session.flush()
            if state is BookingState.OFFERED:
                offer = Offer(
                    party=booking.party,
                    slot=slot,
                    household_id=booking.household_id,
                    token=booking.number,
                    made_at=now - timedelta(hours=2),
                    until=now - timedelta(minutes=1),
                )
                db.session.add(offer)


def check(app: Flask, load: Load, site: Site, may: set[tuple[str, int]]) -> None:
    """What holds after all: every answer was a good one, and the database is as they said."""
    assert load.faults == [], site.said()[-3000:]
    assert set(load.answers) <= may, site.said()[-3000:]
    with app.app_context():
        assert list(inconsistencies()) == []
        parties = defaultdict(list)
        for booking in db.session.scalars(select(Booking).where(Booking.made_by_id.is_not(None))):
            parties[booking.party].append(booking)
        assert set(parties) == {party.number for party in load.parties}, "one for each answer"
        for visitor in load.visitors:
            for party in visitor.parties:
                _check_party(party, parties[party.number], visitor)
        keys = {_key(key) for key in db.session.scalars(select(Booking.request_key)) if key}
        assert keys
        assert not keys & {key for visitor in load.visitors for key in visitor.refused}
        _check_audit()
        assert _without_message() == []
        db.session.remove()
        db.engine.dispose()
    print(f"{dict(load.acknowledged)}, {load.unanswered} forms sent again, {dict(load.answers)}")  # noqa: T201 – seen with -s


def _key(kept: str) -> str:
    """Return what the form sent of what is kept: an account's id stands before it."""
    return kept.split("-", 1)[1]


def _check_party(party: Party, bookings: list[Booking], visitor: Visitor) -> None:
    """The booking is as the last page said, or has moved on as it may by itself."""
    assert {booking.household_id for booking in bookings} == {visitor.family.household_id}
    assert {booking.slot_id for booking in bookings} == {party.slot_id}
    assert sorted(booking.person_id or 0 for booking in bookings) == sorted(party.persons)
    assert [_key(key) for one in bookings if (key := one.request_key)] == [party.request_key]
    assert {booking.state.value for booking in bookings} == {party.states[-1]}, party
    if party.is_cancelled:
        assert {booking.ending for booking in bookings} == {Ending.FAMILY}


def _check_audit() -> None:
    """Each booking was written down once, each cancellation too, and nothing that is not there."""
    made = select(Booking.id).where(Booking.made_by_id.is_not(None))
    cancelled = made.where(Booking.state == BookingState.CANCELLED)
    for act, bookings in (("book", made), ("cancel", cancelled)):
        noted = select(AuditEntry.subject_id).where(
            AuditEntry.act == act, AuditEntry.subject == "booking"
        )
        assert sorted(db.session.scalars(noted)) == sorted(db.session.scalars(bookings)), act


def _without_message() -> list[int]:
    """Offers of which a family was not told, or twice."""
    texts = db.session.scalars(select(Notice.text)).all()
    offers = db.session.scalars(select(Offer).where(Offer.token != Offer.party)).all()
    return [offer.id for offer in offers if sum(offer.token in text for text in texts) != 1]


def _passed_over() -> list[int]:
    """The slots that have places for somebody who waits; here everybody waits for one or two."""
    free = select(Slot.id).where(Slot.waiting > 0, Slot.places_left > 1)
    return list(db.session.scalars(free))


def _has_expired(app: Flask, goal: int) -> bool:
    return _expired(app) >= goal


def _expired(app: Flask) -> int:
    with app.app_context():
        expired = select(func.count(Booking.id)).where(Booking.ending == Ending.EXPIRED)
        return db.session.scalars(expired).one()


def _seed(request: pytest.FixtureRequest) -> int:
    """Each test has moments of its own, the same in every run."""
    return sum(map(ord, request.node.name))


def _cookie(app: Flask, account: Account) -> str:
    serializer: Any = SecureCookieSessionInterface().get_signing_serializer(app)
    return f"hub={serializer.dumps(session_of(account.id))}"


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
