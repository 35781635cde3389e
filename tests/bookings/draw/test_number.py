"""The public number of a draw: once, three digits, in one spelling."""

from functools import partial

import pytest
from flask import Flask

from hub.bookings.draw.models import Draw
from hub.refusals import Refused
from tests.aliases import Clock, Families, Make
from tests.at_once import at_once
from tests.bookings.draw.acts import SOURCE, enter, freeze, fresh, number, somebody, the_draw

pytestmark = pytest.mark.usefixtures("within")


class TestTheNumber:
    def test_only_once_and_only_for_a_closed_list(
        self,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=1)
        for family in families(1, 1):
            enter(slot, family)
        with pytest.raises(Refused, match="还没公布"):
            number(slot)
        freeze(slot, clock)
        number(slot, "407")
        with pytest.raises(Refused, match="不能再改"):
            number(slot, "123")
        draw = fresh(Draw, the_draw(slot).id)
        assert (draw.public_number, draw.public_source) == ("407", SOURCE)
        assert draw.numbered_by_id == somebody()

    @pytest.mark.parametrize(
        "spelling",
        [
            *("", "abc", "7", "4; rm -rf", "4$(x)7", "<b>1</b>", "4070", "-07", "+407", "4.7"),
            *("4 0 7", "4,0,7", "４０７", "٤٠٧", " 407", "407\n", "4\u200b07"),
        ],
    )
    def test_has_one_spelling_since_each_would_be_another_order(
        self,
        spelling: str,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=1)
        enter(slot, families(1)[0])
        freeze(slot, clock)
        with pytest.raises(Refused, match="只写这 3 个数字"):
            number(slot, spelling)

    def test_two_who_type_at_once_set_one(
        self,
        app: Flask,
        a_draw: Make,
        families: Families,
        clock: Clock,
    ) -> None:
        slot = a_draw(capacity=1)
        for family in families(1, 1):
            enter(slot, family)
        freeze(slot, clock)
        ends = at_once(app, [partial(number, slot, f"{n}07") for n in range(4)])
        assert ends == {"None": 1, "refused": 3}
