"""Sign-in codes and what is said about them, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.accounts import rules
from hub.accounts.codes import draw_code, hash_code, read_code
from hub.accounts.rules import Attempt, TooSoon, Verdict

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def test_a_code_is_six_digits_and_not_the_same_each_time() -> None:
    codes = {draw_code() for _ in range(200)}
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(codes) > 190


@pytest.mark.parametrize("typed", ["012345", " 012 345 ", "０１２３４５", "012\u3000345"])
def test_a_code_is_read_with_blanks_and_full_width_digits(typed: str) -> None:
    assert read_code(typed) == "012345"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "-12345"])
def test_what_is_not_six_digits_is_no_code(typed: str) -> None:
    assert read_code(typed) == ""


def test_the_hash_depends_on_key_phone_and_code() -> None:
    hashes = {
        hash_code(secret, phone, code)
        for secret in ("one key", "another key")
        for phone in ("+8613800138000", "+8613800138001")
        for code in ("123456", "123457")
    }
    assert len(hashes) == 8
    assert not any("123456" in kept or "138001" in kept for kept in hashes)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "60 秒"), (1, "59 秒"), (18, "42 秒"), (59.5, "1 秒")]
)
def test_another_code_within_a_minute_is_refused_with_the_seconds_left(
    seconds: float, said: str
) -> None:
    with pytest.raises(TooSoon, match=said):
        rules.check_may_resend(NOW, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("sent_at", [None, NOW - timedelta(seconds=60), NOW - timedelta(days=1)])
def test_another_code_after_a_minute_is_fine(sent_at: datetime | None) -> None:
    rules.check_may_resend(sent_at, NOW)


@pytest.mark.parametrize(
    ("tries_left", "used_at", "expires_in", "verdict"),
    [
        (3, None, 0, Verdict.EXPIRED),
        (0, None, -1, Verdict.EXPIRED),
        (0, None, 1, Verdict.USED_UP),
        (4, NOW, 1, Verdict.USED),
        (4, NOW, -1, Verdict.USED),
    ],
)
def test_a_dead_code_has_one_reason(
    tries_left: int, used_at: datetime | None, expires_in: int, verdict: Verdict
) -> None:
    expires_at = NOW + timedelta(seconds=expires_in)
    assert rules.why_no_code_lives(tries_left, used_at, expires_at, NOW) is verdict


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (Attempt(Verdict.WRONG, 4), "还可以试 4 次"),
        (Attempt(Verdict.WRONG, 1), "还可以试 1 次"),
        (Attempt(Verdict.WRONG, 0), "试错太多次"),
        (Attempt(Verdict.USED_UP), "试错太多次"),
        (Attempt(Verdict.USED), "已经用过"),
        (Attempt(Verdict.EXPIRED), "已经过期"),
    ],
)
def test_each_reason_is_told_in_words_with_the_next_thing_to_do(
    attempt: Attempt, said: str
) -> None:
    assert said in rules.why_not(attempt)
    assert attempt.tries_left or "重新发一个" in rules.why_not(attempt)
