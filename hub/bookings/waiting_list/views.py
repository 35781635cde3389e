"""The page of an offer: the link in the message is the right to answer, without signing in.

It shows no names, because a link can be passed on.
"""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from hub import clock
from hub.actor import Actor
from hub.bookings import queries
from hub.bookings.waiting_list import queries as waiting_list_queries
from hub.bookings.waiting_list.actions import accept, decline
from hub.bookings.waiting_list.models import Offer
from hub.db import transaction
from hub.limits import count_use, delete_old_counts
from hub.refusals import Refused
from hub.web.attempt import attempt
from hub.web.htmx import page
from hub.web.security import Admits, open_to

HOUR = timedelta(hours=1)
# Everybody in WeChat, or in a centre's wireless network, may come from one address.
ANSWERS_PER_ADDRESS_AND_HOUR = 300

blueprint = Blueprint("offers", __name__)


@blueprint.get("/offers/<token>")
@open_to(Admits.EVERYONE)
def show_offer(token: str) -> ResponseReturnValue:
    return _offer_page(token)


def _offer_page(token: str, status: int = 200, refusal: Refused | None = None) -> Response:
    now = clock.now()
    offer, held, dates = waiting_list_queries.offer_or_404(token)
    return page(
        "bookings/waiting_list/offer.html",
        status,
        refusal=refusal,
        offer=offer,
        slot=offer.slot,
        places=held,
        dates=dates,
        stage=_stage(offer, held),
        alternatives=[] if offer.answer is None else queries.alternatives(offer.slot, now),
    )


@blueprint.post("/offers/<token>/acceptance")
@open_to(Admits.EVERYONE)
def accept_offer(token: str) -> ResponseReturnValue:
    return _answer(token, accept)


@blueprint.post("/offers/<token>/refusal")
@open_to(Admits.EVERYONE)
def decline_offer(token: str) -> ResponseReturnValue:
    return _answer(token, decline)


def _answer(token: str, act: Callable[..., bool]) -> ResponseReturnValue:
    """Answer an offer and lead to its page, which says if it was in time or answered before."""
    with transaction():
        address = request.remote_addr or ""
        may = count_use("offer", address, most=ANSWERS_PER_ADDRESS_AND_HOUR, window=HOUR)
        delete_old_counts()
    if not may:
        abort(429)
    account_id = current_user.id if current_user.is_authenticated else None

    def answer() -> None:
        offer, _held, _dates = waiting_list_queries.offer_or_404(token)
        act(offer, by=Actor(account_id, clock.now()))

    answered = attempt(answer)
    if not answered.is_done:
        return _offer_page(token, 422, answered.refusal)
    return redirect(url_for("offers.show_offer", token=token), 303)


def _stage(offer: Offer, held: int) -> str:
    """Return open, or how the offer ended; given_up if it was accepted and cancelled later."""
    if offer.answer is None:
        return "open" if clock.now() < offer.until else "expired"
    return "given_up" if offer.answer == "accepted" and not held else offer.answer.value
