"""hub staff: accounts of the staff are made and ended by those who run the installation."""

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from hub import clock
from hub.accounts.models import Account, KnownBrowser, RoleName
from hub.accounts.passwords import password_fits
from hub.accounts.queries import account_with
from hub.audit import AuditEntry
from hub.db import db, transaction
from tests.aliases import Save
from tests.browser import Browser
from tests.makers import a_centre, an_account
from tests.ops.conftest import run

PASSWORD = "a long enough one"


@pytest.fixture
def centre(saved: Save) -> int:
    return int(saved(a_centre(name="甲社区")))


def create(
    app: Flask, *, password: str = PASSWORD, again: str | None = None, **given: str
) -> Result:
    options = {
        "phone": "138 0000 0001",
        "name": "陈老师",
        "role": "desk",
        "centre": "甲社区",
    } | given
    words = [word for name, value in options.items() if value for word in (f"--{name}", value)]
    return run(app, "staff", "create", *words, typed=f"{password}\n{again or password}\n")


def account(app: Flask, phone: str = "+8613800000001") -> Account | None:
    with app.app_context():
        return account_with(phone)


def test_somebody_of_the_staff_gets_an_account_a_role_and_a_password(
    app: Flask, centre: int
) -> None:
    result = create(app)
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
    made = account(app)
    assert made is not None
    assert made.name == "陈老师"
    assert [(role.name, role.centre_id) for role in made.roles] == [(RoleName.DESK, centre)]
    assert password_fits(made.password_hash, PASSWORD)
    assert made.password_hash.startswith("$argon2id$")
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry)).one()
        assert (entry.act, entry.subject_id) == ("create_staff", made.id)
        assert PASSWORD not in entry.detail


def test_an_administrator_is_of_every_centre(app: Flask, centre: int) -> None:
    assert create(app, role="administrator", centre="").exit_code == 0
    made = account(app)
    assert made is not None
    assert [(role.name, role.centre_id) for role in made.roles] == [(RoleName.ADMINISTRATOR, None)]


def test_the_same_person_gets_a_second_role_and_not_a_second_account(
    app: Flask, centre: int
) -> None:
    create(app)
    create(app, role="manager")
    create(app, role="manager", password="another long one")
    made = account(app)
    assert made is not None
    assert {role.name for role in made.roles} == {RoleName.DESK, RoleName.MANAGER}
    assert len(made.roles) == 2
    assert password_fits(made.password_hash, "another long one")


def test_a_new_password_signs_out_everybody_who_was_signed_in(
    app: Flask, saved: Save, centre: int
) -> None:
    known = saved(an_account(phone="+8613800000001"))
    browser = Browser(app).sign_in(known)
    browser.visit("/me")
    create(app)
    assert browser.visit("/me").url == "/sign-in?next=/me"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"password": "short"}, "密码至少要 10 个字符"),
        ({"password": "1111111111"}, "太容易猜到"),
        ({"password": "13800000001"}, "太容易猜到"),
        ({"phone": "12345"}, "“12345”不是手机号码"),
        ({"phone": "023-63000000"}, "不是手机号码"),
        ({"name": "  "}, "姓名要有 1 到 20 个字"),
        ({"name": "长" * 21}, "姓名要有 1 到 20 个字"),
        ({"centre": ""}, "请用 --centre 写明是哪个中心"),
        ({"centre": "乙社区"}, "没有叫“乙社区”的中心"),
        ({"role": "administrator"}, "请不要写 --centre"),
        ({"role": "director"}, "director"),
    ],
)
def test_what_will_not_do_is_refused_in_words(
    app: Flask, centre: int, given: dict[str, str], words: str
) -> None:
    result = create(app, **given)
    assert result.exit_code in {1, 2}
    assert words in result.output
    assert "Traceback" not in result.output
    with app.app_context():
        assert db.session.scalar(select(func.count(Account.id))) == 0


def test_a_slip_in_the_password_is_noticed(app: Flask, centre: int) -> None:
    create(app, again="something else here")
    assert account(app) is None


@pytest.mark.parametrize("command", ["create", "disable"])
def test_whose_password_or_role_is_new_or_gone_is_known_in_no_browser(
    app: Flask, centre: int, command: str
) -> None:
    create(app)
    known = account(app)
    assert known is not None
    with app.app_context(), transaction():
        db.session.add(KnownBrowser(account_id=known.id, key_hash="k", expires_at=clock.now()))
    if command == "create":
        create(app, role="manager")
    else:
        run(app, "staff", "disable", "--phone", "13800000001")
    with app.app_context():
        assert db.session.scalar(select(func.count(KnownBrowser.id))) == 0


class TestALeaver:
    """Somebody who no longer works here, with a desk page still open in a browser."""

    @pytest.fixture
    def leaver(self, app: Flask, centre: int) -> Browser:
        create(app)
        create(app, role="manager")
        known = account(app)
        assert known is not None
        return Browser(app).sign_in(known.id)

    def test_is_listed_with_every_role(self, app: Flask, leaver: Browser) -> None:
        lines = run(app, "staff", "list").output.splitlines()
        assert lines == [
            "+8613800000001  陈老师  desk  甲社区",
            "+8613800000001  陈老师  manager  甲社区",
        ]

    def test_sees_no_desk_any_more_at_the_next_request(self, app: Flask, leaver: Browser) -> None:
        leaver.visit("/desk")
        result = take_away(app, "manager")
        assert result.exit_code == 0, result.output
        leaver.visit("/desk")
        take_away(app, "desk")
        leaver.visit("/desk", expect=403)
        with app.app_context():
            acts = [one.detail for one in db.session.scalars(select(AuditEntry))][-2:]
        assert [each.split()[0] for each in acts] == ["manager", "desk"]

    def test_keeps_a_role_that_was_not_named(self, app: Flask, leaver: Browser) -> None:
        result = run(app, "staff", "remove-role", "--phone", "13800000001", "--role=administrator")
        assert result.exit_code == 1
        assert "没有这个职务" in result.output
        leaver.visit("/desk")

    def test_is_signed_out_and_cannot_come_back(self, app: Flask, leaver: Browser) -> None:
        leaver.visit("/desk")
        result = run(app, "staff", "disable", "--phone", "138 0000 0001")
        assert result.exit_code == 0, result.output
        assert leaver.visit("/desk").url.startswith("/sign-in")
        page = leaver.visit("/sign-in/password")
        page = leaver.submit(page, phone="13800000001", password=PASSWORD)
        assert page.url == "/sign-in/code", "the browser is not known any more"
        assert run(app, "staff", "list").output == ""

    @pytest.mark.parametrize("phone", ["13800000009", "not a phone"])
    def test_who_was_never_one_is_named(self, app: Flask, leaver: Browser, phone: str) -> None:
        result = run(app, "staff", "disable", "--phone", phone)
        assert result.exit_code == 1
        assert phone in result.output


def take_away(app: Flask, role: str) -> Result:
    words = ("--phone", "13800000001", "--role", role, "--centre", "甲社区")
    return run(app, "staff", "remove-role", *words)
