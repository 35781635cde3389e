"""The way to people's phones; the default writes to the terminal of the server."""

import sys
from typing import Protocol


class Gateway(Protocol):
    """A carrier of messages to phones."""

    def send(self, phone: str, text: str) -> None:
        """Carry a text to a phone; raise any Exception if it was not carried."""


class Terminal:
    """A carrier for the demo, and until an SMS signature has been granted."""

    def send(self, phone: str, text: str) -> None:
        """Write the text to the terminal of the server."""
        print(f"[短信 {phone}] {text}", file=sys.stderr, flush=True)  # noqa: T201 – this is the gateway


def gateway() -> Gateway:
    """Return the gateway of this installation."""
    return Terminal()
