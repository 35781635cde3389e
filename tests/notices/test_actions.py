"""The outbox: sent once, tried again when it failed, shared by any number of senders."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from hub import clock
from hub.db import db, transaction
from hub.notices.actions import LEASE, send_due, send_some, tell
from hub.notices.models import MOST_TRIES, Notice
from hub.notices.queries import SHOWN_FOR, given_up, latest_notices
from tests.cast import Cast


class Gateway:
    """The only double of these tests: it remembers what it was given, or fails."""

    def __init__(self, *, fails: bool = False, poison: str = "") -> None:
        self.sent: list[tuple[str, str]] = []
        self.fails, self.poison = fails, poison

    def send(self, phone: str, text: str) -> None:
        if self.fails:
            raise TimeoutError
        if text == self.poison:
            raise ValueError(f"cannot encode {text} for {phone}")
        self.sent.append((phone, text))


@pytest.fixture(autouse=True)
def within(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def put(account_id: int, *texts: str) -> None:
    with transaction():
        for text in texts:
            tell(account_id, text, clock.now())


def test_a_message_is_sent_once_to_the_phone_of_the_account(cast: Cast) -> None:
    put(cast.mother, "候补到名额了")
    gateway = Gateway()
    assert send_due(gateway, clock.now()) == 1
    assert send_due(gateway, clock.now() + timedelta(days=1)) == 0
    assert gateway.sent == [("+8613800000001", "候补到名额了")]


def test_what_was_not_committed_is_never_told(cast: Cast) -> None:
    def fail_after_telling() -> None:
        with transaction():
            tell(cast.mother, "约上了", clock.now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_telling()
    gateway = Gateway()
    assert send_due(gateway, clock.now()) == 0
    assert gateway.sent == []


def test_a_message_that_failed_is_tried_again_later_and_given_up_in_the_end(cast: Cast) -> None:
    put(cast.mother, "候补到名额了")
    failing, working, now = Gateway(fails=True), Gateway(), clock.now()
    assert send_due(failing, now) == 0
    assert send_due(working, now) == 0, "not before its lease is over"
    for tries in range(1, MOST_TRIES):
        send_due(failing, now + tries * LEASE)
    assert send_due(working, now + timedelta(days=1)) == 0
    notice = db.session.scalars(select(Notice)).one()
    assert (notice.tries, notice.last_error) == (MOST_TRIES, "TimeoutError")


def test_a_message_that_failed_once_arrives_the_next_time(cast: Cast) -> None:
    put(cast.mother, "候补到名额了")
    send_due(Gateway(fails=True), clock.now())
    assert send_due(Gateway(), clock.now() + LEASE) == 1


def test_one_message_that_no_gateway_can_send_does_not_stop_the_others(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    texts = [f"消息{n}" for n in range(10)]
    put(cast.mother, *texts)
    gateway, now = Gateway(poison="消息0"), clock.now()
    assert send_due(gateway, now) == 9
    assert [text for _phone, text in gateway.sent] == texts[1:]
    for tries in range(1, MOST_TRIES):
        assert given_up(10) == [], "it is tried again"
        send_due(gateway, now + tries * LEASE)
    assert send_some(gateway, now + timedelta(days=1)) is None, "and given up in the end"
    [unsent] = given_up(10)
    assert (unsent.text, unsent.tries, unsent.last_error) == ("消息0", MOST_TRIES, "ValueError")
    assert "ValueError" in caplog.text
    assert "消息" not in caplog.text, "what the error says may hold a name or a phone"


def test_two_senders_at_once_send_each_message_once(app: Flask, cast: Cast) -> None:
    put(cast.mother, *(f"消息{n}" for n in range(50)))
    gateways, start = [Gateway(), Gateway()], threading.Barrier(2)

    def run(gateway: Gateway) -> None:
        with app.app_context():
            start.wait(timeout=60)
            send_due(gateway, clock.now())

    threads = [threading.Thread(target=run, args=(gateway,)) for gateway in gateways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    texts = [text for gateway in gateways for _, text in gateway.sent]
    assert sorted(texts) == sorted(f"消息{n}" for n in range(50))


def test_the_latest_messages_are_read_on_the_site_for_two_weeks(cast: Cast) -> None:
    put(cast.mother, "一", "二", "三", "四")
    put(cast.other_mother, "别人的")
    latest = latest_notices(cast.mother, clock.now())
    assert [notice.text for notice in latest] == ["四", "三", "二"]
    assert latest_notices(cast.mother, clock.now() + SHOWN_FOR) == []
