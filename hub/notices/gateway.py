"""The way to people's phones; the default writes to the terminal of the server."""

import sys
from typing import Protocol


class Gateway(Protocol):
    """What carries a message to a phone; it raises any exception if it could not."""

    def send(self, phone: str, text: str) -> None: ...


class Terminal:
    """Writes to the terminal: for the demo, and until an SMS signature has been granted."""

    def send(self, phone: str, text: str) -> None:
        print(f"[短信 {phone}] {text}", file=sys.stderr, flush=True)  # noqa: T201 – this is the gateway


def gateway() -> Gateway:
    """The gateway of this installation."""
    return Terminal()
