"""Make accounts for members of the staff, give them roles and passwords, and take them away."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from hub import audit
from hub.accounts.known_browsers import forget_browsers
from hub.accounts.models import Account, Role, RoleName
from hub.accounts.phones import normalise
from hub.accounts.queries import account_with
from hub.accounts.sessions import end_sessions
from hub.catalogue.models import Centre
from hub.db import db
from hub.refusals import Refused

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200  # hashing more is work that somebody else could ask for
LONGEST_NAME = 20


def check_password(password: str, phone: str) -> None:
    """Refuse a password that is soon guessed."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(_("密码至少要 %(least)s 个字符。", least=SHORTEST_PASSWORD))
    if len(password) > LONGEST_PASSWORD:
        raise Refused(_("密码最多 %(most)s 个字符。", most=LONGEST_PASSWORD))
    if len(set(password)) < 4 or password in {phone, phone.removeprefix("+86")}:
        raise Refused(_("这个密码太容易猜到了，请换一个。"))


def check_name(name: str) -> str:
    """The name without blanks around it. Raises Refused where it is empty or too long."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise Refused(_("姓名要有 1 到 %(most)s 个字。", most=LONGEST_NAME))
    return name


def check_phone(text: str) -> str:
    """The phone as it is kept. Raises Refused where it is not one that signs in."""
    try:
        return normalise(text)
    except ValueError as error:
        raise Refused(_("“%(text)s”不是手机号码。", text=text)) from error


def centre_for(role: RoleName, name: str | None) -> Centre | None:
    """Where this role is held. Raises Refused where a centre is missing, unknown or too much."""
    if role is RoleName.ADMINISTRATOR:
        if name:
            raise Refused(_("管理员管所有中心，请不要写 --centre。"))
        return None
    if not name:
        raise Refused(_("请用 --centre 写明是哪个中心。"))
    centre = db.session.scalar(select(Centre).where(Centre.name == name))
    if centre is None:
        raise Refused(_("没有叫“%(name)s”的中心。", name=name))
    return centre


def create_staff(
    *,
    phone: str,
    name: str,
    role: RoleName,
    centre: Centre | None,
    password_hash: str,
    now: datetime,
) -> Account:
    """Return the account of this phone with this role and a new password.

    If the phone had an account (a resident's, or another role's), its sessions are signed out and
    its browsers forgotten: the password may have been changed because it was no longer a secret.
    """
    account = account_with(phone)
    if account is None:
        account = Account(phone=phone, created_at=now, roles=[])
        db.session.add(account)
    else:
        end_sessions(account)
        forget_browsers(account)
    account.name, account.password_hash = name, password_hash
    centre_id = centre.id if centre else None
    if all((held.name, held.centre_id) != (role, centre_id) for held in account.roles):
        account.roles.append(Role(name=role, centre_id=centre_id))
    db.session.flush()
    audit.record("create_staff", account, account_id=None, detail=_duty(role, centre_id))
    return account


def all_roles() -> Sequence[Role]:
    """Return every role with its account and centre, in the order of the accounts."""
    with_both = joinedload(Role.account).lazyload(Account.roles), joinedload(Role.centre)
    listed = select(Role).options(*with_both).order_by(Role.account_id, Role.id)
    return db.session.scalars(listed).all()


def staff_with(phone: str) -> Account:
    """Return the account of a member of the staff. Raises Refused if the phone has no role."""
    account = account_with(check_phone(phone))
    if account is None or not account.is_staff:
        raise Refused(_("“%(phone)s”不是工作人员。", phone=phone))
    return account


def remove_role(account: Account, name: RoleName, centre: Centre | None) -> None:
    """Take one role away; it is gone at the next request. Raises Refused if it was not held."""
    centre_id = centre.id if centre else None
    held = [role for role in account.roles if (role.name, role.centre_id) == (name, centre_id)]
    if not held:
        raise Refused(_("%(name)s 没有这个职务。", name=account.name))
    db.session.delete(held[0])
    audit.record("remove_role", account, account_id=None, detail=_duty(name, centre_id))


def disable(account: Account) -> None:
    """Take away all roles and the password, and sign the account out everywhere.

    The account stays: the same phone may be a family's.
    """
    for role in account.roles:
        db.session.delete(role)
    account.password_hash = ""
    end_sessions(account)
    forget_browsers(account)
    audit.record("disable_staff", account, account_id=None)


def _duty(name: RoleName, centre_id: int | None) -> str:
    return f"{name} at {f'centre {centre_id}' if centre_id else 'every centre'}"
