"""Sign-in codes and the accounts they open; the caller holds the transaction."""

from datetime import datetime

from sqlalchemy import ColumnElement, case, delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub import audit
from hub.accounts import rules
from hub.accounts.known_browsers import forget_browsers
from hub.accounts.models import Account, SignInCode
from hub.accounts.queries import account_with
from hub.accounts.rules import Attempt, Verdict
from hub.accounts.sessions import end_sessions
from hub.db import Instant, db
from hub.limits import count_use, delete_old_counts

SWEPT = 50  # old codes that one request for a code deletes


def keep_code(phone: str, browser: str, code_hash: str, address: str, now: datetime) -> None:
    """Make this the one code of the phone in this browser. Raises Refused if too soon or too often.

    Whether the phone has an account is not looked at, so that nothing here can tell it.
    """
    # The first count locks the phone's row: of two requests at once, the second sees the first.
    counts = (
        count_use("code_phone_hour", phone, most=rules.CODES_PER_PHONE_AND_HOUR, window=rules.HOUR),
        count_use("code_phone_day", phone, most=rules.CODES_PER_PHONE_AND_DAY, window=rules.DAY),
        count_use(
            "code_address", address, most=rules.CODES_PER_ADDRESS_AND_HOUR, window=rules.HOUR
        ),
    )
    last = select(SignInCode.sent_at).where(*_of(phone, browser))
    sent_at = db.session.scalar(last.order_by(SignInCode.sent_at.desc()).limit(1))
    rules.check_may_resend(sent_at, now)
    if not all(counts):
        raise rules.too_many_codes()
    forget_code(phone, browser)
    _delete_expired(now)
    delete_old_counts()
    db.session.add(
        SignInCode(
            phone=phone,
            browser=browser,
            code_hash=code_hash,
            sent_at=now,
            expires_at=now + rules.CODE_LIFE,
            tries_left=rules.CODE_TRIES,
        )
    )


def try_code(phone: str, browser: str, code_hash: str, now: datetime) -> Attempt:
    """Use up one try of this browser's code, and the code itself if it is right, by one UPDATE.

    Of two right entries at the same moment one is right; the other finds the code used.
    """
    used_at = case((SignInCode.code_hash == code_hash, literal(now, Instant())))
    claim = (
        update(SignInCode)
        .where(
            *_of(phone, browser),
            SignInCode.used_at.is_(None),
            SignInCode.expires_at > now,
            SignInCode.tries_left > 0,
        )
        .values(tries_left=SignInCode.tries_left - 1, used_at=used_at)
        .returning(SignInCode.tries_left, SignInCode.used_at)
    )
    claimed = db.session.execute(claim).first()
    if claimed is None:
        return Attempt(_what_became_of_it(phone, browser, now))
    if claimed.used_at is not None:
        return Attempt(Verdict.RIGHT)
    return Attempt(Verdict.WRONG, claimed.tries_left)


def forget_code(phone: str, browser: str) -> None:
    """Void the code a browser asked for: a newer one takes its place, or it could not be sent."""
    db.session.execute(delete(SignInCode).where(*_of(phone, browser)))


def account_of(phone: str, now: datetime) -> Account:
    """Return the account of a phone that was proved, made the first time."""
    return account_with(phone) or _open_account(phone, now)


def sign_out_everywhere(account: Account) -> None:
    """Make every cookie of this account worthless, on all phones and computers."""
    end_sessions(account)
    forget_browsers(account)
    audit.record("sign_out_everywhere", account, account_id=account.id)


def _of(phone: str, browser: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return SignInCode.phone == phone, SignInCode.browser == browser


def _what_became_of_it(phone: str, browser: str, now: datetime) -> Verdict:
    last = (
        select(SignInCode.tries_left, SignInCode.used_at, SignInCode.expires_at)
        .where(*_of(phone, browser))
        .order_by(SignInCode.sent_at.desc())
        .limit(1)
    )
    row = db.session.execute(last).first()
    if row is None:
        return Verdict.EXPIRED
    return rules.why_no_code_lives(row.tries_left, row.used_at, row.expires_at, now)


def _open_account(phone: str, now: datetime) -> Account:
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    new = insert(Account).values(phone=phone, created_at=now)
    db.session.execute(new.on_conflict_do_nothing(index_elements=["phone"]))
    return db.session.scalars(select(Account).where(Account.phone == phone)).unique().one()


def _delete_expired(now: datetime) -> None:
    # Skipping locked rows: two requests at once must not wait for each other in a circle.
    old = select(SignInCode.id).where(SignInCode.expires_at < now).limit(SWEPT)
    db.session.execute(
        delete(SignInCode).where(SignInCode.id.in_(old.with_for_update(skip_locked=True)))
    )
