"""The language of a page: Chinese, unless the visitor chose English."""

from functools import cache

from babel.support import NullTranslations, Translations
from flask import Blueprint, Flask, current_app, has_request_context, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel, get_locale
from wtforms.i18n import messages_path

from hub.web.preference_cookies import preference, set_preference
from hub.web.rendering.template_i18n import TranslatedEnvironment
from hub.web.security import Admits, open_to, without_token

CHINESE = "zh_Hans_CN"  # as Babel spells it; also the language of what is sent
LANGUAGES = {"zh": "中文", "en": "English"}
babel = Babel()
blueprint = Blueprint("language", __name__)


def init_app(app: Flask) -> None:
    app.jinja_environment = TranslatedEnvironment
    babel.init_app(
        app,
        default_locale=CHINESE,
        default_timezone="Asia/Shanghai",
        locale_selector=_chosen,
    )
    app.before_request(_let_forms_speak)
    app.register_blueprint(blueprint)


def html_lang() -> str:
    """Return the `lang` of the page: Babel's own zh_Hans_CN is not a valid value there."""
    locale = get_locale()
    return "en" if locale and locale.language == "en" else "zh-CN"


def words_of(lang: str) -> NullTranslations:
    """Return the sentences of the templates in a language; the templates themselves are Chinese."""
    return Translations.load(current_app.extensions["babel"].translation_directories[0], [lang])


@blueprint.post("/language")
@without_token  # set_preference() checks itself where the form comes from
@open_to(Admits.EVERYONE)
def choose_language() -> ResponseReturnValue:
    """Remember the language; Chinese, which all pages speak anyway, by storing nothing."""
    asked = request.form.get("language", "")
    return set_preference("language", "en" if asked == "en" else "")


def _let_forms_speak() -> None:
    """Hand Flask-WTF the words of WTForms, which it would else read from disk for every request."""
    words = _words_of_forms(html_lang())
    request.wtforms_translations = words  # type: ignore[attr-defined]  # where Flask-WTF looks


@cache
def _words_of_forms(lang: str) -> NullTranslations:
    locale = "en" if lang == "en" else CHINESE
    return Translations.load(messages_path(), [locale], domain="wtforms")


def _chosen() -> str:
    if not has_request_context():  # a command, or a message put in the outbox by one
        return CHINESE
    return "en" if preference("language") == "en" else CHINESE
