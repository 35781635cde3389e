"""What happens to visitors who are not, or no longer, signed in: they are led there and back."""

from urllib.parse import SplitResult, unquote, urlsplit

from flask import current_app, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response

from hub.accounts.saved_forms import save_form
from hub.web.error_pages import error_page
from hub.web.htmx import sign_in_page
from hub.web.security import Admits


def ask_to_sign_in() -> Response:
    """Lead a stranger to the sign-in page and from there back; a form they sent is saved."""
    if request.method in {"GET", "HEAD"}:
        here = urlsplit(request.url)
        back = here._replace(scheme="", netloc="", fragment="").geturl()
    else:
        back = _page_of_the_form()
        save_form(unquote(urlsplit(back).path), request.form)
    return sign_in_page(url_for("accounts.show_sign_in", next=back))


def refuse_forgery(error: CSRFError) -> Response:
    """Refuse a form without its token; save it if it is ours and only the session had expired.

    From another site it is refused. In neither case is anything done.
    """
    expired = not current_user.is_authenticated and _needs_sign_in() and _is_from_here()
    return ask_to_sign_in() if expired else error_page(400)


def _page_of_the_form() -> str:
    """Return the page that showed the form, or the nearest above it that can be shown."""
    sent_from = _parts(request.referrer)
    if sent_from.netloc != request.host:
        sent_from = urlsplit(request.path)
    path, adapter = sent_from.path or "/", current_app.create_url_adapter(request)
    while path != "/" and adapter and not adapter.test(unquote(path), method="GET"):
        path = path.rpartition("/")[0] or "/"
    return f"{path}?{sent_from.query}" if path == sent_from.path and sent_from.query else path


def _needs_sign_in() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "admits", Admits.EVERYONE) is not Admits.EVERYONE


def _is_from_here() -> bool:
    """Whether the browser says that the form was on a page of this site."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin") or request.referrer
    return _parts(origin).netloc == request.host


def _parts(address: str | None) -> SplitResult:
    """Return the parts of an address that a browser sent; empty if it is none."""
    try:
        return urlsplit(address or "")
    except ValueError:
        return urlsplit("")
