"""hub send and hub check."""

from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade

from hub import clock, create_app
from hub.db import db
from hub.notices.actions import tell
from hub.notices.models import Notice
from hub.ops.commands import GIVEN_UP_SHOWN
from hub.timetable.models import Slot
from tests.aliases import Save
from tests.conftest import MIGRATIONS, settings
from tests.makers import a_booking, a_child, a_slot, an_account
from tests.ops.conftest import run


def test_send_empties_the_outbox_once(app: Flask, saved: Save) -> None:
    account = saved(an_account(phone="+8613800000001"))
    with app.app_context():
        tell(account, "候补到名额了", clock.now())
        db.session.commit()
    assert "1 notices sent" in run(app, "send").output
    assert "0 notices sent" in run(app, "send").output


def test_check_is_content_when_the_places_add_up(app: Flask, saved: Save) -> None:
    slot = a_slot(capacity=10, places_left=9)
    saved(slot, a_booking(slot, a_child()))
    result = run(app, "check")
    assert (result.exit_code, result.output) == (0, "every place is accounted for\n")


def give_up(account_id: int, *errors: str) -> list[int]:
    """Put one message that was given up in the outbox for each of these errors."""
    now = clock.now()
    notices = [
        Notice(
            account_id=account_id,
            text="候补到名额了",
            made_at=now,
            due_at=now,
            expires_at=now,
            given_up_at=now,
            tries=5,
            last_error=error,
        )
        for error in errors
    ]
    db.session.add_all(notices)
    db.session.commit()
    return [notice.id for notice in notices]


def test_check_names_the_messages_that_were_given_up_but_not_what_they_say(
    app: Flask, saved: Save
) -> None:
    account = saved(an_account(phone="+8613800000001"))
    with app.app_context():
        failed, ended = give_up(account, "ValueError", "")
        tell(account, "还没发", clock.now())
        db.session.commit()
    result = run(app, "check")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "messages given up: 2",
        f"notice {failed}: given up after 5 tries, ValueError",
        f"notice {ended}: given up after 5 tries, the sender ended during each",
    ]


def test_check_counts_every_message_given_up_and_names_twenty(app: Flask, saved: Save) -> None:
    account = saved(an_account())
    with app.app_context():
        numbers = give_up(account, *["TimeoutError"] * (GIVEN_UP_SHOWN + 1))
    first, *named = run(app, "check").output.splitlines()
    assert first == "messages given up: 21"
    assert named == [
        f"notice {number}: given up after 5 tries, TimeoutError" for number in numbers[:-1]
    ]


def test_check_names_a_slot_whose_places_do_not_add_up(app: Flask, saved: Save) -> None:
    slot = a_slot(capacity=10, places_left=10)
    saved(slot, a_booking(slot, a_child()))
    with app.app_context():
        number = db.session.query(Slot.id).scalar()
    result = run(app, "check")
    assert result.exit_code == 1
    assert result.output == (
        f"slot {number}: 1 given + 0 for the desk + 10 left of 10, 0 wait but 0 are counted\n"
    )


@pytest.mark.parametrize(
    "words",
    [("seed",), ("import-centres", __file__), ("send",), ("check",)],
    ids=lambda words: words[0],
)
def test_without_the_newest_tables_a_command_says_how_they_are_made(
    tmp_path: Any, words: tuple[str]
) -> None:
    app = create_app(settings(f"sqlite:///{tmp_path / 'new.db'}"))
    with app.app_context():
        upgrade(directory=MIGRATIONS, revision="0001")
    result = run(app, *words)
    assert result.exit_code == 1
    assert "hub serve makes them" in result.output
    with app.app_context():
        db.engine.dispose()
