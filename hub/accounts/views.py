"""Signing in and out, and the page about oneself."""

import secrets
from collections.abc import Callable

from flask import Blueprint, current_app, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError

from hub import audit, clock, text
from hub.accounts import actions, rules
from hub.accounts.codes import draw_code, hash_code
from hub.accounts.forms import CodeForm, PasswordForm, PhoneForm
from hub.accounts.known_browsers import keep_key, key_known_for, know_browser
from hub.accounts.models import Account
from hub.accounts.passwords import password_fits
from hub.accounts.queries import account_with, roles_at_centres
from hub.accounts.rules import TooMany, TooSoon, Verdict
from hub.accounts.saved_forms import is_saved
from hub.accounts.session_expiry import ask_to_sign_in, refuse_forgery
from hub.accounts.sessions import (
    RENEWED_AT,
    begin_session,
    end_session,
    load_account,
    renew_session,
)
from hub.db import transaction
from hub.limits import count_use, delete_old_counts
from hub.notices import gateway
from hub.web.addresses import safe_path
from hub.web.htmx import page
from hub.web.security import Admits, login_manager, open_to

FormPage = Callable[[PhoneForm, int], ResponseReturnValue]  # the page that shows a form

LONGEST_WAY_BACK = 1000  # it travels in the cookie, which holds 4 KB

blueprint = Blueprint("accounts", __name__)
blueprint.app_errorhandler(CSRFError)(refuse_forgery)
blueprint.after_app_request(renew_session)
login_manager.user_loader(load_account)
login_manager.unauthorized_handler(ask_to_sign_in)


@blueprint.get("/sign-in")
@open_to(Admits.EVERYONE)
def show_sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(_way_back(request.args.get("next")), 303)
    return _sign_in_page(PhoneForm(next=request.args.get("next")))


@blueprint.post("/sign-in")
@open_to(Admits.EVERYONE)
def request_code() -> ResponseReturnValue:
    """Send a code, to a known phone as to an unknown one."""
    form = PhoneForm()
    return _send_code(form, _sign_in_page) if form.validate() else _sign_in_page(form, 422)


@blueprint.get("/sign-in/code")
@open_to(Admits.EVERYONE)
def show_code() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(_way_back(None), 303)
    if "signing_in" not in session:
        return redirect(url_for("accounts.show_sign_in"), 303)
    return _code_page(CodeForm(formdata=None))


@blueprint.post("/sign-in/code")
@open_to(Admits.EVERYONE)
def enter_code() -> ResponseReturnValue:
    """Sign in with a code; the first time makes the account. The staff need their password too."""
    signing_in = session.get("signing_in")
    if signing_in is None:
        return redirect(url_for("accounts.show_sign_in"), 303)
    form, phone, account, key = CodeForm(), signing_in["phone"], None, ""
    if not form.validate():
        return _code_page(form, 422)
    with transaction():
        hashed = _hash(phone, form.code_read)
        attempt = actions.try_code(phone, _browser(), hashed, clock.now())
        if attempt.verdict is Verdict.RIGHT:
            account = actions.account_of(phone, clock.now())
            key = "" if account.is_staff else _begin(account)
    if account is None:
        form.code.errors = [rules.why_not(attempt)]
        return _code_page(form, 422)
    if not key:
        return _ask_for_password(phone, signing_in["next"])
    return _let_in(account, key, signing_in["next"])


@blueprint.get("/sign-in/password")
@open_to(Admits.EVERYONE)
def show_password() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(_way_back(request.args.get("next")), 303)
    proved = session.get("proved", {}).get("phone")
    form = PasswordForm(
        formdata=None, next=request.args.get("next"), phone=text.phone(proved or "")
    )
    return _password_page(form)


@blueprint.post("/sign-in/password")
@open_to(Admits.EVERYONE)
def enter_password() -> ResponseReturnValue:
    """Sign in a member of the staff; one answer for every reason why not.

    In a browser that is new to the account the phone is proved first, by a code. So nobody can
    guess at a password, or use up its tries, without the phone or a browser of its owner.
    """
    form = PasswordForm()
    if not form.validate():
        return _password_page(form, 422)
    phone = form.phone.number
    browser = key_known_for(phone) or (_browser() if phone == _proved_phone() else "")
    if not browser:
        why = _("这个浏览器还没有登录过这个账号：请先填短信验证码，再填密码。")
        return _send_code(form, _password_page, why)
    with transaction():
        may_try = _may_try_password(phone, browser)
    if not may_try:
        form.form_errors.append(str(rules.too_many_passwords()))
        return _password_page(form, 429)
    account = account_with(phone)
    fits = password_fits(account.password_hash if account else "", form.password.data or "")
    if account is None or not fits:
        form.form_errors.append(_("手机号或密码不对。忘了密码，请管理员帮您重设。"))
        return _password_page(form, 422)
    with transaction():
        audit.record("sign_in_by_password", account, account_id=account.id)
        key = _begin(account)
    return _let_in(account, key, form.next.data)


@blueprint.post("/sign-out")
@open_to(Admits.EVERYONE)
def sign_out() -> ResponseReturnValue:
    """Sign out this browser; twice, or after the session expired, is no error."""
    if key := session.get("_user_id"):
        with transaction():
            end_session(key)
    _leave()
    flash(_("已退出登录。"))
    return redirect(url_for("timetable.home"), 303)


