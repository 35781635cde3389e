"""The demo is laid down once; later runs move it on and never touch what people did."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from hub import clock
from hub.accounts.models import Account, RoleName
from hub.accounts.passwords import password_fits
from hub.accounts.queries import account_with
from hub.bookings.draw.models import Draw, DrawEntry
from hub.bookings.jobs.consistency import inconsistencies
from hub.bookings.models import Booking
from hub.catalogue.models import Activity, Centre, ClosedDay, Kind, OpeningHours, Room
from hub.config import ConfigError
from hub.db import db
from hub.notices.models import Notice
from hub.ops.seed import centres, ground, people, weeks
from hub.ops.seed import demo as whole_demo
from hub.timetable.actions import make_slot
from hub.timetable.models import Series, Slot, SlotState
from tests.aliases import Clock
from tests.conftest import NOW, settings
from tests.ops.conftest import run

HOME = "桂花里社区渝好空间（演示）"
TODAY = date(2026, 11, 23)


def everything(app: Flask) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of every table."""
    with app.app_context():
        return {
            table.name: {tuple(row) for row in db.session.execute(select(table))}
            for table in db.metadata.sorted_tables
        }


def on(slot: Slot) -> date:
    return clock.local(slot.starts_at).date()


# What the first run lays down


def test_every_active_kind_has_slots_in_each_of_the_next_four_weeks(demo: Flask) -> None:
    with demo.app_context():
        rows = db.session.execute(
            select(Kind.code, Slot.starts_at).join(Slot.activity).join(Activity.kind)
        )
        weeks_of = {(code, (clock.local(at).date() - TODAY).days // 7) for code, at in rows}
        active = db.session.scalars(select(Kind.code).where(Kind.is_active)).all()
        silent = db.session.scalars(select(Kind.code).where(~Kind.is_active)).all()
    assert len(active) == 7
    assert {(code, week) for code in active for week in range(4)} <= weeks_of
    assert not {code for code, _week in weeks_of} & set(silent)


def test_the_desk_finds_a_day_that_looks_lived_in(demo: Flask) -> None:
    with demo.app_context():
        home = db.session.scalars(select(Centre).where(Centre.name == HOME)).one()
        slots = db.session.scalars(select(Slot).where(Slot.centre_id == home.id)).all()
        today = [slot for slot in slots if on(slot) == TODAY]
        waiting = Counter(
            db.session.scalars(select(Booking.slot_id).where(Booking.state == "waiting"))
        )
        assert len(today) >= 4
        assert any(slot.is_full and waiting[slot.id] for slot in today)
        assert any(0 < slot.places_left < slot.capacity for slot in today)
        called_off = [slot for slot in today if not slot.is_open]
        assert [bool(slot.called_off_reason) for slot in called_off] == [True]
        assert list(inconsistencies()) == []


def test_the_resident_has_something_before_and_behind_its_and_a_turn_to_wait_for(
    demo: Flask,
) -> None:
    with demo.app_context():
        account, household = people.resident()
        assert account is not None
        assert {person.name for person in household} == {"江女士", "小满", "朵朵"}
        mine = Booking.made_by_id == account.id
        bookings = db.session.scalars(select(Booking).where(mine)).all()
        assert {booking.state for booking in bookings} == {"confirmed", "waiting", "entered"}
        assert any(booking.ends_at < NOW for booking in bookings)
        assert any(booking.starts_at > NOW for booking in bookings)


def test_there_is_a_draw_with_its_result_and_one_whose_entries_are_open(demo: Flask) -> None:
    with demo.app_context():
        by_day = select(Draw).join(Draw.slot).order_by(Slot.starts_at)
        held = [draw.drawn_at is not None for draw in db.session.scalars(by_day)]
        assert held == sorted(held, reverse=True), "the first ones are over"
        assert set(held) == {True, False}
        results = set(db.session.scalars(select(DrawEntry.outcome)))
        assert results == {"place", "waiting", "none"}
        assert db.session.scalars(select(Notice.id).where(Notice.sent_at.is_(None))).all() == []


def test_a_whole_series_can_be_booked_and_has_room_for_the_resident(demo: Flask) -> None:
    with demo.app_context():
        series = db.session.scalars(select(Series)).one()
        assert series.is_whole
        slots = db.session.scalars(select(Slot).where(Slot.series_id == series.id)).all()
        assert len(slots) == 6
        assert {slot.capacity - slot.places_left for slot in slots} == {7}
        assert all(slot.opens_at <= NOW < slot.closes_at for slot in slots)


def test_the_next_series_follows_the_one_that_runs(demo: Flask, clock: Clock) -> None:
    clock.shift(timedelta(days=10))
    assert run(demo, "seed").exit_code == 0
    with demo.app_context():
        first, second = db.session.scalars(select(Series).order_by(Series.starts_on))
        assert first.ends_on < second.starts_on
        assert list(inconsistencies()) == []


def test_nobody_booked_before_the_window_opened_or_in_the_future(demo: Flask) -> None:
    with demo.app_context():
        for booking in db.session.scalars(select(Booking)):
            assert booking.slot.opens_at <= booking.made_at < booking.slot.closes_at
            assert booking.made_at < NOW


def test_the_staff_can_sign_in_with_the_printed_password(demo: Flask) -> None:
    with demo.app_context():
        home = db.session.scalar(select(Centre.id).where(Centre.name == HOME))
        staff = db.session.scalars(select(Account).where(Account.roles.any())).unique().all()
        assert {(role.name, role.centre_id) for account in staff for role in account.roles} == {
            (RoleName.DESK, home),
            (RoleName.MANAGER, home),
            (RoleName.ADMINISTRATOR, None),
        }
        for account in staff:
            assert password_fits(account.password_hash, people.demo_password())


def test_real_centres_have_their_known_facts_and_nothing_else(demo: Flask) -> None:
    with demo.app_context():
        real = db.session.scalars(select(Centre).where(~Centre.is_demo)).all()
        by_name = {centre.name: centre for centre in real}
        assert set(by_name) == {
            "永利社区渝好空间",
            "万北一社区渝好空间",
            "代家岗社区渝好空间",
        }
        yongli, wanbei = by_name["永利社区渝好空间"], by_name["万北一社区渝好空间"]
        daijia = by_name["代家岗社区渝好空间"]
        assert (yongli.area_m2, wanbei.area_m2, daijia.area_m2) == (1142, 800, None)
        assert [kind.name for kind in yongli.kinds] == ["好业工坊", "好梦童年", "好姐家政"]
        assert [room.name for room in daijia.rooms] == ["阅读区", "手工区", "游戏区"]
        assert len(wanbei.rooms) == 7
        assert daijia.community == "文龙街道代家岗社区"
        for centre in real:
            assert (centre.address, centre.phone, centre.opening_hours) == ("", "", [])
            assert all(room.capacity is None for room in centre.rooms)
        own = Activity.centre_id.in_([centre.id for centre in real])
        assert db.session.scalar(select(func.count(Activity.id)).where(own)) == 0


def test_everything_one_can_book_is_at_a_centre_labelled_as_demo(demo: Flask) -> None:
    with demo.app_context():
        unlabelled = select(func.count(Slot.id)).join(Slot.centre).where(~Centre.is_demo)
        assert db.session.scalar(unlabelled) == 0


# The second run and every later one


def test_a_second_run_changes_no_row(demo: Flask) -> None:
    before = everything(demo)
    result = run(demo, "seed")
    assert result.output == "0 slots and 0 bookings are new\n"
    assert everything(demo) == before


def test_a_later_run_adds_the_days_that_have_come_into_sight_and_changes_nothing(
    demo: Flask, clock: Clock
) -> None:
    before = everything(demo)
    clock.shift(timedelta(days=3))
    result = run(demo, "seed")
    after = everything(demo)
    assert result.exit_code == 0
    untouched = set(before) - {"slot"}  # booking a slot takes one of its places
    assert all(before[table] <= after[table] for table in untouched)
    assert len(before["centre"]) == len(after["centre"])
    assert {row[0] for row in before["slot"]} < {row[0] for row in after["slot"]}
    with demo.app_context():
        last = db.session.scalar(select(func.max(Slot.starts_at)))
        doubled = select(Slot.room_id).group_by(Slot.room_id, Slot.starts_at)
        assert db.session.scalars(doubled.having(func.count(Slot.id) > 1)).all() == []
        assert list(inconsistencies()) == []
        assert today_at_home() > 30, "the day that has come is as busy as the first one was"
        assert last
        assert last.date() == TODAY + timedelta(days=3 + 27)


def test_what_the_staff_changed_stays_as_they_left_it(demo: Flask, clock: Clock) -> None:
    with demo.app_context():
        home = db.session.scalars(select(Centre).where(Centre.name == HOME)).one()
        other = select(Centre).where(Centre.is_demo, Centre.id != home.id).limit(1)
        renamed = db.session.scalars(other).one()
        renamed.name = "换了名字的空间"
        in_two_days = Slot.starts_at > NOW + timedelta(days=2)
        slots = db.session.scalars(select(Slot).where(in_two_days).order_by(Slot.starts_at))
        off, moved = [slot for slot in slots if slot.centre_id == home.id and slot.is_open][:2]
        off.state, off.called_off_reason = SlotState.CALLED_OFF, "停电"
        moved.starts_at += timedelta(days=40)
        moved.ends_at += timedelta(days=40)
        db.session.scalars(select(Kind).where(Kind.code == "eighth")).one().name = "好新服务"
        db.session.execute(delete(Account).where(Account.phone == "+8613800138001"))
        db.session.commit()
        number, begins, kept = moved.id, moved.starts_at, (off.id, renamed.id)
    clock.shift(timedelta(days=2))
    assert run(demo, "seed").exit_code == 0
    with demo.app_context():
        assert db.session.get_one(Slot, kept[0]).called_off_reason == "停电"
        assert db.session.get_one(Slot, number).starts_at == begins
        assert db.session.get_one(Centre, kept[1]).name == "换了名字的空间"
        assert db.session.scalar(select(func.count(Centre.id)).where(Centre.is_demo)) == 11
        assert (
            db.session.scalars(select(Kind.name).where(Kind.code == "eighth")).one() == "好新服务"
        )
        assert account_with("+8613800138001") is None
        at_old_time = Slot.room_id == db.session.get_one(Slot, number).room_id
        old = select(Slot.id).where(at_old_time, Slot.starts_at == begins - timedelta(days=40))
        assert db.session.scalars(old).all() == []


def test_a_room_that_the_staff_have_taken_is_left_to_them(demo: Flask, clock: Clock) -> None:
    # The whole of the first day that the next run will plan, in every room of the centre.
    day, _end = _bounds(TODAY + timedelta(days=28))
    with demo.app_context():
        home = db.session.scalars(select(Centre).where(Centre.name == HOME)).one()
        other_centre = db.session.scalars(select(Centre).where(~Centre.is_demo)).first()
        assert other_centre is not None
        kind = db.session.scalars(select(Kind)).first()
        own = Activity(
            centre=home, kind=kind, title="自己的活动", audience="adult", opens_days_before=28
        )
        db.session.add(own)
        db.session.flush()
        for room in home.rooms:
            make_slot(own, room, None, day + timedelta(hours=8), day + timedelta(hours=22), 9)
        db.session.commit()
        home_id = home.id
    clock.shift(timedelta(days=1))
    assert run(demo, "seed").exit_code == 0
    with demo.app_context():
        there = Slot.centre_id == home_id, Slot.starts_at >= day
        titles = select(Activity.title).join(Slot).where(*there).distinct()
        assert db.session.scalars(titles).all() == ["自己的活动"]
        taken = select(func.sum(Slot.capacity - Slot.places_left)).where(*there)
        assert db.session.scalar(taken) == 0, "neighbours book only what the demo has planned"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 2, 17, 4, 0, tzinfo=UTC),  # in the Spring Festival: closed everywhere
        datetime(2026, 11, 29, 15, 59, tzinfo=UTC),  # the last minute of a Sunday in Chongqing
    ],
)
def test_a_demo_can_begin_at_any_moment(app: Flask, clock: Clock, moment: datetime) -> None:
    clock.move_to(moment)
    result = run(app, "seed")
    assert result.exit_code == 0, result.output
    assert run(app, "check").exit_code == 0
    assert run(app, "seed").output == "0 slots and 0 bookings are new\n"


