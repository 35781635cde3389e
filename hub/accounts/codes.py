"""Sign-in codes: drawing one, and the hash of it that is kept."""

import hashlib
import hmac
import re
import secrets
import unicodedata

DIGITS = 6
LONGEST_TYPED = 60  # bringing a long text into its usual form can take minutes


def draw_code() -> str:
    """Six digits that nobody can foresee."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def read_code(typed: str) -> str:
    """The six digits in what was typed, with blanks or full-width digits; empty where not six."""
    code = "".join(unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).split())
    return code if re.fullmatch(rf"[0-9]{{{DIGITS}}}", code) else ""


def hash_code(secret: str, phone: str, code: str) -> str:
    """What is kept of a code. Without the key a million guesses at a stolen row tell nothing."""
    return hmac.new(secret.encode(), f"{phone}\n{code}".encode(), hashlib.sha256).hexdigest()
