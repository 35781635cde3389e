"""How many web processes, and threads of each: the rush with each choice, in turn.

Prints attempts per second as a share of the bare program's, whose choice stays as it is shipped (or
as HUB_WORKERS and HUB_THREADS say): choices are compared with each other, and a busy machine
disturbs all of them alike.
"""

import argparse
from statistics import median

from bench.rush import bare_rush, installed, site_rush
from bench.site import Size

SIZES = (Size(2, 4), Size(2, 2), Size(2, 1), Size(3, 1))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=1000)
    options.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    print(f"{'database':<12}{'workers × threads':<20}{'share':<8}each round")
    for name in installed(chosen.databases):
        shares: dict[Size, list[float]] = {size: [] for size in SIZES}
        for _ in range(chosen.rounds):
            rate = bare_rush(name, chosen.people).rate
            for size in SIZES:
                shares[size].append(site_rush(name, chosen.people, server=size).rate / rate)
        for size, found in shares.items():
            each = " ".join(f"{share:.2f}" for share in found)
            print(f"{name:<12}{size!s:<20}{median(found):<8.2f}{each}", flush=True)


if __name__ == "__main__":
    main()
