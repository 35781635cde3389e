"""Sign-in codes: draw one, read what was typed, and hash it for storage."""

import hashlib
import hmac
import re
import secrets
import unicodedata

DIGITS = 6
LONGEST_TYPED = 60  # characters; normalising a longer text can take minutes


def draw_code() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def read_code(typed: str) -> str:
    """Return the six digits that were typed, with blanks or full-width digits; empty if not six."""
    code = "".join(unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).split())
    return code if re.fullmatch(rf"[0-9]{{{DIGITS}}}", code) else ""


def hash_code(secret: str, phone: str, code: str) -> str:
    """Return what is stored of a code: without the key, guesses at a stolen row tell nothing."""
    return hmac.new(secret.encode(), f"{phone}\n{code}".encode(), hashlib.sha256).hexdigest()
