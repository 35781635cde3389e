"""How a printed roster is laid out."""

BLANK_ROWS = 3, 6  # on a printed roster, at least and at most


def blank_rows(places_left: int) -> int:
    """How many empty rows a roster has for those who walk in: the free places, within reason."""
    fewest, most = BLANK_ROWS
    return min(max(places_left, fewest), most)
