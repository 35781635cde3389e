"""One act for one form: done and kept, or nothing done and the reason on the form."""

from typing import Any

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from sqlalchemy import func, select
from wtforms import StringField
from wtforms.validators import InputRequired

from hub.catalogue.models import District
from hub.db import db
from hub.refusals import Refused
from hub.web.attempt import attempt

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class NameForm(FlaskForm):
    class Meta:
        csrf = False

    name = StringField(validators=[InputRequired("请写名字。")])


def add(name: str = "渝中区") -> str:
    db.session.add(District(name=name, position=1))
    db.session.flush()
    return name


def refuse() -> str:
    add()
    raise Refused("满了。")


def form_with(**typed: Any) -> NameForm:
    return NameForm(formdata=None, data=typed)


def districts() -> int:
    return db.session.scalars(select(func.count()).select_from(District)).one()


def test_what_is_done_is_kept_and_handed_on(app: Flask) -> None:
    with app.test_request_context():
        done = attempt(add)
        assert (done.is_done, done.result, done.refusal) == (True, "渝中区", None)
        db.session.rollback()
        assert districts() == 1


def test_a_form_that_is_wrong_does_nothing_and_keeps_its_own_words(app: Flask) -> None:
    with app.test_request_context():
        form = form_with(name="")
        assert not attempt(add, form).is_done
        assert form.name.errors == ["请写名字。"]
        assert districts() == 0


def test_a_refusal_undoes_what_was_begun_and_stands_on_the_form(app: Flask) -> None:
    with app.test_request_context(method="POST", data={"name": "x"}):
        form = NameForm()
        refused = attempt(refuse, form)
        assert not refused.is_done
        assert str(refused.refusal) == "满了。"
        assert form.form_errors == ["满了。"]
        assert districts() == 0
        with pytest.raises(IndexError):
            refused.result  # noqa: B018 – that it raises is what is tested


def test_or_beside_a_field_where_one_is_named(app: Flask) -> None:
    with app.test_request_context(method="POST", data={"name": "x"}):
        form = NameForm()
        attempt(refuse, form, beside=form.name)
        assert form.name.errors == ["满了。"]
        assert form.form_errors == []
