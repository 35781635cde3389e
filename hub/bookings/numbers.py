"""Booking numbers: ten digits that can be read out, the last of which catches a slip."""

import secrets

DIGITS = 10


def draw_number() -> str:
    """Draw a number that cannot be guessed from another booking's; it may be in use already."""
    body = str(secrets.randbelow(9 * 10 ** (DIGITS - 2)) + 10 ** (DIGITS - 2))
    return body + _check_digit(body)


def is_number(text: str) -> bool:
    """Whether these are ten digits with the right check digit (Luhn: catches one wrong digit)."""
    right_form = len(text) == DIGITS and text.isascii() and text.isdigit()
    return right_form and _check_digit(text[:-1]) == text[-1]


def _check_digit(body: str) -> str:
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(body[::-1])]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return str(-total % 10)
