"""Who acts, when, and by which way: the one value that every act is given."""

import enum
from dataclasses import dataclass
from datetime import datetime


class Channel(enum.StrEnum):
    """How an act reached us; whatever does not come by the web is done by the staff."""

    WEB = "web"
    PHONE = "phone"
    DESK = "desk"
    GROUP = "group"


@dataclass(frozen=True)
class Actor:
    """The account that acts (None: a scheduled job), the instant, and the way.

    `request_key` is the form's own (`own_key`): a form that is sent twice is accepted once.
    """

    account_id: int | None
    now: datetime
    channel: Channel = Channel.WEB
    request_key: str | None = None

    @property
    def is_staff(self) -> bool:
        """Whether the staff acts: quotas and pauses do not stop it, desk places are open to it."""
        return self.channel is not Channel.WEB


def own_key(account_id: int, key: str) -> str:
    """Return the key of a form as it is kept: another account's form may have the same key."""
    return f"{account_id}-{key}"