def test_no_slot_is_planned_on_a_holiday_or_outside_opening_hours(app: Flask, clock: Clock) -> None:
    clock.move_to(datetime(2026, 9, 14, 2, 0, tzinfo=UTC))
    with app.app_context():
        ground.lay_ground()
        ground.lay_holidays()
        centres.lay_centres()
        weeks.plan_weeks(date(2026, 9, 14))
        db.session.commit()
        closed = set(db.session.scalars(select(ClosedDay.day)))
        hours = {
            (row.centre_id, row.weekday): row for row in db.session.scalars(select(OpeningHours))
        }
        slots = db.session.scalars(select(Slot)).all()
        assert {date(2026, 9, 25), date(2026, 10, 7)} <= closed
        assert date(2026, 10, 10) not in closed, "a make-up workday is a workday"
        assert max(on(slot) for slot in slots) > date(2026, 10, 7)
        for slot in slots:
            begin, end = _local(slot.starts_at), _local(slot.ends_at)
            assert begin.date() not in closed
            open_hours = hours[slot.centre_id, begin.weekday()]
            assert open_hours.opens <= begin.time() < end.time() <= open_hours.closes


def test_production_takes_no_demo_data(app: Flask) -> None:
    production = settings(
        "sqlite://", HUB_ENV="production", HUB_SECRET_KEY="the real key of a real installation"
    )
    with app.app_context():
        with pytest.raises(ConfigError, match="demo data"):
            whole_demo.seed(production, "hash", NOW)
        assert db.session.scalar(select(func.count(Centre.id))) == 0
    app.config["HUB"] = production
    result = run(app, "seed")
    assert result.exit_code == 1
    assert "demo data" in result.output
    with app.app_context():
        assert db.session.scalar(select(func.count(Room.id))) == 0


def today_at_home() -> int:
    """How many are booked today at the centre whose desk one can try."""
    during = Booking.starts_at.between(*clock.day_bounds(clock.today()))
    home = select(func.count(Booking.id)).join(Booking.slot).join(Slot.centre)
    return db.session.scalar(home.where(Centre.name == HOME, during)) or 0


def _local(instant: datetime) -> datetime:
    return clock.local(instant)


def _bounds(day: date) -> tuple[datetime, datetime]:
    return clock.day_bounds(day)
