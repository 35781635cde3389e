"""Which language a page speaks: Chinese, unless somebody asked for English."""

from flask import Blueprint, Flask, has_request_context, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_babel import Babel, get_locale

from hub.paths import safe_path
from hub.security import Admits, open_to

CHINESE = "zh_Hans_CN"  # as Babel spells it; also the language of what is sent
LANGUAGES = {"zh": "中文", "en": "English"}
babel = Babel()
blueprint = Blueprint("language", __name__)


def init_app(app: Flask) -> None:
    babel.init_app(
        app,
        default_locale=CHINESE,
        default_timezone="Asia/Shanghai",
        locale_selector=_chosen,
    )
    app.register_blueprint(blueprint)


def html_lang() -> str:
    """The `lang` of the page: Babel's own zh_Hans_CN is not a valid value there."""
    locale = get_locale()
    return "en" if locale and locale.language == "en" else "zh-CN"


@blueprint.post("/language")
@open_to(Admits.EVERYONE)
def choose_language() -> ResponseReturnValue:
    """Remember the language and go back to where the visitor was."""
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(safe_path(request.form.get("back")), 303)


def _chosen() -> str:
    if not has_request_context():  # a command, or a message put in the outbox by one
        return CHINESE
    return "en" if session.get("language") == "en" else CHINESE
