"""Phone numbers as people type them, and the form in which they are stored."""

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

HOME = "CN"
# Some countries (+1) cannot tell a mobile from a landline; those numbers may sign in.
MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def normalise(text: str) -> str:
    """Return the number as +8613800138000. Raises ValueError if no text message can arrive there.

    Blanks, dashes, +86 and full-width digits are understood; without a country it is the mainland.
    """
    try:
        number = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException as error:
        raise ValueError("not a phone number") from error
    if number.extension or any(character.isalpha() for character in text):
        raise ValueError("a number to be dialled by hand")
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in MOBILE:
        raise ValueError("not a mobile number")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
