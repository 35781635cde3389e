"""QR codes, as drawings that stand in a page."""

from functools import lru_cache

import segno


@lru_cache(maxsize=1000)
def qr(address: str) -> str:
    """Drawing one costs more than all the rest of the page, which is looked at several times."""
    drawn: str = segno.make(address, error="m").svg_inline(border=2, omitsize=True)
    return drawn
