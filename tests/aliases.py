"""Names for the types of fixtures that many tests ask for."""

from collections.abc import Callable
from typing import Any

import time_machine

Clock = time_machine.Traveller
Save = Callable[..., Any]  # rows → their ids
Make = Callable[..., int]  # facts of a slot → its id
Book = Callable[..., str]  # (slot, account, *persons) → the number of the first booking
Families = Callable[..., list[list[int]]]  # sizes → the ids of each family's children
