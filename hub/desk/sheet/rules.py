"""How a printed roster is laid out."""

BLANK_ROWS = 3, 6  # fewest and most, on a printed roster


def blank_rows(places_left: int) -> int:
    """Return how many empty rows a printed roster has for walk-ins, within reason."""
    fewest, most = BLANK_ROWS
    return min(max(places_left, fewest), most)
