"""Passwords of the staff. Hashing takes tens of milliseconds: never inside a transaction."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Checked where there is no password: a stranger must not learn from the time taken who has one.
_NOBODY = _hasher.hash("nobody's password")


def hash_password(password: str) -> str:
    """Return what is stored instead of the password."""
    return _hasher.hash(password)


def password_fits(kept_hash: str, password: str) -> bool:
    """Whether the password is the hashed one; the same work is done where none is stored."""
    try:
        fits = _hasher.verify(kept_hash or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return fits and bool(kept_hash)
