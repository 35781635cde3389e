"""A database that has been in use for a while becomes a new one, and keeps what it holds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import (
    CheckConstraint,
    MetaData,
    bindparam,
    create_engine,
    inspect,
    make_url,
    select,
    text,
)

from hub import clock, create_app
from hub.bookings.feedback.models import Feedback
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import Booking
from hub.calendars.models import CalendarFeed
from hub.db import Instant, db, transaction
from hub.families.models import Person
from hub.families.rules import child_key
from tests.conftest import MIGRATIONS, settings
from tests.makers import tomorrow


@pytest.fixture
def old_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The program on a database with no table at all."""
    if request.param == "sqlite":
        app = create_app(settings(f"sqlite:///{tmp_path / 'old.db'}"))
        yield app
    else:
        url = make_url(request.getfixturevalue("postgresql_url"))
        server = create_engine(url, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS old_times"))
            connection.execute(text("CREATE DATABASE old_times"))
        old = url.set(database="old_times").render_as_string(hide_password=False)
        app = create_app(settings(old))
        yield app
        server.dispose()
    with app.app_context():
        db.engine.dispose()


both = pytest.mark.parametrize("old_app", ["sqlite", "postgresql"], indirect=True)


@both
def test_bookings_of_before_keep_their_place_their_turn_and_their_end(old_app: Flask) -> None:
    with old_app.app_context():
        upgrade(directory=MIGRATIONS, revision="0001")
        _a_slot_with_three_bookings()
        upgrade(directory=MIGRATIONS)
        rows = db.session.execute(
            text("SELECT number, party, state, ending, places FROM booking ORDER BY id")
        ).all()
        assert rows == [
            ("1000000001", "1000000001", "confirmed", None, 1),
            ("1000000002", "1000000002", "waiting", None, 1),
            ("1000000003", "1000000003", "cancelled", "family", 1),
        ]
        assert db.session.scalar(text("SELECT waiting FROM slot")) == 1
        assert list(inconsistencies()) == []


@both
def test_what_0002_held_is_there_after_0003_and_can_be_spoken_of(old_app: Flask) -> None:
    with old_app.app_context():
        upgrade(directory=MIGRATIONS, revision="0001")
        _a_slot_with_three_bookings()
        upgrade(directory=MIGRATIONS, revision="0002")
        before = _everything()
        upgrade(directory=MIGRATIONS, revision="0003")
        assert _everything() == before | {"calendar_feed": [], "feedback": []}
        upgrade(directory=MIGRATIONS)
        was_here = Feedback(booking_id=1, centre_id=1, at=clock.now(), is_glad=True)
        feed = CalendarFeed(household_id=1, token="drawn", made_at=clock.now())
        with transaction():
            db.session.add_all([was_here, feed])


@both
def test_what_the_audit_alone_knew_stands_in_columns_after_0004(old_app: Flask) -> None:
    made, confirmed, later = (clock.now() + timedelta(days=day) for day in range(3))
    with old_app.app_context():
        upgrade(directory=MIGRATIONS, revision="0001")
        _a_slot_with_three_bookings()
        upgrade(directory=MIGRATIONS, revision="0003")
        with db.engine.begin() as connection:
            for at, act, subject, subject_id, detail in (
                (made, "add", "person", 2, ""),
                (made, "book", "booking", 3, "web waiting"),
                (confirmed, "confirm", "booking", 3, "web confirmed"),
                (later, "cancel", "booking", 3, "web cancelled"),
                (later, "call_off", "slot", 1, ""),
            ):
                connection.execute(
                    text(
                        "INSERT INTO audit_entry (at, act, subject, subject_id, detail) "
                        "VALUES (:at, :act, :subject, :id, :detail)"
                    ).bindparams(bindparam("at", type_=Instant)),
                    {"at": at, "act": act, "subject": subject, "id": subject_id, "detail": detail},
                )
        upgrade(directory=MIGRATIONS)
        first, _second, third = db.session.scalars(select(Booking).order_by(Booking.id))
        assert first.confirmed_at == first.made_at, "it is confirmed, and nobody noted when"
        assert (third.confirmed_at, third.changed_at) == (confirmed, later)
        assert (first.changes, third.changes) == (1, 4), "the slot's calling off counts for both"
        persons = db.session.scalars(select(Person).order_by(Person.id))
        assert [person.entered_at for person in persons] == [None, made, None]


@both
def test_who_was_entered_before_0010_is_known_as_the_same_child_too(old_app: Flask) -> None:
    with old_app.app_context():
        upgrade(directory=MIGRATIONS, revision="0001")
        _a_slot_with_three_bookings()
        upgrade(directory=MIGRATIONS)
        persons = db.session.scalars(select(Person)).all()
        assert persons
        for person in persons:
            assert person.child_key == child_key(person.name, person.birth_date)


@both
def test_a_migrated_database_is_the_one_the_program_describes(old_app: Flask) -> None:
    with old_app.app_context():
        upgrade(directory=MIGRATIONS)
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, db.metadata) == []
            for name, table in db.metadata.tables.items():
                found = {row["name"] for row in inspect(connection).get_check_constraints(name)}
                ours = {rule.name for rule in table.constraints if _is_check(rule)}
                assert found == ours, name


