"""QR codes, as drawings inside a page."""

from functools import lru_cache

import segno


@lru_cache(maxsize=1000)
def qr(address: str) -> str:
    """Return the code of an address; kept, since it costs more than the rest of the page."""
    drawn: str = segno.make(address, error="m").svg_inline(border=2, omitsize=True)
    return drawn
