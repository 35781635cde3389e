"""Pages that say what went wrong, in words, and never a trace."""

from flask import Flask, Response, current_app, g, make_response
from flask_login import AnonymousUserMixin
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException

from hub.db import db, end_reading
from hub.web.htmx import take_the_whole_page, templates_spoken, write


def init_app(app: Flask) -> None:
    app.after_request(_end_reading)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(IntegrityError, _show_conflict)
    app.register_error_handler(DataError, _show_not_understood)
    app.register_error_handler(OperationalError, _show_database_away)
    app.register_error_handler(Exception, _show_fault)


def error_page(status: int, headers: dict[str, str] | None = None) -> Response:
    """Write the page of an error. It reads nothing from the database, which may be away."""
    if status == 503 and "_login_user" not in g:
        g._login_user = AnonymousUserMixin()  # else Flask-Login would ask who it is, once more
    names = [f"errors/{status}.html", "errors/400.html" if status < 500 else "errors/500.html"]
    template = templates_spoken().select_template(names)
    response = make_response(write(template, status=status), status, headers or {})
    take_the_whole_page(response)
    return response


def _show_http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    kept = {"Allow", "Retry-After", "Location"}
    headers = {name: value for name, value in error.get_headers() if name in kept}
    code = error.code or 500
    if 300 <= code < 400:
        return make_response("", code, headers)
    return error_page(code, headers)


def _show_conflict(error: IntegrityError) -> Response:
    """Answer 409: a constraint of the database refused what a rule had let through."""
    db.session.rollback()
    current_app.logger.warning("refused by the database: %s", type(error.orig).__name__)
    return error_page(409)


def _show_not_understood(error: DataError) -> Response:
    """Answer 400 to what a database cannot hold: PostgreSQL takes no null character."""
    db.session.rollback()
    current_app.logger.warning("not taken by the database: %s", type(error.orig).__name__)
    return error_page(400)


def _show_database_away(error: OperationalError) -> Response:
    _let_go()
    current_app.logger.error("database away: %s", type(error.orig).__name__)
    return error_page(503, {"Retry-After": "30"})


def _end_reading(response: Response) -> Response:
    """End the read before the answer is given: a whole answer must not fail with the connection."""
    _let_go()
    return response


def _let_go() -> None:
    """Give the connection back, even one that is broken."""
    try:
        end_reading()
        db.session.remove()
    except DBAPIError as error:
        current_app.logger.error("database away: %s", type(error.orig).__name__)
        db.session.registry.clear()


def _show_fault(error: Exception) -> Response:
    current_app.logger.exception("fault on our side")
    return error_page(500)
