"""The design page: each component in every state, of made-up rows and no database."""

import re
from datetime import time, timedelta
from typing import Any

import segno
from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField

from hub import clock
from hub.catalogue.models import Activity, Admission, Centre, Kind
from hub.ops.seed.files import rows_of
from hub.timetable.models import Series, Slot, SlotState
from hub.web.assets import STATIC
from hub.web.htmx import page
from hub.web.security import Admits, open_to

COLOURS = ("paper", "surface", "sunken", "line", "edge", "soft", "ink", "seal")
HUES = ("jade", "red", "amber", "good", "blue", "rose", "moss")

blueprint = Blueprint("design", __name__)


class SampleForm(FlaskForm):
    """A field of each sort."""

    class Meta:
        csrf = False  # it is sent nowhere

    name = StringField("姓名")
    centre = SelectField("去哪个空间", choices={"a": "榕树社区渝好空间", "b": "江畔社区渝好空间"})
    who = RadioField("给谁预约", choices={"a": "小满", "b": "朵朵"})
    only_free = BooleanField("只看有名额的")
    words = TextAreaField("想说的话")


@blueprint.get("/design")
@open_to(Admits.EVERYONE)
def show_design() -> ResponseReturnValue:
    """Show the components to people who work on the site; production does not have this page."""
    wrong = SampleForm(None, prefix="wrong")
    wrong.form_errors = ["有一处没填好，看看下面红色的字。"]
    for field in wrong:
        field.errors = ["这里还没有填。"]
    return page(
        "design.html",
        colours=COLOURS,
        hues=HUES,
        icons=re.findall(r'id="(\w+)" viewBox="0 0 24 24"', (STATIC / "icons.svg").read_text()),
        kinds=[Kind(**row) for row in rows_of("kinds.json")],
        slots=_slots(),
        form=SampleForm(None),
        filters=SampleForm(None, prefix="filter"),
        wrong=wrong,
        days=[clock.today() + timedelta(days=ahead) for ahead in range(14)],
        qr=segno.make("4821937756", error="m").svg_inline(border=0, omitsize=True),
    )


def _slots() -> list[Slot]:
    """A slot in each state, all told apart by their titles."""
    whole = Series(name="秋季班", is_whole=True)
    return [
        _slot(1, "亲子绘本：蚂蚁和西瓜", places_left=8),
        _slot(2, "剩得不多", places_left=2, youngest_months=36, oldest_months=83),
        _slot(3, "满了，可以候补", places_left=0, waiting=3, fee_fen=2000),
        _slot(4, "满了，不能候补", places_left=0, waiting_limit=0),
        _slot(5, "要摇号", places_left=10, admission=Admission.DRAW),
        _slot(6, "整期的一次", places_left=6, series=whole, fee_fen=990),
        _slot(7, "停办了", places_left=4, state=SlotState.CALLED_OFF),
        _slot(
            8,
            "名字很长很长的一个活动，长到手机上要写两行才写得下",
            places_left=9,
            lasts=timedelta(hours=12),
        ),
    ]


def _slot(number: int, title: str, lasts: timedelta = timedelta(minutes=90), **given: Any) -> Slot:
    kinds = rows_of("kinds.json")
    kind = Kind(**kinds[number % 7])
    centre = Centre(name="榕树社区渝好空间", is_demo=True)
    starts_at = clock.at(clock.today() + timedelta(days=number - 1), time(14))
    usual = {
        "id": number,
        "activity": Activity(title=title, kind=kind),
        "centre": centre,
        "starts_at": starts_at,
        "ends_at": starts_at + lasts,
        "capacity": 10,
        "waiting_limit": 10,
        "fee_fen": 0,
        "admission": Admission.FIRST_COME,
        "state": SlotState.OPEN,
    }
    return Slot(**usual | given)
