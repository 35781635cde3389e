"""Booking numbers: what can be read out, and slips that are noticed."""

import pytest

from hub.bookings.numbers import draw_number, is_number


def test_a_drawn_number_has_ten_digits_and_is_a_number() -> None:
    for number in {draw_number() for _ in range(200)}:
        assert len(number) == 10
        assert number[0] != "0"
        assert is_number(number)


def test_one_wrong_digit_is_always_noticed() -> None:
    number = draw_number()
    for place in range(10):
        for digit in "0123456789":
            if digit != number[place]:
                assert not is_number(number[:place] + digit + number[place + 1 :])


@pytest.mark.parametrize("text", ["", "1", "12345678901", "123456789x", "４８２１９３７７５６"])
def test_what_is_not_ten_digits_is_no_number(text: str) -> None:
    assert not is_number(text)
