"""What the engine must do, said once more with lists: whom a place, a turn, an offer belongs to.

Nothing here counts: what is free is what is left when those who hold places are taken away, and a
waiting list is a list. The machine compares it with the database after every step.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.bookings.deadlines import LAST_CALL, offer_until
from hub.bookings.draw import rules as draw_rules
from hub.bookings.models import HOLDING, LIVE, BookingState, Ending

ENTERED, WAITING, OFFERED = BookingState.ENTERED, BookingState.WAITING, BookingState.OFFERED
CONFIRMED, CANCELLED = BookingState.CONFIRMED, BookingState.CANCELLED
NO_SHOW, ON_LEAVE = BookingState.NO_SHOW, BookingState.ON_LEAVE


class No(Exception):
    """The rules refuse it."""


@dataclass
class Slot:
    id: int
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    cancel_until: datetime
    capacity: int
    desk: int
    places_each: int  # two for a child whose adult counts
    waiting_limit: int
    offer_minutes: int
    smaller_first: bool
    person_per_week: int | None
    household_per_week: int | None
    no_show_limit: int | None
    draw: "Draw | None" = None
    is_open: bool = True
    line: list[int] = field(default_factory=list)  # bookings that wait, the next one first

    @property
    def is_drawn_later(self) -> bool:
        return self.draw is not None and self.draw.step != "drawn"


@dataclass
class Draw:
    id: int
    secret: str
    entries_until: datetime
    step: str = "open"  # frozen, drawn
    number: str = ""
    listed: list[int] = field(default_factory=list)  # parties, as they came


@dataclass
class Booking:
    id: int
    party: int  # the id of the first of them
    slot: Slot
    person: int
    household: int
    state: BookingState
    ending: Ending | None = None
    moved: bool = False
    arrived: bool = False
    excused: bool = False
    had_place: bool = False
    at_head: bool = False  # moved up, or drawn: before all that only came

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def places(self) -> int:
        return self.slot.places_each


@dataclass
class Offer:
    party: int
    slot: Slot
    household: int
    until: datetime
    answer: str = ""


@dataclass
class Model:
    slots: list[Slot]
    bookings: list[Booking] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    notes: Counter[tuple[str, str, int]] = field(default_factory=Counter)  # (act, subject, id)
    passings: int = 0  # kept with a reason
    told: Counter[tuple[int, str]] = field(default_factory=Counter)  # (household, what)

    # What is so.

    def free(self, slot: Slot) -> int:
        here = (booking for booking in self.bookings if booking.slot is slot)
        held = sum(booking.places for booking in here if booking.state in HOLDING)
        return slot.capacity - slot.desk - held

    def parties(self, slot: Slot) -> list[list[Booking]]:
        """Who waits, together, and has no other offer to answer."""
        asked = {offer.party for offer in self.open_offers()}
        found: dict[int, list[Booking]] = {}
        for number in slot.line:
            booking = self.bookings[number]
            if booking.party not in asked:
                found.setdefault(booking.party, []).append(booking)
        return list(found.values())

    def open_offers(self) -> list[Offer]:
        return [offer for offer in self.offers if not offer.answer]

    def held_by(self, offer: Offer) -> list[Booking]:
        return [
            booking
            for booking in self.bookings
            if booking.party == offer.party and booking.state is OFFERED
        ]

    def passed_over(self, now: datetime) -> list[int]:
        """The waiting parties that are next and would fit."""
        found = []
        for slot in self.slots:
            if not self._asks(slot, now):
                continue
            for party in self.parties(slot):
                if any(self._is_busy(booking) for booking in party):
                    continue
                if sum(booking.places for booking in party) <= self.free(slot):
                    found.append(party[0].id)
                if not slot.smaller_first:
                    break
        return found

    # What people do.

    def book(
        self,
        slot: Slot,
        persons: Sequence[int],
        household: int,
        now: datetime,
        *,
        by_staff: bool = False,
    ) -> list[Booking]:
        if not slot.is_open or now < slot.opens_at:
            raise No
        if now >= (slot.ends_at if by_staff else slot.starts_at):
            raise No
        last_call = slot.starts_at - now < LAST_CALL
        places = slot.places_each * len(persons)
        if last_call and (mine := self._waiting_here(slot, persons, places)):
            return mine
        self._check_again(slot, persons, household, now, by_staff=by_staff)
        if slot.draw and slot.is_drawn_later:
            if slot.draw.step == "frozen" or now >= slot.draw.entries_until:
                raise No
            new = self._add(slot, persons, household, ENTERED)
            self._note("book", new)
            return new
        state = self._place(slot, places, last_call=last_call, by_staff=by_staff)
        if state is WAITING and self._expire_overdue(slot, now):
            state = self._place(slot, places, last_call=last_call, by_staff=by_staff)
        if state is WAITING and len(slot.line) + len(persons) > slot.waiting_limit:
            raise No
        new = self._add(slot, persons, household, state)
        self._note("book", new)
        return new

    def cancel(self, bookings: Sequence[Booking], now: datetime, *, by_staff: bool = False) -> bool:
        live = [booking for booking in bookings if booking.is_live]
        for booking in live:
            late = booking.state is CONFIRMED and (
                now > booking.slot.cancel_until or booking.arrived
            )
            if not by_staff and (now >= booking.slot.starts_at or late):
                raise No
        if not live:
            return False
        self._become(live, CANCELLED, Ending.STAFF if by_staff else Ending.FAMILY)
        self._note("cancel", live)
        self._withdraw()
        self._serve((booking.slot for booking in bookings), now)
        return True

    def move(
        self,
        booking: Booking,
        slot: Slot,
        now: datetime,
        *,
        by_staff: bool = False,
        passes: bool = False,
    ) -> list[Booking]:
        old = booking.slot
        late = now >= old.starts_at or now > old.cancel_until or booking.arrived
        if booking.state is not CONFIRMED or slot is old or (late and not by_staff):
            raise No
        if not slot.is_open or now < slot.opens_at:
            raise No
        if now >= (slot.ends_at if by_staff else slot.starts_at):
            raise No
        self._become([booking], CANCELLED, Ending.MOVED)
        self._check(slot, [booking.person], booking.household, now, by_staff=by_staff)
        is_next = passes or slot.starts_at - now < LAST_CALL
        state = self._place(slot, slot.places_each, last_call=is_next, by_staff=by_staff)
        if state is WAITING:
            raise No
        self.passings += bool(passes and slot.line)
        new = self._add(slot, [booking.person], booking.household, CONFIRMED)
        booking.moved = True
        self._note("move", new)
        self._note("move_away", [booking])
        self._serve([old], now)
        return new

    def accept(self, offer: Offer, now: datetime) -> bool:
        if now >= offer.until:
            self.expire(offer, now)
            return False
        if offer.answer:
            return False
        bookings, offer.answer = self.held_by(offer), "accepted"
        self._become(bookings, CONFIRMED)
        self._note("accept", bookings)
        self._serve([offer.slot], now)
        return True

    def decline(self, offer: Offer, now: datetime) -> bool:
        return self._give_up(offer, "declined", Ending.DECLINED, now)

    def expire(self, offer: Offer, now: datetime) -> bool:
        if now < offer.until or offer.answer:
            return False
        self._tell(offer.household, "expired")
        return self._give_up(offer, "expired", Ending.EXPIRED, now)

    def move_up(self, booking: Booking, now: datetime) -> bool:
        if booking.state is not WAITING:
            return False
        self._to_the_head(booking)
        self.passings += 1
        self._note("move_up", [booking])
        self._serve([booking.slot], now)
        return True

    # What the staff does, and the clock.

    def change_capacity(
        self, slot: Slot, capacity: int, to_waiting_list: Sequence[Booking], now: datetime
    ) -> None:
        back = [one for one in to_waiting_list if one.state in HOLDING and one.slot is slot]
        held = {one.party for one in back if one.state is OFFERED}
        back += [  # a party that was asked as one waits as one
            one
            for one in self.bookings
            if one.party in held and one.state is OFFERED and one not in back
        ]
        self._become(back, WAITING)
        for one in reversed(back):
            self._to_the_head(one)
        self.passings += len({one.party for one in back})
        self._note("back_to_waiting_list", back)
        for household in {one.household for one in back}:
            self._tell(household, "back")
        self._withdraw()
        taken = slot.capacity - slot.desk - self.free(slot)
        if capacity < taken:
            raise No
        slot.capacity, slot.desk = capacity, min(slot.desk, capacity - taken)
        self.notes["change_capacity", "slot", slot.id] += 1
        self._serve([slot], now)

    def call_off(self, slot: Slot) -> bool:
        if not slot.is_open:
            return False
        slot.is_open = False
        live = [one for one in self.bookings if one.slot is slot and one.is_live]
        self._become(live, CANCELLED, Ending.CALLED_OFF)
        self.notes["call_off", "slot", slot.id] += 1
        self._note("call_off", live)
        for household in {one.household for one in live}:
            self._tell(household, "called off")
        self._withdraw()
        return True

    def restore(self, booking: Booking, now: datetime) -> None:
        if booking.is_live:
            return
        slot = booking.slot
        if booking.moved or not slot.is_open or now >= slot.ends_at:
            raise No
        self._check(slot, [booking.person], booking.household, now, by_staff=True)
        had_place = booking.had_place
        state = self._place(slot, slot.places_each, last_call=had_place, by_staff=True)
        gave_up = booking.ending in (Ending.FAMILY, Ending.STAFF)
        if state is WAITING and (had_place or slot.is_drawn_later or not gave_up):
            raise No
        booking.at_head = False
        self._become([booking], state)
        if state is WAITING:  # where it came
            before = [n for n in slot.line if self.bookings[n].at_head]
            slot.line[:] = before + sorted(n for n in slot.line if n not in before)
        self._note("restore", [booking])

    def release_desk_places(self, slot: Slot, now: datetime) -> None:
        if slot.desk:
            slot.desk = 0
            self.notes["release_desk_places", "slot", slot.id] += 1
            self._serve([slot], now)

    def mark_arrival(self, booking: Booking, now: datetime) -> None:
        if now < booking.slot.starts_at - timedelta(hours=2):
            raise No
        slot = booking.slot
        if booking.state is NO_SHOW:
            self._check_free(slot, booking.person)
            if not slot.is_open:
                raise No
            if self._place(slot, slot.places_each, last_call=True, by_staff=True) is WAITING:
                raise No
            self._become([booking], CONFIRMED)
        if booking.state is not CONFIRMED:
            raise No
        if not booking.arrived:
            booking.arrived = True
            self._note("arrive", [booking])

    def take_back_arrival(self, booking: Booking) -> None:
        if booking.arrived:
            booking.arrived = False
            self._note("take_back_arrival", [booking])

    def mark_no_show(self, booking: Booking, now: datetime) -> None:
        if booking.state is NO_SHOW:
            return
        if booking.state is not CONFIRMED or now < booking.slot.starts_at or booking.arrived:
            raise No
        self._become([booking], NO_SHOW)
        self._note("no_show", [booking])

    def excuse(self, booking: Booking) -> None:
        if booking.state is not NO_SHOW:
            raise No
        if not booking.excused:
            booking.excused = True
            self._note("excuse", [booking])

    def release_late_places(self, slot: Slot) -> int:
        here = [one for one in self.bookings if one.slot is slot and one.state is CONFIRMED]
        missing = [one for one in here if not one.arrived]
        if not slot.is_open or len(missing) == len(here):
            return 0
        self._become(missing, NO_SHOW)
        self._note("no_show", missing)
        return len(missing)

    # The draw.

    def give_up(self, slot: Slot, now: datetime) -> bool:
        draw = slot.draw
        assert draw
        if draw.step == "drawn" or not slot.is_open or self._may_draw(slot, now):
            return False
        draw.step = "drawn"
        entered = [one for one in self.bookings if one.slot is slot and one.state is ENTERED]
        self._become(entered, CANCELLED, Ending.NOT_DRAWN)
        self.notes["give_up_draw", "draw", draw.id] += 1
        self._note("give_up_draw", entered)
        for party in {one.party for one in entered}:
            self._tell(self.bookings[party].household, "given up")
        return True

    def _may_draw(self, slot: Slot, now: datetime) -> bool:
        """Whether it is early enough: two hours before, or half of what entries leave."""
        assert slot.draw
        room = slot.starts_at - slot.draw.entries_until
        return slot.is_open and now < slot.starts_at - min(timedelta(hours=2), room / 2)

    def freeze(self, slot: Slot) -> bool:
        draw = slot.draw
        assert draw
        if draw.step != "open":
            return False
        entered = [one for one in self.bookings if one.slot is slot and one.state is ENTERED]
        draw.step, draw.listed = "frozen", list(dict.fromkeys(one.party for one in entered))
        self.notes["freeze_draw", "draw", draw.id] += 1
        return True

    def number(self, slot: Slot, number: str, now: datetime) -> None:
        draw = slot.draw
        assert draw
        if draw.step != "frozen" or draw.number or not self._may_draw(slot, now):
            raise No
        draw.number = number
        self.notes["number_draw", "draw", draw.id] += 1

    def draw(self, slot: Slot, now: datetime) -> bool:
        draw = slot.draw
        assert draw
        if draw.step != "frozen" or not self._may_draw(slot, now):
            return False
        entered = [one for one in self.bookings if one.slot is slot and one.state is ENTERED]
        busy = [one for one in entered if self._is_busy(one)]
        entered = [one for one in entered if one not in busy]
        if not draw.number and sum(one.places for one in entered) > self.free(slot):
            return False
        draw.step = "drawn"
        self._become(busy, CANCELLED, Ending.NOT_DRAWN)
        self._note("leave_draw", busy)
        for one in busy:
            self._tell(one.household, "left draw")
        turns, places_open, turns_open = slot.waiting_limit, True, True
        for party in self._drawn(draw, entered):
            asked = sum(one.places for one in party)
            if places_open and asked <= self.free(slot):
                self._become(party, CONFIRMED)
                self._tell(party[0].household, "place")
                continue
            places_open = slot.smaller_first
            if turns_open and asked <= turns:
                self._become(party, WAITING)
                for one in party:
                    one.at_head = True
                turns -= asked
            else:
                self._become(party, CANCELLED, Ending.NOT_DRAWN)
                turns_open = slot.smaller_first
            self._tell(party[0].household, "not drawn")
        self._note("draw", entered)
        self.notes["draw", "draw", draw.id] += 1
        self._serve([slot], now)
        return True

    def _drawn(self, draw: Draw, entered: Sequence[Booking]) -> list[list[Booking]]:
        entries = [draw_rules.Entry(n, 1, False, 1) for n, _ in enumerate(draw.listed, start=1)]
        if draw.number:
            entries = draw_rules.order(entries, draw_rules.seed_of(draw.secret, draw.number))
        parties = [draw.listed[entry.registration - 1] for entry in entries]
        standing = [[one for one in entered if one.party == party] for party in parties]
        return [party for party in standing if party]

    # How.

    def _waiting_here(self, slot: Slot, persons: Sequence[int], places: int) -> list[Booking]:
        mine = [self.bookings[n] for n in slot.line if self.bookings[n].person in persons]
        if not mine or len(mine) != len(persons) or self.free(slot) < places:
            return []
        if any(self._is_busy(one) for one in mine):
            raise No
        self._become(mine, CONFIRMED)
        self._note("confirm", mine)
        return mine

    def _check_again(
        self, slot: Slot, persons: Sequence[int], household: int, now: datetime, *, by_staff: bool
    ) -> None:
        """Check, and once more if an offer here was over."""
        try:
            self._check(slot, persons, household, now, by_staff=by_staff)
        except No:
            if not self._expire_overdue(slot, now):
                raise
            self._check(slot, persons, household, now, by_staff=by_staff)

    def _check(
        self, slot: Slot, persons: Sequence[int], household: int, now: datetime, *, by_staff: bool
    ) -> None:
        for person in persons:
            self._check_free(slot, person)
        if by_staff:
            return
        # All are in one week and of one kind.
        used = [
            one
            for one in self.bookings
            if one.is_live or (one.state is NO_SHOW and not one.excused)
        ]
        for person in persons:
            of_person = sum(one.person == person for one in used)
            if slot.person_per_week is not None and of_person + 1 > slot.person_per_week:
                raise No
            missed = [one for one in self.bookings if one.person == person and one.state is NO_SHOW]
            counted = sum(not one.excused for one in missed)
            if slot.no_show_limit is not None and counted >= slot.no_show_limit:
                raise No
        theirs = sum(one.household == household for one in used) + len(persons)
        if slot.household_per_week is not None and theirs > slot.household_per_week:
            raise No

    def _check_free(self, slot: Slot, person: int) -> None:
        for one in self.bookings:
            meets = one.slot.starts_at < slot.ends_at and slot.starts_at < one.slot.ends_at
            blocks = one.is_live if one.slot is slot else one.state in HOLDING
            if blocks and one.person == person and meets:
                raise No

    def _is_busy(self, booking: Booking) -> bool:
        """Whether the person has a place elsewhere at that time."""
        return any(
            one is not booking
            and one.person == booking.person
            and one.state in HOLDING
            and one.slot.starts_at < booking.slot.ends_at
            and booking.slot.starts_at < one.slot.ends_at
            for one in self.bookings
        )

    def _place(self, slot: Slot, places: int, *, last_call: bool, by_staff: bool) -> BookingState:
        """Take what is kept for the desk, if the staff asks; a place, or a turn."""
        at_desk = min(slot.desk, places) if by_staff else 0
        nobody_waits_for_it = by_staff and slot.desk >= places
        its_turn = not slot.line or slot.smaller_first or last_call or nobody_waits_for_it
        if slot.is_drawn_later or not its_turn or self.free(slot) + at_desk < places:
            return WAITING
        slot.desk -= at_desk
        return CONFIRMED

    def _add(
        self, slot: Slot, persons: Sequence[int], household: int, state: BookingState
    ) -> list[Booking]:
        first = len(self.bookings)
        new = [
            Booking(first + n, first, slot, person, household, CANCELLED)
            for n, person in enumerate(persons)
        ]
        self.bookings += new
        self._become(new, state)
        return new

    def _become(
        self, bookings: Iterable[Booking], state: BookingState, ending: Ending | None = None
    ) -> None:
        for one in bookings:
            if one.state is WAITING:
                one.slot.line.remove(one.id)
            if state is WAITING:
                one.slot.line.append(one.id)
            one.excused = one.excused and one.state is not NO_SHOW
            one.state, one.ending = state, ending
            one.had_place = one.had_place or state is CONFIRMED

    def _asks(self, slot: Slot, now: datetime) -> bool:
        """Whether those who wait are asked now."""
        too_late = slot.offer_minutes and slot.starts_at - now < LAST_CALL
        comes_later = slot.is_open and now < slot.starts_at
        return comes_later and not too_late and not slot.is_drawn_later

    def _serve(self, slots: Iterable[Slot], now: datetime) -> None:
        for slot in sorted(slots, key=lambda slot: slot.id):
            for party in self.parties(slot) if self._asks(slot, now) else []:
                if any(self._is_busy(one) for one in party):
                    continue
                if sum(one.places for one in party) <= self.free(slot):
                    self._give(party, slot, now)
                elif not slot.smaller_first:
                    break

    def _give(self, party: list[Booking], slot: Slot, now: datetime) -> None:
        household = party[0].household
        if not slot.offer_minutes:
            self._become(party, CONFIRMED)
            self._note("confirm", party)
            self._tell(household, "place")
            return
        until = offer_until(now, slot.starts_at, slot.offer_minutes)
        assert until is not None
        assert now < until < slot.starts_at
        self._become(party, OFFERED)
        self.offers.append(Offer(party[0].party, slot, household, until))
        self._note("offer", party)
        self._tell(household, "offer")

    def _give_up(self, offer: Offer, answer: str, ending: Ending, now: datetime) -> bool:
        if offer.answer:
            return False
        bookings, offer.answer = self.held_by(offer), answer
        self._become(bookings, CANCELLED, ending)
        self._note(answer, bookings)
        self._serve([offer.slot], now)
        return True

    def _expire_overdue(self, slot: Slot, now: datetime) -> bool:
        over = [one for one in self.open_offers() if one.slot is slot and one.until <= now]
        for offer in over:
            self.expire(offer, now)
        return bool(over)

    def _withdraw(self) -> None:
        for offer in self.open_offers():
            if not self.held_by(offer):
                offer.answer = "withdrawn"

    def _to_the_head(self, booking: Booking) -> None:
        line = booking.slot.line
        party = [number for number in line if self.bookings[number].party == booking.party]
        line[:] = sorted(party) + [number for number in line if number not in party]
        for number in party:
            self.bookings[number].at_head = True

    def _note(self, act: str, bookings: Iterable[Booking]) -> None:
        for one in bookings:
            self.notes[act, "booking", one.id] += 1

    def _tell(self, household: int, what: str) -> None:
        self.told[household, what] += 1
