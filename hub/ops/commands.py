"""The commands of `hub`: thin, each one act."""

import sys
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import force_locale
from sqlalchemy.exc import DBAPIError

from hub import clock
from hub.accounts.models import RoleName
from hub.accounts.passwords import hash_password
from hub.bookings.jobs.consistency import inconsistencies, overdue_offers
from hub.config import ConfigError
from hub.db import db, transaction
from hub.notices.actions import send_again, send_due
from hub.notices.gateway import gateway
from hub.notices.queries import count_given_up, given_up
from hub.ops import serve, staff
from hub.ops.backup import back_up, bring_back
from hub.ops.centre_file import BadFile
from hub.ops.import_centres import import_centres
from hub.ops.seed import demo, people
from hub.ops.seed.ground import lay_ground
from hub.ops.worker import Bell, Worker, reason, say
from hub.refusals import Refused
from hub.web.health import is_migrated
from hub.web.language import CHINESE

GIVEN_UP_SHOWN = 20  # unsent messages that `hub check` names; more would only repeat it


def in_words(command: Callable[..., None]) -> Callable[..., None]:
    """Run a command with the application at hand, and tell a refusal in words, without a trace."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            # There is no visitor whose language could be asked for.
            with force_locale(CHINESE):
                command(*args, **options)
        except BadFile as error:
            raise click.ClickException(
                "\n".join(["没有导入任何中心：", *error.problems])
            ) from error
        except (ConfigError, Refused) as error:
            raise click.ClickException(str(error)) from error

    return with_appcontext(run)


@click.command("serve")
@in_words
def serve_command() -> None:
    """Make the database ready and start the server."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # a proxy's own method
    serve.serve(app, clock.now())


@click.command("init")
@in_words
def init_command() -> None:
    """Make the database, once; in production nothing else does."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # a proxy's own method
    if serve.prepare(app, clock.now(), make=True):
        click.echo("the database is made; hub serve starts the site")
    else:
        click.echo("there is a database already; it has the newest tables, and kept what it holds")


@click.command("seed")
@in_words
def seed_command() -> None:
    """Fill the demo, or move it on to the coming four weeks."""
    _need_tables()
    demo.check_may_seed(current_app.config["HUB"])
    password_hash = hash_password(people.demo_password())
    with transaction():
        seeded = demo.seed(current_app.config["HUB"], password_hash, clock.now())
    click.echo(f"{seeded.slots} slots and {seeded.bookings} bookings are new")


@click.command("import-centres")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@in_words
def import_centres_command(file: Path) -> None:
    """Load a list of centres (CSV; UTF-8 or GBK): all of it, or nothing."""
    _need_tables()
    content = file.read_bytes()
    with transaction():
        lay_ground()
        counts = import_centres(content)
    click.echo(f"新增 {counts.new} 个，更改 {counts.changed} 个，没有变化 {counts.unchanged} 个")


@click.group("staff")
def staff_group() -> None:
    """Who works here: make accounts and roles, list them, take them away."""


@staff_group.command("create")
@click.option("--phone", required=True, help="the mobile number that signs in")
@click.option("--name", required=True, help="as colleagues call them")
@click.option("--role", required=True, type=click.Choice([role.value for role in RoleName]))
@click.option("--centre", help="the centre's name; not for an administrator")
@in_words
def create_staff_command(phone: str, name: str, role: str, centre: str | None) -> None:
    """Make an account for the staff, or give it another role and a new password."""
    _need_tables()
    phone, name, role_name = staff.check_phone(phone), staff.check_name(name), RoleName(role)
    staff.centre_for(role_name, centre)
    password = click.prompt("密码", hide_input=True, confirmation_prompt="再输一遍")
    staff.check_password(password, phone)
    password_hash = hash_password(password)
    with transaction():
        staff.create_staff(
            phone=phone,
            name=name,
            role=role_name,
            centre=staff.centre_for(role_name, centre),
            password_hash=password_hash,
            now=clock.now(),
        )
    click.echo(f"{name} 可以用手机号 {phone} 和密码登录了")


@staff_group.command("list")
@in_words
def list_staff_command() -> None:
    """List who has a role, and at which centre."""
    _need_tables()
    for one in staff.all_roles():
        centre = one.centre.name if one.centre else "所有中心"
        click.echo(f"{one.account.phone}  {one.account.name}  {one.name}  {centre}")


@staff_group.command("remove-role")
@click.option("--phone", required=True, help="the mobile number that signs in")
@click.option("--role", required=True, type=click.Choice([role.value for role in RoleName]))
@click.option("--centre", help="the centre's name; not for an administrator")
@in_words
def remove_role_command(phone: str, role: str, centre: str | None) -> None:
    """Take one role away, from the next page on."""
    _need_tables()
    with transaction():
        account = staff.staff_with(phone)
        staff.remove_role(account, RoleName(role), staff.centre_for(RoleName(role), centre))
    click.echo(f"{account.name} 不再是 {role}（{centre or '所有中心'}）")


@staff_group.command("disable")
@click.option("--phone", required=True, help="the mobile number that signs in")
@in_words
def disable_staff_command(phone: str) -> None:
    """Take all roles and the password away, and sign out all browsers."""
    _need_tables()
    with transaction():
        account = staff.staff_with(phone)
        staff.disable(account)
    click.echo(f"{account.name} 的职务和密码都已取消，已在所有手机和电脑上退出登录")


@click.command("send")
@in_words
def send_command() -> None:
    """Send the notices that are due."""
    _need_tables()
    click.echo(f"{send_due(gateway(), clock.now())} notices sent")


@click.command("send-again")
@in_words
def send_again_command() -> None:
    """Try the messages once more that were given up, for a day; `hub check` names them."""
    _need_tables()
    click.echo(f"{send_again(clock.now())} notices are due again")


@click.command("worker")
@click.option("--once", is_flag=True, help="do what is due now, then end")
@in_words
def worker_command(once: bool) -> None:
    """Do the clock's work, round after round: offers, draws, reminders, notices."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # a proxy's own method
    with Bell() as bell:
        worker = Worker(app, gateway(), bell)
        if not once:
            say("at work; SIGTERM or Ctrl-C ends it")
            worker.run()
            return
        try:
            _need_tables()
            click.echo(f"{worker.finish()} done")
        except DBAPIError as error:
            raise ConfigError(f"the database is away: {reason(error)}") from error


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@in_words
def backup_command(file: Path) -> None:
    """Copy the database into FILE while the site goes on."""
    _need_tables()
    size = back_up(db.engine.url, file)
    click.echo(f"{file}: {size:,} bytes")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@in_words
