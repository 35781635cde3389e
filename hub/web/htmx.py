"""page(): what a browser gets, the whole page or the part of it that htmx asked for.

A refused form gets the same, with 422: attempt.py says so, page() answers.
"""

from typing import Any

from flask import (
    Flask,
    Response,
    current_app,
    make_response,
    render_template,
    request,
)
from flask_htmx import HTMX
from jinja2 import StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from hub import text
from hub.web import language
from hub.web.addresses import around_link
from hub.web.assets import asset
from hub.web.rendering.fragments import fragments_of
from hub.web.rendering.lang_markup import mark_chinese
from hub.web.rendering.template_i18n import TranslatedEnvironment
from hub.web.wechat import in_wechat

LAST_PAGE = 1000  # pages of a list; nobody looks further, and the database would count rows in vain

PARTS = {"centres", "entries", "people", "places", "results"}  # the blocks that can stand alone

htmx = HTMX()


def page(name: str, status: int = 200, **context: Any) -> Response:
    """Render a template – for htmx, only the block of PARTS named like the id of its target.

    A page without such a block, where a redirect has led, takes the place of the whole page.
    """
    part = (htmx.target or "").rpartition("#")[2]  # htmx 2 sends "places", htmx 4 "ul#places"
    wants_part = bool(htmx and part and not htmx.history_restore_request)
    templates = templates_spoken()
    template = templates.get_template(name)
    if wants_part and part in PARTS and part in template.blocks:
        of_page = templates.get_template("_part.html")
        response = write(of_page, page=name, part=part, **context)
    else:
        response = write(template, **context)
        if wants_part:
            response.headers["HX-Push-Url"] = request.full_path.removesuffix("?")
            take_the_whole_page(response)
    response.status_code = status
    response.vary.update(["HX-Request", "HX-Target", "HX-History-Restore-Request", "Cookie"])
    return response


def page_asked() -> int:
    """Return the page number of a list that the address asks for; 1 for anything that is none."""
    typed = request.args.get("page", "")
    is_number = typed.isascii() and typed.isdigit() and len(typed) <= len(str(LAST_PAGE))
    return min(max(int(typed), 1), LAST_PAGE) if is_number else 1


def is_opened() -> bool:
    """Whether a person opened this page, and no page or worker of the browser fetched it by itself.

    Old browsers do not say, and are believed.
    """
    return not htmx and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def sign_in_page(url: str) -> Response:
    """Lead to the sign-in page: htmx as a whole page, never into a fragment."""
    if htmx:
        return Response(status=401, headers={"HX-Redirect": url})
    return Response(status=303, headers={"Location": url})


def init_app(app: Flask) -> None:
    htmx.init_app(app)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(
        around_link=around_link,
        asset=asset,
        block_of=_block_of,
        html_lang=language.html_lang,
        in_wechat=in_wechat,
        languages=language.LANGUAGES,
        text=text,
    )
    app.extensions["templates"] = {"zh-CN": _with_macros(app.jinja_env)}


def write(template: Template, **context: Any) -> Response:
    """Render a template as a whole answer."""
    html = render_template(template, **context)
    return make_response(mark_chinese(html) if language.html_lang() == "en" else html)


def templates_spoken() -> TranslatedEnvironment:
    """Return the templates in the language of this page."""
    spoken: dict[str, TranslatedEnvironment] = current_app.extensions["templates"]
    lang = language.html_lang()
    if lang not in spoken:  # made on first use; twice, if two ask at once, does no harm
        source: Any = current_app.jinja_env
        spoken[lang] = _with_macros(source.in_words(language.words_of(lang)))
    return spoken[lang]


def _with_macros(templates: Any) -> TranslatedEnvironment:
    """Make ui.html a global: imports outside a block are not run when a part is rendered."""
    ui = templates.get_template("ui.html").module
    templates.globals.update(ui=ui, fragment=fragments_of(templates))
    return templates


def take_the_whole_page(response: Response) -> None:
    """Tell htmx to put an answer in the place of the whole page, whatever part was asked for."""
    if htmx:
        response.headers["HX-Retarget"] = "body"
        response.headers["HX-Reswap"] = "innerHTML show:window:top"


@pass_context
def _block_of(context: Context, name: str, block: str) -> Markup:
    """Render one block of another template with this template's variables."""
    template = context.environment.get_template(name)
    blocks = template.blocks[block](template.new_context(context.get_all()))
    return Markup("".join(blocks))  # the block has escaped its own variables
