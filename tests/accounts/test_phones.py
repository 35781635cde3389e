"""Phone numbers as people type them."""

import pytest

from hub.accounts.phones import normalise


@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "+86 138 0013 8000",
        "+8613800138000",
        "0086 13800138000",
        "8613800138000",
        "１３８００１３８０００",
        "＋８６ １３８ ００１３ ８０００",
        "（138）0013-8000",
    ],
)
def test_a_mainland_mobile_is_understood_however_it_is_typed(typed: str) -> None:
    assert normalise(typed) == "+8613800138000"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+852 9123 4567", "+85291234567"),
        ("+853 6612 3456", "+85366123456"),
        ("+886 912 345 678", "+886912345678"),
        ("+44 7911 123456", "+447911123456"),
        ("+1 415 555 2671", "+14155552671"),
    ],
)
def test_a_mobile_from_elsewhere_is_understood_with_its_country(typed: str, kept: str) -> None:
    assert normalise(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "你好",
        "1380013800",
        "138001380001",
        "12345678901",
        "14400000000",
        "010 12345678",
        "023 6312 3456",
        "+852 2345 6789",
        "13800138000 ext 5",
        "1380013CALL",
        "13800138000\x00; DROP TABLE account",
        "110",
        "9" * 5000,
    ],
)
def test_what_no_message_can_reach_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"number|phone"):
        normalise(typed)
