"""Find accounts, by cookie or phone, and the roles of the staff."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from hub.accounts.models import Account, Role, RoleName
from hub.column_rows import Reading
from hub.db import db

VISITOR = Reading(Account, roles=Reading(Role))


@dataclass(frozen=True)
class RoleAtCentre:
    """One role of a member of the staff; without a centre it holds at every centre."""

    role: RoleName
    centre: str | None

    @property
    def label(self) -> str:
        """前台 · 中心负责人 · 系统管理员."""
        return {
            RoleName.DESK: _("前台"),
            RoleName.MANAGER: _("中心负责人"),
            RoleName.ADMINISTRATOR: _("系统管理员"),
        }[self.role]


def load_account(user_id: str) -> Account | None:
    """Return the account of a cookie, or None if it was signed out everywhere since; one query."""
    number, _separator, version = user_id.partition(":")
    if not (number.isdecimal() and version.isdecimal()):
        return None
    found = VISITOR.rows(_of_a_cookie(), id=int(number), version=int(version))
    return found[0] if found else None


@cache
def _of_a_cookie() -> Select[*tuple[Any, ...]]:
    """Build the query once: it is asked with every request."""
    wanted = Account.id == bindparam("id"), Account.auth_version == bindparam("version")
    return VISITOR.select().where(*wanted)


def account_with(phone: str) -> Account | None:
    """Return the account of a stored phone (+86…), or None."""
    return db.session.scalars(select(Account).where(Account.phone == phone)).unique().one_or_none()


def roles_at_centres(account: Account) -> list[RoleAtCentre]:
    """Return the roles of a member of the staff, each with its centre."""
    if not account.is_staff:
        return []
    mine = select(Role).where(Role.account_id == account.id).order_by(Role.id)
    roles = db.session.scalars(mine.options(joinedload(Role.centre)))
    return [RoleAtCentre(role.name, role.centre.name if role.centre else None) for role in roles]