def restore_command(file: Path) -> None:
    """Fill an empty database from a backup, end all sessions, and check it."""
    restored = bring_back(file)
    click.echo(
        f"{restored.centres} centres, {restored.slots} slots, {restored.bookings} bookings are back"
    )
    if restored.newest:
        click.echo(f"the last booking was made {clock.local(restored.newest):%Y-%m-%d %H:%M}")
    click.echo("everybody is signed out; messages that waited then may go out a second time")
    _check()


@click.command("check")
@in_words
def check_command() -> None:
    """Recount places, turns, offers and draws, and name unsent messages; exit with 1 if any."""
    _need_tables()
    _check()


def _check() -> None:
    troubles = [*inconsistencies(), *overdue_offers(clock.now()), *_unsent()]
    for sentence in troubles:
        click.echo(sentence)
    if troubles:
        sys.exit(1)
    click.echo("every place is accounted for")


def _unsent() -> Iterator[str]:
    """Yield how many messages were given up, and some of them: never the text nor the phone."""
    if total := count_given_up():
        yield f"messages given up: {total}"
    for notice in given_up(most=GIVEN_UP_SHOWN):
        error = notice.last_error or "the sender ended during each"
        yield f"notice {notice.id}: given up after {notice.tries} tries, {error}"


def _need_tables() -> None:
    serve.refuse_missing_database()
    if not is_migrated():
        raise ConfigError("the database has not all of its tables yet; hub serve makes them.")
    db.session.rollback()


ALL: list[click.Command] = [
    init_command,
    serve_command,
    seed_command,
    import_centres_command,
    staff_group,
    send_command,
    send_again_command,
    worker_command,
    backup_command,
    restore_command,
    check_command,
]
