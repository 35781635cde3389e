"""Districts, kinds, centres with their rooms and team, and the activities they offer."""

import enum
from datetime import date, datetime, time
from urllib.parse import urlencode

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship
from sqlalchemy.sql.schema import SchemaItem

from hub.db import Model, enum_column, pk, text20, text60, text200, text2000

MAP = "https://uri.amap.com/search"  # opens in any browser, needs no key


class Audience(enum.StrEnum):
    """Who takes the place."""

    CHILD = "child"
    ADULT = "adult"
    CHILD_WITH_ADULT = "child_with_adult"


class Admission(enum.StrEnum):
    """How places are given: first come, first served, or by a draw (摇号) and then first come."""

    FIRST_COME = "first_come"
    DRAW = "draw"


class District(Model):
    """One of the city's district units; a retired one keeps its name for old records."""

    __tablename__ = "district"

    id: Mapped[pk]
    name: Mapped[text20] = mapped_column(unique=True)
    position: Mapped[int]
    is_retired: Mapped[bool] = mapped_column(default=False)


class Kind(Model):
    """One of the nine 好 services; rows, because two are not named yet."""

    __tablename__ = "kind"

    id: Mapped[pk]
    code: Mapped[text20] = mapped_column(unique=True)
    name: Mapped[text20]
    summary: Mapped[text200] = mapped_column(default="")
    icon: Mapped[text20]
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)

    @property
    def is_care(self) -> bool:
        """Whether it looks after children who would else stay alone at home."""
        return self.code == "care"


class Searchable:
    """A name that can be found by its Chinese, its pinyin or the pinyin's initials.

    `pinyin` and `initials` are filled by `hub.catalogue.pinyin` whenever a name is saved.
    """

    name: Mapped[text60]
    pinyin: Mapped[text200] = mapped_column(default="")
    initials: Mapped[text60] = mapped_column(default="")


class CentreKind(Model):
    """A service that a centre features."""

    __tablename__ = "centre_kind"

    centre_id: Mapped[int] = mapped_column(
        ForeignKey("centre.id", ondelete="CASCADE"), primary_key=True
    )
    kind_id: Mapped[int] = mapped_column(ForeignKey("kind.id"), primary_key=True, index=True)


class Centre(Searchable, Model):
    """One 渝好空间. What is not known about a real one is empty, never guessed."""

    __tablename__ = "centre"
    __table_args__ = (Index(None, "district_id", "name"),)

    id: Mapped[pk]
    name: Mapped[text60] = mapped_column(unique=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    community: Mapped[text60] = mapped_column(default="")
    address: Mapped[text200] = mapped_column(default="")
    phone: Mapped[text20] = mapped_column(default="")
    area_m2: Mapped[int | None]
    source_url: Mapped[text200] = mapped_column(default="")
    is_demo: Mapped[bool] = mapped_column(default=False)

    district: Mapped[District] = relationship()
    kinds: Mapped[list[Kind]] = relationship(secondary="centre_kind", order_by=Kind.position)
    rooms: Mapped[list["Room"]] = relationship(back_populates="centre", order_by="Room.id")
    opening_hours: Mapped[list["OpeningHours"]] = relationship(
        order_by="OpeningHours.weekday", cascade="all, delete-orphan"
    )

    @property
    def map_link(self) -> str:
        """The address of a map of the city for the centre; it tells nothing about the visitor."""
        where = self.address or self.community or self.name
        return f"{MAP}?{urlencode({'keyword': where, 'city': '重庆'})}"


class OpeningHours(Model):
    """When a centre is open on one weekday (0 is Monday); no row means closed.

    It closes on the next day if `closes` is not after `opens`: at midnight, or in the morning.
    """

    __tablename__ = "opening_hours"
    __table_args__ = (CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),)

    centre_id: Mapped[int] = mapped_column(
        ForeignKey("centre.id", ondelete="CASCADE"), primary_key=True
    )
    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    opens: Mapped[time]
    closes: Mapped[time]


class ClosedDay(Model):
    """A day on which one centre, or every centre (no centre named), is closed."""

    __tablename__ = "closed_day"
    __table_args__ = (UniqueConstraint("centre_id", "day"), Index(None, "day"))

    id: Mapped[pk]
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    day: Mapped[date]
    reason: Mapped[text60]


class Room(Model):
    """A room, or a place outdoors, in which one slot at a time can be held."""

    __tablename__ = "room"
    __table_args__ = (
        UniqueConstraint("centre_id", "name"),
        CheckConstraint("capacity > 0", name="capacity"),
    )

    id: Mapped[pk]
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    name: Mapped[text60]
    capacity: Mapped[int | None]

    centre: Mapped[Centre] = relationship(back_populates="rooms")


