"""A draw recomputed from what its page says in words; knows nothing of the program it checks."""

from hashlib import sha256
from hmac import digest

# registration, tier, lost before, places
Row = tuple[int, int, bool, int]


def by_hand(
    rows: list[Row], secret: str, number: str, places: int, waiting: int, smaller_first: bool
) -> list[tuple[int, str]]:
    """The registrations in the drawn order, each with what it got."""
    seed = sha256((secret + ":" + number).encode("utf-8")).hexdigest().encode("ascii")
    in_line = sorted(rows, key=lambda row: digest(seed, b"%d" % row[0], "sha256"))
    in_line.sort(key=lambda row: 0 if row[2] else 1)  # a stable sort keeps what was before
    in_line.sort(key=lambda row: row[1])
    room = {"place": places, "waiting": waiting}
    shut: set[str] = set()
    result = []
    for registration, _tier, _lost, needs in in_line:
        got = "none"
        for what in ("place", "waiting"):
            if what not in shut and room[what] - needs >= 0:
                room[what] -= needs
                got = what
                break
            if not smaller_first:
                shut.add(what)
        result.append((registration, got))
    return result
