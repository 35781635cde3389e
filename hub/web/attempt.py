"""attempt(): do one act for a form, or say on the same page why it was refused."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask_wtf import FlaskForm
from wtforms import Field

from hub.db import transaction
from hub.refusals import Refused

Result = TypeVar("Result")


@dataclass(frozen=True)
class Attempt(Generic[Result]):
    """What came of an act: its result, or nothing done, with the refusal if a rule said no."""

    is_done: bool
    _results: tuple[Result, ...] = ()
    refusal: Refused | None = None

    @property
    def result(self) -> Result:
        """Return what the act returned. Raises IndexError where nothing was done."""
        return self._results[0]


def attempt(
    act: Callable[[], Result], form: FlaskForm | None = None, beside: Field | None = None
) -> Attempt[Result]:
    """Do an act in one transaction, if the form is filled in rightly.

    1. Validate the form; where something is wrong, its fields say so and nothing is done.
    2. Do the act in a transaction: all of it is kept, or nothing.
    3. Where a rule refuses, put the sentence beside the field, or at the head of the form.

    The view then answers with a redirect, or with the same page and status 422.
    """
    if form is not None and not form.validate():
        return Attempt(is_done=False)
    try:
        with transaction():
            result = act()
    except Refused as refusal:
        if beside is not None:
            beside.errors = [str(refusal)]
        elif form is not None:
            form.form_errors.append(str(refusal))
        return Attempt(is_done=False, refusal=refusal)
    return Attempt(is_done=True, _results=(result,))