class StaffMember(Model):
    """A member of a centre's team, volunteers too, who can lead a slot."""

    __tablename__ = "staff_member"
    __table_args__ = (UniqueConstraint("centre_id", "name"),)

    id: Mapped[pk]
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    name: Mapped[text20]
    is_volunteer: Mapped[bool] = mapped_column(default=False)


class Policy:
    """Who may book, how places are given, what it costs: on the activity, copied to its slots."""

    audience: Mapped[Audience] = mapped_column(enum_column(Audience))
    adult_counts: Mapped[bool] = mapped_column(default=False)  # child with adult: two places
    youngest_months: Mapped[int | None]  # of the person on the day of the slot, both ends included
    oldest_months: Mapped[int | None]
    fee_fen: Mapped[int] = mapped_column(default=0)
    admission: Mapped[Admission] = mapped_column(
        enum_column(Admission), default=Admission.FIRST_COME
    )
    minimum: Mapped[int] = mapped_column(default=0)  # fewest persons for it to be held

    waiting_limit: Mapped[int] = mapped_column(default=10)  # how many may wait; 0: no waiting list
    offer_minutes: Mapped[int] = mapped_column(default=120)  # 0: given without asking
    smaller_first: Mapped[bool] = mapped_column(default=True)  # where the party ahead does not fit

    # How many bookings of this kind within one week from Monday; None: as many as one likes.
    person_per_week: Mapped[int | None]
    household_per_week: Mapped[int | None]

    grace_minutes: Mapped[int | None]  # late people's places are given on; None: they are not
    no_show_limit: Mapped[int | None]  # so many within `no_show_days` pause for `pause_days`
    no_show_days: Mapped[int] = mapped_column(default=60)
    pause_days: Mapped[int] = mapped_column(default=14)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[SchemaItem, ...]:  # noqa: N805 – of the class
        return (
            CheckConstraint("fee_fen >= 0", name="fee_fen"),
            CheckConstraint("waiting_limit >= 0", name="waiting_limit"),
            CheckConstraint(
                "youngest_months >= 0 AND oldest_months >= youngest_months", name="ages"
            ),
            CheckConstraint("minimum >= 0 AND offer_minutes >= 0", name="minimum_and_offer"),
            CheckConstraint("person_per_week > 0 AND household_per_week > 0", name="per_week"),
            CheckConstraint(
                "grace_minutes >= 0 AND no_show_limit > 0 AND no_show_days > 0 AND pause_days > 0",
                name="no_show",
            ),
        )


class Activity(Policy, Model):
    """What a centre offers again and again; its slots are the dates that can be booked."""

    __tablename__ = "activity"
    __table_args__ = (
        *Policy.__table_args__,
        UniqueConstraint("centre_id", "title"),
        CheckConstraint("desk_places >= 0", name="desk_places"),
        CheckConstraint(
            "opens_minute BETWEEN 0 AND 1439 AND entries_minute BETWEEN 0 AND 1439", name="minutes"
        ),
    )

    id: Mapped[pk]
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))
    kind_id: Mapped[int] = mapped_column(ForeignKey("kind.id"), index=True)
    title: Mapped[text60]
    summary: Mapped[text2000] = mapped_column(default="")
    bring: Mapped[text200] = mapped_column(default="")  # what to bring along
    rules: Mapped[text2000] = mapped_column(default="")  # what else to know before deciding

    # When booking opens: at a minute of the day so many days before, or at one instant for all.
    opens_days_before: Mapped[int] = mapped_column(default=28)
    opens_minute: Mapped[int] = mapped_column(default=0)
    opens_at: Mapped[datetime | None]
    closes_minutes_before: Mapped[int] = mapped_column(default=0)
    closes_at: Mapped[datetime | None]
    cancel_minutes_before: Mapped[int] = mapped_column(default=120)
    # Until when a draw takes entries: at a minute of the day so many days before.
    entries_days_before: Mapped[int] = mapped_column(default=3)
    entries_minute: Mapped[int] = mapped_column(default=20 * 60)
    # Places kept for calls and walk-ins, and how long before the start they open to everybody.
    desk_places: Mapped[int] = mapped_column(default=0)
    desk_release_minutes_before: Mapped[int] = mapped_column(default=24 * 60)

    centre: Mapped[Centre] = relationship()
    kind: Mapped[Kind] = relationship()