@blueprint.post("/sign-out/everywhere")
@open_to(Admits.SIGNED_IN)
def sign_out_everywhere() -> ResponseReturnValue:
    """Sign out every browser of this account, this one too."""
    with transaction():
        actions.sign_out_everywhere(current_user)
    _leave()
    flash(_("已在所有手机和电脑上退出登录。"))
    return redirect(url_for("accounts.show_sign_in"), 303)


@blueprint.get("/me")
@open_to(Admits.SIGNED_IN)
def me() -> ResponseReturnValue:
    return page("accounts/me.html", account=current_user, duties=roles_at_centres(current_user))


def _send_code(form: PhoneForm, shown: FormPage, why: str = "") -> ResponseReturnValue:
    """Send a code to the phone of a form, and lead to where it is entered, saying why."""
    phone, code = form.phone.number, draw_code()
    try:
        with transaction():
            actions.keep_code(phone, _browser(), _hash(phone, code), _address(), clock.now())
    except TooSoon as refusal:
        flash(str(refusal))  # a code is on its way: this is where it is entered
        code = ""
    except TooMany as refusal:
        form.form_errors.append(str(refusal))
        return shown(form, 429)
    if code and not _message(phone, code):
        form.form_errors.append(_("短信没有发出去。请再按一次，或打电话给中心、到前台登记。"))
        return shown(form, 503)
    if why:
        flash(why)
    _remember_phone(phone, form.next.data, code)
    return redirect(url_for("accounts.show_code"), 303)


def _sign_in_page(form: PhoneForm, status: int = 200) -> ResponseReturnValue:
    return page("accounts/sign_in.html", status, form=form, is_kept=is_saved())


def _password_page(form: PhoneForm, status: int = 200) -> ResponseReturnValue:
    return page("accounts/password.html", status, form=form, is_proved=bool(_proved_phone()))


def _code_page(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    signing_in = session["signing_in"]
    again = PhoneForm(formdata=None, phone=signing_in["phone"], next=signing_in["next"])
    return page(
        "accounts/code.html",
        status,
        form=form,
        again=again,
        phone=signing_in["phone"],
        demo_code=signing_in.get("demo_code", ""),
    )


def _message(phone: str, code: str) -> bool:
    """Send the code just committed; if that fails, it is as if it was never asked for."""
    sentence = _("【渝好空间】验证码 %(code)s，5 分钟内有效。请不要告诉别人。", code=code)
    try:
        gateway.gateway().send(phone, sentence)
    except OSError as error:
        current_app.logger.error("a sign-in code could not be sent: %s", type(error).__name__)
        with transaction():
            actions.forget_code(phone, _browser())
        return False
    return True


def _remember_phone(phone: str, way_back: str | None, code: str) -> None:
    """Note in the signed session whose code is awaited; in the demo also the code, to show it."""
    before = session.get("signing_in", {})
    signing_in = {"phone": phone, "next": _short(way_back)}
    if current_app.config["HUB"].demo_sign_in:
        known = before.get("demo_code", "") if before.get("phone") == phone else ""
        signing_in["demo_code"] = code or known
    session["signing_in"] = signing_in


def _begin(account: Account) -> str:
    """Begin a session in this browser, known from now on; return the browser's key."""
    begin_session(account)
    return know_browser(account)


def _let_in(account: Account, key: str, way_back: str | None) -> ResponseReturnValue:
    """Sign in this browser, with the session just begun; whatever else its cookie held stays."""
    session.pop("signing_in", None)
    session.pop("proved", None)
    session.permanent = True
    session[RENEWED_AT] = clock.now().timestamp()
    login_user(account)
    answer = redirect(_way_back(way_back), 303)
    keep_key(answer, key)
    return answer


def _ask_for_password(phone: str, way_back: str | None) -> ResponseReturnValue:
    """Note that a code proved the phone, and lead to where the password is entered."""
    session.pop("signing_in", None)
    until = clock.now() + rules.PROVED_FOR
    session["proved"] = {"phone": phone, "until": until.timestamp()}
    return redirect(url_for("accounts.show_password", next=_short(way_back) or None), 303)


def _proved_phone() -> str:
    """Return the phone that a code proved in this browser a moment ago, or ""."""
    proved = session.get("proved")
    if proved is None or clock.now().timestamp() >= proved["until"]:
        return ""
    return str(proved["phone"])


def _way_back(path: str | None) -> str:
    default = "desk.day.today" if current_user.is_staff else "timetable.home"
    return safe_path(_short(path), url_for(default))


def _short(path: str | None) -> str:
    return path if path and len(path) <= LONGEST_WAY_BACK else ""


def _leave() -> None:
    """Sign this browser out and delete all that belongs to a person."""
    logout_user()
    session.clear()


def _may_try_password(phone: str, browser: str) -> bool:
    delete_old_counts()
    most, window = rules.PASSWORDS_PER_BROWSER_AND_QUARTER, rules.QUARTER
    return count_use("password", f"{phone}\n{browser}", most=most, window=window)


def _browser() -> str:
    """Return the random number of this browser: its codes open here and nowhere else."""
    return str(session.setdefault("browser", secrets.token_urlsafe(16)))


def _hash(phone: str, code: str) -> str:
    return hash_code(current_app.config["SECRET_KEY"], phone, code)


def _address() -> str:
    return request.remote_addr or ""
