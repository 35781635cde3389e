"""The outbox: sent once, tried again when it failed, shared by any number of senders."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from hub import clock
from hub.db import db, transaction
from hub.notices.actions import USEFUL_FOR, WAITS, send_again, send_due, send_some, tell
from hub.notices.models import Notice
from hub.notices.queries import SHOWN_FOR, count_given_up, given_up, latest_notices
from tests.cast import Cast
from tests.conftest import NOW

# The instants at which a message made at NOW is tried: 0, 1, 3, 8, 23 … minutes later, for a day.
_waits = [timedelta(), *WAITS, *[WAITS[-1]] * 9]
_instants = [NOW + sum(_waits[: n + 1], timedelta()) for n in range(len(_waits))]
TRIES = [instant for instant in _instants if instant < NOW + USEFUL_FOR]


class Gateway:
    """The only double of these tests: it remembers what it was given, or raises."""

    def __init__(self, raises: BaseException | None = None, *, poison: str = "") -> None:
        """Raise for the message that is poison, or for every message where none is."""
        self.sent: list[str] = []
        self.phones: set[str] = set()
        self.raises, self.poison = raises, poison

    def send(self, phone: str, text: str) -> None:
        if self.raises and self.poison in ("", text):
            raise self.raises
        self.phones.add(phone)
        self.sent.append(text)


class BreakingDatabase(Gateway):
    """Takes the outbox away while it sends, so that nothing can be recorded afterwards."""

    def send(self, phone: str, text: str) -> None:
        rename("notice", "notice_away")
        super().send(phone, text)


@pytest.fixture(autouse=True)
def within(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def put(account_id: int, *texts: str) -> None:
    with transaction():
        for text in texts:
            tell(account_id, text, clock.now())


def rename(table: str, to: str) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {to}")


@contextmanager
def brought_back() -> Iterator[None]:
    """Bring the outbox back afterwards: the next test stands on the same database."""
    try:
        yield
    finally:
        db.session.rollback()
        rename("notice_away", "notice")


def state_of(text: str) -> tuple[int, str, bool]:
    """Return the tries of a message, its last error, and whether it was sent."""
    db.session.rollback()
    notice = db.session.scalars(select(Notice).where(Notice.text == text)).one()
    return notice.tries, notice.last_error, notice.sent_at is not None


def test_a_message_is_sent_once_to_the_phone_of_the_account(cast: Cast) -> None:
    put(cast.mother, "候补到名额了")
    gateway = Gateway()
    assert send_due(gateway, clock.now()) == 1
    assert send_due(gateway, clock.now() + timedelta(days=1)) == 0
    assert (gateway.sent, gateway.phones) == (["候补到名额了"], {"+8613800000001"})


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


def test_a_message_that_failed_is_tried_again_ever_later_and_given_up_after_a_day(
    cast: Cast,
) -> None:
    put(cast.mother, "候补到名额了")
    failing, working, now = Gateway(TimeoutError()), Gateway(), clock.now()
    assert send_due(failing, now) == 0
    assert send_due(working, now) == 0, "not while the first try may still be under way"
    for instant in TRIES[1:]:
        assert send_due(working, instant - timedelta(seconds=1)) == 0
        assert send_due(failing, instant) == 0
    assert state_of("候补到名额了") == (len(TRIES), "TimeoutError", False)
    assert send_due(working, now + USEFUL_FOR) == 0
    assert [notice.text for notice in given_up(10)] == ["候补到名额了"]


def test_no_message_is_lost_while_the_gateway_is_away_for_a_night(cast: Cast) -> None:
    put(cast.mother, *(f"消息{n}" for n in range(20)))
    away, back, now = Gateway(ConnectionError()), Gateway(), clock.now()
    night = range(0, 10 * 60, 1)
    for minutes in night:
        send_due(away, now + timedelta(minutes=minutes))
    assert send_due(back, now + timedelta(hours=14)) == 20


def test_a_message_is_not_sent_after_what_it_is_for(cast: Cast) -> None:
    now = clock.now()
    with transaction():
        tell(cast.mother, "为您留到 11:00", now, now + timedelta(hours=1))
    gateway = Gateway()
    assert send_due(gateway, now + timedelta(hours=1)) == 0
    assert gateway.sent == []
    assert [notice.text for notice in given_up(10)] == ["为您留到 11:00"]


def test_what_was_given_up_is_sent_again_when_somebody_says_so(cast: Cast) -> None:
    put(cast.mother, "候补到名额了")
    now = clock.now()
    send_due(Gateway(), now + USEFUL_FOR)  # too late
    assert send_due(Gateway(), now + USEFUL_FOR) == 0
    later = now + timedelta(days=2)
    assert send_again(later) == 1
    assert send_due(Gateway(), later) == 1
    assert send_again(later) == 0


def test_a_message_that_failed_once_arrives_the_next_time(cast: Cast) -> None:
    put(cast.mother, "候补到名额了")
    send_due(Gateway(TimeoutError()), clock.now())
    assert send_due(Gateway(), clock.now() + WAITS[0]) == 1


def test_a_poison_message_does_not_stop_the_others(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    texts = [f"消息{n}" for n in range(10)]
    put(cast.mother, *texts)
    said = ValueError("cannot encode 消息0 for +8613800000001")
    gateway, now = Gateway(said, poison="消息0"), clock.now()
    assert send_due(gateway, now) == 9
    assert sorted(gateway.sent) == texts[1:]
    for tries, instant in enumerate(TRIES[1:], start=1):
        assert state_of("消息0") == (tries, "ValueError", False)
        assert given_up(10) == [], "it is tried again"
        assert send_due(gateway, instant) == 0
    assert send_due(gateway, now + USEFUL_FOR) == 0
    assert send_some(gateway, now + USEFUL_FOR) is None, "and given up in the end"
    assert state_of("消息0") == (len(TRIES), "ValueError", False)
    assert [notice.text for notice in given_up(10)] == ["消息0"]
    assert "ValueError" in caplog.text
    assert "消息" not in caplog.text, "what the error says may hold a name or a phone"
    assert "138" not in caplog.text


def test_an_error_with_a_long_name_is_recorded_as_far_as_the_column_goes(cast: Cast) -> None:
    class SignatureOfTheCentreWasNotGranted(Exception): ...

    put(cast.mother, "候补到名额了")
    assert send_due(Gateway(SignatureOfTheCentreWasNotGranted()), clock.now()) == 0
    assert state_of("候补到名额了") == (1, "SignatureOfTheCentre", False)


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
def test_a_message_that_ends_its_sender_costs_the_others_no_try(
    cast: Cast, ending: type[BaseException]
) -> None:
    texts = [f"消息{n}" for n in range(10)]
    put(cast.mother, *texts)
    gateway, now = Gateway(ending(), poison="消息0"), clock.now()
    for instant in TRIES:
        with pytest.raises(ending):
            send_due(gateway, instant)
        send_due(gateway, instant)  # as a sender that was started again
    send_due(gateway, now + USEFUL_FOR)
    assert sorted(gateway.sent) == texts[1:]
    assert [state_of(text) for text in texts[1:]] == [(1, "", True)] * 9
    assert state_of("消息0") == (len(TRIES), "", False), "nobody was left to record an error"
    assert [notice.text for notice in given_up(10)] == ["消息0"]


@pytest.mark.parametrize("error", [None, TimeoutError()], ids=["sent", "failed"])
def test_a_database_that_fails_is_not_taken_for_a_gateway_that_fails(
    cast: Cast, error: Exception | None
) -> None:
    put(cast.mother, "候补到名额了")
    with brought_back(), pytest.raises(DBAPIError):
        send_due(BreakingDatabase(error), clock.now())
    assert state_of("候补到名额了") == (1, "", False)
    assert send_due(Gateway(), clock.now() + WAITS[0]) == 1, "it is tried again"


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
    texts = [text for gateway in gateways for text in gateway.sent]
    assert sorted(texts) == sorted(f"消息{n}" for n in range(50))


def test_the_latest_messages_are_read_on_the_site_for_two_weeks(cast: Cast) -> None:
    put(cast.mother, "一", "二", "三", "四")
    put(cast.other_mother, "别人的")
    latest = latest_notices(cast.mother, clock.now())
    assert [notice.text for notice in latest] == ["四", "三", "二"]
    assert latest_notices(cast.mother, clock.now() + SHOWN_FOR) == []


def test_of_the_messages_given_up_all_are_counted_and_the_oldest_are_named(cast: Cast) -> None:
    put(cast.mother, *(f"消息{n}" for n in range(5)))
    send_due(Gateway(), clock.now() + USEFUL_FOR)
    put(cast.mother, "还没发")
    assert [notice.text for notice in given_up(most=3)] == ["消息0", "消息1", "消息2"]
    assert count_given_up() == 5
