"""The draw: nobody can bend it, and anybody can recompute it."""

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.bookings.draw import rules
from hub.bookings.draw.rules import Entry, Outcome, allot, order
from tests.bookings.draw.recomputed import by_hand

plainly = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
# As sha256sum and openssl compute it for the secret "abc" and the public number "03 11 19".
COMMITMENT = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
SEED = "5205a5a9bd0c69fce735737824b2f38cb82dafe1aed159942579ad5d8e40b4c7"
LOTS = {
    1: "de543a83549587fb",
    2: "2ba353e15adab394",
    3: "dd2c3eccae3b60e2",
    4: "a9dafb72d1d18115",
    5: "2fe242c1997f7a95",
}
LISTS = st.lists(
    st.builds(
        Entry,
        registration=st.just(0),
        tier=st.integers(0, 2),
        lost_before=st.booleans(),
        places=st.integers(1, 4),
    ),
    max_size=40,
).map(lambda found: [numbered(entry, n) for n, entry in enumerate(found, start=1)])


def numbered(entry: Entry, registration: int) -> Entry:
    return Entry(registration, entry.tier, entry.lost_before, entry.places)


def alone(registration: int, tier: int = 1, lost_before: bool = False) -> Entry:
    return Entry(registration, tier, lost_before, places=1)


def parties(*sizes: int) -> list[Entry]:
    return [Entry(n, 1, False, size) for n, size in enumerate(sizes, start=1)]


def registrations(entries: list[Entry]) -> list[int]:
    return [entry.registration for entry in entries]


# The promise


def test_every_secret_is_a_new_one_too_long_to_guess() -> None:
    found = {rules.draw_secret() for _ in range(100)}
    assert len(found) == 100
    assert all(len(bytes.fromhex(secret)) == 32 for secret in found)


def test_commitment_and_seed_are_what_the_tools_of_any_system_compute() -> None:
    assert rules.commitment("abc") == COMMITMENT
    assert rules.seed_of("abc", "03 11 19") == SEED


def test_another_secret_or_another_number_is_another_order() -> None:
    entries = [alone(n) for n in range(1, 31)]
    drawn = {
        tuple(registrations(order(entries, rules.seed_of(secret, number))))
        for secret in ("abc", "abd")
        for number in ("03 11 19", "03 11 20")
    }
    assert len(drawn) == 4


# The order


def test_the_lot_of_a_number_is_its_hmac() -> None:
    assert registrations(order([alone(n) for n in LOTS], SEED)) == sorted(
        LOTS, key=LOTS.__getitem__
    )


def test_a_tier_goes_before_and_inside_it_who_lost_last_time() -> None:
    entries = [
        alone(n, tier, lost)
        for n, (tier, lost) in enumerate(
            [(1, False), (0, False), (1, True), (0, True), (2, True)] * 20, start=1
        )
    ]
    drawn = [(entry.tier, entry.lost_before) for entry in order(entries, SEED)]
    assert list(dict.fromkeys(drawn)) == [(0, True), (0, False), (1, True), (1, False), (2, True)]
    assert len(drawn) == 100


@plainly
@given(LISTS, st.randoms())
def test_who_came_first_or_asked_most_often_gains_nothing(
    entries: list[Entry], chance: random.Random
) -> None:
    shuffled = chance.sample(entries, len(entries))
    assert order(shuffled, SEED) == order(entries, SEED)


@plainly
@given(LISTS, st.sets(st.integers(1, 40)))
def test_who_else_entered_does_not_change_who_goes_before_whom(
    entries: list[Entry], others: set[int]
) -> None:
    without = [entry for entry in entries if entry.registration not in others]
    whole = order(entries, SEED)
    assert order(without, SEED) == [entry for entry in whole if entry in without]


def test_every_number_is_drawn_first_about_as_often() -> None:
    entries = [alone(n) for n in range(1, 11)]
    seeds = [rules.seed_of("abc", str(number)) for number in range(2000)]
    firsts = Counter(order(entries, seed)[0].registration for seed in seeds)
    assert all(140 < firsts[n] < 260 for n in range(1, 11))  # 200 each; 13.4 is one deviation


# Who gets what

P, W, N = Outcome.PLACE, Outcome.WAITING, Outcome.NONE


