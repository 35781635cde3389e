"""Many at once, in real threads on both databases."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread
from typing import Any

from flask import Flask
from sqlalchemy import select

from hub import clock
from hub.accounts import actions
from hub.accounts.models import Account, SignInCode
from hub.accounts.rules import TooMany, TooSoon
from hub.db import db, transaction
from tests.accounts.conftest import Messages
from tests.browser import Browser

PHONE = "+8613800138000"
BROWSER = "a browser"


def at_once(app: Flask, number: int, act: Callable[[int], Any]) -> Counter[Any]:
    """What each of so many threads came to, all starting at the same moment."""
    barrier, outcomes = Barrier(number), []

    def run(index: int) -> None:
        barrier.wait()
        try:
            with app.test_request_context(), transaction():
                outcome = act(index)
        except (TooMany, TooSoon) as refusal:
            outcome = type(refusal).__name__
        outcomes.append(outcome)

    threads = [Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == number
    return Counter(outcomes)


def keep_code(app: Flask, code_hash: str = "right") -> None:
    with app.app_context(), transaction():
        actions.keep_code(PHONE, BROWSER, code_hash, "127.0.0.1", clock.now())


def try_code(code_hash: str) -> str:
    return actions.try_code(PHONE, BROWSER, code_hash, clock.now()).verdict.name


def test_of_many_right_codes_at_once_one_wins(app: Flask) -> None:
    keep_code(app)
    outcomes = at_once(app, 12, lambda _: try_code("right"))
    assert outcomes == {"RIGHT": 1, "USED": 11}


def test_of_many_guesses_at_once_five_are_looked_at(app: Flask) -> None:
    keep_code(app)
    outcomes = at_once(app, 24, lambda index: try_code(f"guess {index}"))
    assert outcomes == {"WRONG": 5, "USED_UP": 19}
    with app.app_context():
        assert db.session.scalars(select(SignInCode.tries_left)).one() == 0


def test_of_many_askings_at_once_one_is_sent(app: Flask) -> None:
    def ask(index: int) -> str:
        actions.keep_code(PHONE, BROWSER, f"code {index}", "127.0.0.1", clock.now())
        return "sent"

    assert at_once(app, 12, ask) == {"sent": 1, "TooSoon": 11}
    with app.app_context():
        assert len(db.session.scalars(select(SignInCode.id)).all()) == 1


def test_many_phones_of_one_address_at_once_keep_to_its_limit(app: Flask) -> None:
    def ask(index: int) -> str:
        actions.keep_code(f"+86138001380{index:02}", BROWSER, "code", "10.0.0.1", clock.now())
        return "sent"

    for turn in range(3):
        at_once(app, 20, partial(lambda turn, index: ask(turn * 20 + index), turn))
    assert at_once(app, 6, lambda index: ask(60 + index)) == {"TooMany": 6}


def test_two_first_sign_ins_at_once_make_one_account(app: Flask) -> None:
    outcomes = at_once(app, 8, lambda _: actions.account_of(PHONE, clock.now()).phone)
    assert outcomes == {PHONE: 8}
    with app.app_context():
        assert len(db.session.scalars(select(Account)).unique().all()) == 1


def test_of_two_tabs_with_the_right_code_one_signs_in(app: Flask, messages: Messages) -> None:
    browsers = [Browser(app), Browser(app)]
    pages = [browser.submit(browser.visit("/sign-in"), phone="13800138000") for browser in browsers]
    barrier, answers = Barrier(2), []

    def press(browser: Browser, fields: dict[str, str]) -> None:
        barrier.wait()
        answers.append(browser.client.post("/sign-in/code", data=fields).status_code)

    threads = [
        Thread(
            target=press,
            args=(browser, {**page.form("/sign-in/code").fields, "code": messages.code}),
        )
        for browser, page in zip(browsers, pages, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 422]
