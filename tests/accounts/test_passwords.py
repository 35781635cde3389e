"""Passwords of the staff."""

from time import perf_counter

from hub.accounts.passwords import hash_password, password_fits


def test_only_the_password_that_was_hashed_fits() -> None:
    kept = hash_password("一条 很长的 pass phrase")
    assert kept.startswith("$argon2id$")
    assert password_fits(kept, "一条 很长的 pass phrase")
    assert not password_fits(kept, "一条 很长的 pass phrasf")
    assert not password_fits(kept, "")


def test_the_same_password_is_never_hashed_alike() -> None:
    assert hash_password("secret") != hash_password("secret")


def test_nothing_fits_where_no_password_is_kept() -> None:
    assert not password_fits("", "")
    assert not password_fits("", "nobody's password")
    assert not password_fits("not a hash", "secret")


def test_looking_takes_as_long_where_no_password_is_kept() -> None:
    kept = hash_password("secret")
    known = min(_seconds(kept) for _ in range(5))
    unknown = min(_seconds("") for _ in range(5))
    assert known / 3 < unknown < known * 3


def _seconds(kept: str) -> float:
    start = perf_counter()
    password_fits(kept, "wrong")
    return perf_counter() - start
