"""The demo's people: one of the staff for each role, a resident to try, and neighbours."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from hub import clock
from hub.accounts.models import Account, Role, RoleName
from hub.accounts.passwords import password_fits
from hub.accounts.queries import account_with
from hub.catalogue.models import Centre
from hub.db import db
from hub.families.models import Guardian, Household, Person, Sex
from hub.ops.seed.files import rows_of

# No phone has a number that begins with 100: nobody is ever told of a neighbour's booking.
NEIGHBOURS = "+86100"


def demo_password() -> str:
    """The password of the demo's staff, which is no secret."""
    return str(rows_of("demo_staff.json")["password"])


def open_to_the_demo_password() -> Iterator[str]:
    """The phones of the demo's staff that sign in with its password, which everybody knows."""
    for row in rows_of("demo_staff.json")["accounts"]:
        account = account_with(row["phone"])
        if account and password_fits(account.password_hash, demo_password()):
            yield str(row["phone"])


def lay_staff(password_hash: str, now: datetime) -> None:
    """Add the demo's staff whose phones are not known yet."""
    for row in rows_of("demo_staff.json")["accounts"]:
        if account_with(row["phone"]) is None:
            named = select(Centre.id).where(Centre.name == row["centre"])
            role = Role(name=RoleName(row["role"]), centre_id=db.session.scalar(named))
            db.session.add(
                Account(
                    phone=row["phone"],
                    name=row["name"],
                    password_hash=password_hash,
                    created_at=now,
                    roles=[role],
                )
            )
    db.session.flush()


def lay_households(now: datetime) -> None:
    """Add the resident's household and the neighbours', with the ages of the file as of now."""
    rows = rows_of("demo_households.json")
    for row in [rows["resident"], *rows["neighbours"]]:
        if account_with(row["phone"]) is None:
            account = Account(phone=row["phone"], created_at=now)
            household = Household(created_at=now, persons=_persons(row["persons"], now))
            db.session.add(Guardian(account=account, household=household))
    db.session.flush()


def resident() -> tuple[Account | None, list[Person]]:
    """Return the demo's resident and the persons of the household."""
    account = account_with(rows_of("demo_households.json")["resident"]["phone"])
    if account is None:
        return None, []
    mine = select(Person).join(Guardian, Guardian.household_id == Person.household_id)
    return account, list(db.session.scalars(mine.where(Guardian.account_id == account.id)))


def neighbours() -> list[tuple[Person, int]]:
    """Return every neighbour with the account that books for them."""
    rows = db.session.execute(
        select(Person, Account.id)
        .join(Guardian, Guardian.household_id == Person.household_id)
        .join(Account, Account.id == Guardian.account_id)
        .where(Account.phone.startswith(NEIGHBOURS))
        .order_by(Person.id)
    )
    return [(person, account_id) for person, account_id in rows]


def _persons(rows: Iterable[Any], now: datetime) -> list[Person]:
    today = clock.local(now).date()
    return [
        Person(name=name, sex=Sex(sex), birth_date=_months_ago(months, today))
        for name, sex, months in rows
    ]


def _months_ago(months: int, today: date) -> date:
    years, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(years, month + 1, min(today.day, 28))