@pytest.mark.parametrize(
    ("sizes", "places", "turns", "smaller_first", "outcomes"),
    [
        ([1, 1, 1, 1], 2, 1, True, [P, P, W, N]),
        ([1, 1], 0, 0, True, [N, N]),
        ([2, 2], 4, 0, False, [P, P]),  # just enough
        ([2, 3, 1], 4, 10, True, [P, W, P]),  # all or none; the smaller one is served
        ([2, 3, 1], 4, 10, False, [P, W, W]),  # nobody is served out of turn
        ([3, 2, 1, 1], 2, 10, True, [W, P, W, W]),
        ([3, 2, 1], 2, 10, False, [W, W, W]),
        ([1, 3, 2, 1], 1, 3, True, [P, W, N, N]),  # persons wait, not parties
        ([1, 2, 2, 1], 1, 3, True, [P, W, N, W]),
        ([1, 2, 2, 1], 1, 3, False, [P, W, N, N]),
        ([3, 2, 1], 2, 1, False, [N, N, N]),
        ([3, 2, 1], 2, 1, True, [N, P, W]),
    ],
)
def test_a_party_stands_or_falls_together(
    sizes: list[int], places: int, turns: int, smaller_first: bool, outcomes: list[Outcome]
) -> None:
    assert [*allot(parties(*sizes), places, turns, smaller_first).values()] == outcomes


@plainly
@given(LISTS, st.integers(0, 60), st.integers(0, 30), st.booleans())
def test_nothing_is_given_twice_and_nobody_is_passed_over(
    entries: list[Entry], places: int, turns: int, smaller_first: bool
) -> None:
    outcomes = allot(entries, places, turns, smaller_first)
    assert [*outcomes] == registrations(entries)
    given_out = Counter[Outcome]()
    for entry in entries:
        given_out[outcomes[entry.registration]] += entry.places
    assert given_out[P] <= places
    assert given_out[W] <= turns
    if smaller_first:
        left = [entry for entry in entries if outcomes[entry.registration] is not P]
        assert all(entry.places > places - given_out[P] for entry in left)  # nobody waits who fits
    else:
        in_turn = [[P, W, N].index(outcome) for outcome in outcomes.values()]
        assert in_turn == sorted(in_turn)


# Recomputed by others


@settings(plainly, max_examples=300)
@given(
    LISTS,
    st.text(min_size=1, max_size=64),
    st.text(min_size=1, max_size=30),
    st.integers(0, 60),
    st.integers(0, 30),
    st.booleans(),
)
def test_who_follows_the_pages_words_finds_the_same(
    entries: list[Entry], secret: str, number: str, places: int, turns: int, smaller_first: bool
) -> None:
    drawn = order(entries, rules.seed_of(secret, number))
    ours = [*allot(drawn, places, turns, smaller_first).items()]
    rows = [(one.registration, one.tier, one.lost_before, one.places) for one in entries]
    assert by_hand(rows, secret, number, places, turns, smaller_first) == ours


@pytest.mark.parametrize("smaller_first", [True, False])
@pytest.mark.parametrize("number", ["03 11 19 22 30 08", "3142.57点"])
def test_the_script_on_the_page_finds_the_same(
    smaller_first: bool, number: str, tmp_path: Path
) -> None:
    chance = random.Random(number)  # noqa: S311 – a list to try, not a draw
    entries = [
        Entry(n, chance.randrange(2), chance.random() < 0.3, chance.choice([1, 1, 2, 3]))
        for n in range(1, 41)
    ]
    (tmp_path / "list.csv").write_text(rules.as_csv(entries), encoding="utf-8")
    (tmp_path / "recompute.py").write_text(rules.SCRIPT, encoding="utf-8")
    smaller = "yes" if smaller_first else "no"
    printed = subprocess.run(
        [sys.executable, "-I", "recompute.py", "list.csv", "abc", number, "30", "12", smaller],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout.splitlines()
    drawn = order(entries, rules.seed_of("abc", number))
    outcomes = allot(drawn, 30, 12, smaller_first)
    assert printed[0] == f"commitment {COMMITMENT}"
    assert printed[1:] == [f"{n} {outcome}" for n, outcome in outcomes.items()]
    assert set(outcomes.values()) == {P, W, N}


def test_the_script_is_short_enough_to_be_read() -> None:
    assert len(rules.SCRIPT.splitlines()) <= 26
    assert max(map(len, rules.SCRIPT.splitlines())) <= 100


@pytest.mark.usefixtures("spoken")
def test_the_page_says_how_in_words_and_whether_smaller_parties_are_served_first() -> None:
    assert "SHA-256" in "".join(rules.how(True))
    assert rules.how(True)[:-1] == rules.how(False)[:-1]
    assert "先给后面这一份" in rules.how(True)[-1]
    assert "不再给名额" in rules.how(False)[-1]
