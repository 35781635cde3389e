"""Find accounts by phone, and the roles of the staff."""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from hub.accounts.models import Account, Role, RoleName
from hub.db import db


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
