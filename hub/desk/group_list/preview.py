"""The preview of a pasted list: each line with the person meant and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub import clock
from hub.accounts.models import Account
from hub.bookings.models import Booking
from hub.bookings.single_slot.actions import places_per_booking
from hub.desk.group_list.checks import Facts, mark_lines, mark_places, recognised
from hub.desk.group_list.forms import GroupForm, LineForm
from hub.desk.group_list.parsing import Doubt, Entry
from hub.desk.group_list.queries import booked_with_keys, bookings_at_the_time
from hub.families.models import Household, Person
from hub.families.queries import households_with
from hub.timetable.models import Slot


@dataclass
class Line:
    """One person of the list; `booking` is set once there is one."""

    form: LineForm
    facts: Facts
    booking: Booking | None
    refusal: str = ""  # the refusal when it was booked just now

    @property
    def is_ticked(self) -> bool:
        """Whether it is ticked and not booked yet."""
        return bool(self.form.take.data) and self.booking is None


@dataclass(frozen=True)
class Preview:
    lines: list[Line]
    households: Mapping[str, Household]

    @property
    def ticked(self) -> list[Line]:
        return [line for line in self.lines if line.is_ticked]

    @property
    def booked(self) -> list[Booking]:
        return [line.booking for line in self.lines if line.booking]


def preview_of(
    form: GroupForm,
    slot: Slot,
    account: Account,
    entries: Sequence[Entry] = (),
    *,
    looks: bool = True,
) -> Preview:
    """Return the lines of the form with all that is known; four queries for any number of lines.

    With `entries`, the list as it was just read, lines without objections are ticked. Without
    `looks` nothing is said of any family.
    """
    forms = form.line_forms
    keys = [form.key_of(place) for place in range(len(forms))]
    done = booked_with_keys(account, keys)
    phones = {line.number for line in forms} - {""} if looks else set()
    households = households_with(phones)
    lines = []
    for place, line in enumerate(forms):
        household = households.get(line.number)
        persons = household.persons if household else []
        if looks:
            line.offer(persons)
        if entries:
            _recognise(line, entries[place], persons, slot)
        lines.append(Line(line, _facts_of(line, persons), done.get(keys[place])))
    person_ids = {one.id for household in households.values() for one in household.persons}
    kept = bookings_at_the_time(person_ids, slot)
    for one in lines:
        one.facts.kept = kept
    to_do = [line for line in lines if line.booking is None]
    _mark(to_do, slot, is_new=bool(entries))
    return Preview(lines, households)


def _mark(lines: Sequence[Line], slot: Slot, *, is_new: bool) -> None:
    facts = [line.facts for line in lines]
    mark_lines(facts, slot)
    for one in facts:
        one.is_taken = one.is_taken and not (is_new and one.is_wrong)
    mark_places(facts, slot, places_per_booking(slot))
    for line in lines:
        line.form.take.data = line.facts.is_taken and not (is_new and line.facts.is_wrong)


def _recognise(line: LineForm, entry: Entry, persons: Sequence[Person], slot: Slot) -> None:
    known = recognised(slot, entry.name, entry.age, persons, clock.today())
    line.person.data = str(known.id) if known else line.person.data
    line.take.data = not entry.doubts & {Doubt.CANCELLED, Doubt.CANCELLED_LATER}


def _facts_of(line: LineForm, persons: Sequence[Person]) -> Facts:
    return Facts(
        doubts=line.doubts_read,
        typed_phone=line.phone.data or "",
        phone=line.number,
        name=(line.name.data or "").strip(),
        birth_date=line.birth_date.data,
        is_estimate=line.is_estimate,
        sex=line.sex.data or "",
        persons=persons,
        person=next((one for one in persons if str(one.id) == line.person.data), None),
        is_taken=bool(line.take.data),
    )