@pytest.mark.parametrize("old_app", ["sqlite"], indirect=True)
def test_foreign_keys_hold_again_after_a_migration(old_app: Flask) -> None:
    with old_app.app_context():
        upgrade(directory=MIGRATIONS)
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def _everything() -> dict[str, list[Any]]:
    """Every row of every table but the note of how far it is migrated."""
    with db.engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        return {
            name: list(connection.execute(table.select().order_by(*table.primary_key)))
            for name, table in tables.tables.items()
            if name != "alembic_version"
        }


def _is_check(rule: Any) -> bool:
    return isinstance(rule, CheckConstraint)


def _a_slot_with_three_bookings() -> None:
    """Written with the tables as they were, each row with what has no default."""
    now, starts_at = clock.now(), tomorrow(14)
    ends_at = starts_at + timedelta(hours=1)
    with db.engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection)

        def add(into: str, **values: Any) -> None:
            table = tables.tables[into]
            empty = {
                column.name: "" if column.type.python_type is str else 0
                for column in table.columns
                if not column.nullable and column.type.python_type in {str, int}
            }
            connection.execute(table.insert().values(**(empty | values)))

        when = {"starts_at": starts_at, "ends_at": ends_at}
        add("district", id=1, name="渝中区", is_retired=False)
        add("kind", id=1, code="care", name="好娃托管", is_active=True)
        add("centre", id=1, name="榕树社区渝好空间", district_id=1, is_demo=False)
        add("room", id=1, centre_id=1, name="大厅", capacity=10)
        policy = {"audience": "child", "waiting_limit": 5}
        add("activity", id=1, centre_id=1, kind_id=1, title="托管", **policy)
        add(
            "slot",
            id=1,
            activity_id=1,
            centre_id=1,
            room_id=1,
            opens_at=now,
            closes_at=starts_at,
            cancel_until=starts_at,
            capacity=1,
            places_left=0,
            state="open",
            **when,
            **policy,
        )
        add("household", id=1, created_at=now)
        for number, state in enumerate(("confirmed", "waiting", "cancelled"), start=1):
            born = clock.today()
            add(
                "person",
                id=number,
                household_id=1,
                name=f"孩子{number}",
                birth_date=born,
                sex="female",
            )
            add(
                "booking",
                id=number,
                number=f"100000000{number}",
                slot_id=1,
                person_id=number,
                household_id=1,
                channel="web",
                state=state,
                made_at=now,
                cancelled_at=now if state == "cancelled" else None,
                **when,
            )
