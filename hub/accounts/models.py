"""Accounts, their sessions and browsers, codes that open them, roles, and saved forms."""

import enum
from datetime import datetime
from typing import TYPE_CHECKING

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.db import Model, enum_column, pk, text20, text60, text200
from hub.web.security import Admits

if TYPE_CHECKING:
    from hub.catalogue.models import Centre


class RoleName(enum.StrEnum):
    """What somebody does at a centre; each may do all that those before it may."""

    DESK = "desk"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


CLEARANCES = {
    RoleName.DESK: Admits.DESK,
    RoleName.MANAGER: Admits.MANAGER,
    RoleName.ADMINISTRATOR: Admits.ADMINISTRATOR,
}


class Account(UserMixin, Model):
    """A phone number that has signed in, or a member of the staff."""

    __tablename__ = "account"

    id: Mapped[pk]
    phone: Mapped[text20] = mapped_column(unique=True)  # E.164: +8613800138000
    name: Mapped[text20] = mapped_column(default="")  # staff only; families name persons
    password_hash: Mapped[text200] = mapped_column(default="")
    created_at: Mapped[datetime]

    session_key = ""  # of the session that was just begun: no column, the database has its hash

    roles: Mapped[list["Role"]] = relationship(back_populates="account", lazy="joined")

    def get_id(self) -> str:
        """Return what Flask-Login writes into the cookie at sign-in."""
        return self.session_key

    @property
    def is_staff(self) -> bool:
        return bool(self.roles)

    @property
    def clearance(self) -> Admits:
        """Highest access level over all roles; views check the centre."""
        return max((CLEARANCES[role.name] for role in self.roles), default=Admits.SIGNED_IN)


class Role(Model):
    """What an account may do, and at which centre (None: at every centre)."""

    __tablename__ = "role"
    __table_args__ = (UniqueConstraint("account_id", "name", "centre_id"),)

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    name: Mapped[RoleName] = mapped_column(enum_column(RoleName))
    centre_id: Mapped[int | None] = mapped_column(
        ForeignKey("centre.id", ondelete="CASCADE"), index=True
    )

    account: Mapped[Account] = relationship(back_populates="roles")
    centre: Mapped["Centre | None"] = relationship()


class AccountSession(Model):
    """A browser that is signed in; signing out deletes the row."""

    __tablename__ = "account_session"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    key_hash: Mapped[text200] = mapped_column(unique=True)
    began_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class KnownBrowser(Model):
    """A browser in which an account has signed in before; signing out leaves it known."""

    __tablename__ = "known_browser"
    __table_args__ = (UniqueConstraint("account_id", "key_hash"),)

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    key_hash: Mapped[text200]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SignInCode(Model):
    """A six-digit code, hashed with the installation's key; used once or not at all.

    It opens only in the browser that asked for it, so that a stranger who types somebody else's
    number can neither void their code nor use up its tries.
    """

    __tablename__ = "sign_in_code"
    __table_args__ = (
        CheckConstraint("tries_left >= 0", name="tries_left"),
        Index(None, "phone", "sent_at"),
    )

    id: Mapped[pk]
    phone: Mapped[text20]
    browser: Mapped[text60]  # a random number of the browser's session
    code_hash: Mapped[text200]
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    tries_left: Mapped[int]
    used_at: Mapped[datetime | None]


class SavedForm(Model):
    """What was typed when the session turned out to have expired; kept half an hour."""

    __tablename__ = "saved_form"

    id: Mapped[pk]
    token_hash: Mapped[text200] = mapped_column(unique=True)
    path: Mapped[text200]
    fields: Mapped[str]  # JSON: pairs of name and value
    expires_at: Mapped[datetime] = mapped_column(index=True)
