"""Refusals: what a rule says when it says no, for people to read."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class WayOn:
    """The next possible thing to do after a refusal: a link and its label."""

    label: str
    endpoint: str
    values: tuple[tuple[str, object], ...] = ()


class Refused(Exception):
    """A rule said no. The message is written for the family to read; `way_on` leads further."""

    def __init__(self, message: str, way_on: WayOn | None = None) -> None:
        super().__init__(message)
        self.way_on = way_on


def refusal_of(rule: Callable[..., None], *facts: object) -> Refused | None:
    """Return what a rule says against these facts, to show it beforehand; None if nothing."""
    try:
        rule(*facts)
    except Refused as refused:
        return refused
    return None
