"""What a phone keeps of the site: its service worker, the offline page, the web manifest."""

import hashlib
import json

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from hub.web.assets import STATIC, asset
from hub.web.htmx import page
from hub.web.security import NOBODY, VISITOR, Admits, open_to

VENDORED = sorted((STATIC / "vendor").glob("*.js"))
FILES = ("site.css", "site.js", "icons.svg", *(f"vendor/{one.name}" for one in VENDORED))
# Kept by the browser, but asked about each time: what these say must change with the site.
ASK_EACH_TIME = "no-cache"
PAPER = "#faf5ea"  # the ground of the light theme, as site.css has it

blueprint = Blueprint("offline", __name__)


@blueprint.get("/sw.js")
@open_to(Admits.EVERYONE)
def show_worker() -> ResponseReturnValue:
    """static/sw.js with the addresses of this very version of the site: a new one replaces it."""
    known = {
        "FILES": [asset(name) for name in FILES],
        "OFFLINE": url_for("offline.show_offline"),
        "VISITOR": VISITOR,
        "NOBODY": NOBODY,
    }
    script = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items())
    script += (STATIC / "sw.js").read_text()
    version = hashlib.sha256(script.encode()).hexdigest()[:12]
    answer = Response(f'const VERSION = "{version}";\n{script}', mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = url_for("timetable.home")
    answer.headers["Cache-Control"] = ASK_EACH_TIME
    return answer


@blueprint.get("/offline")
@open_to(Admits.EVERYONE)
def show_offline() -> ResponseReturnValue:
    """Show the offline page: it names nobody, because it stays in the browser."""
    return page("errors/offline.html")


@blueprint.get("/manifest.webmanifest")
@open_to(Admits.EVERYONE)
def show_manifest() -> ResponseReturnValue:
    """Name, colours and icons for the home screen."""
    icons = [
        {"src": asset("icons/icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": asset("icons/icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {"src": asset("icons/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        {
            "src": asset("icons/maskable.png"),
            "sizes": "512x512",
            "type": "image/png",
            "purpose": "maskable",
        },
    ]
    manifest = {
        "name": "渝好空间",
        "short_name": "渝好空间",
        "description": _("家门口的妇女儿童服务，看一看、约一约，都在这里。"),
        "lang": "zh-CN",
        "id": url_for("timetable.home"),
        "start_url": url_for("timetable.home"),
        "scope": url_for("timetable.home"),
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": icons,
        "shortcuts": [{"name": _("我的预约"), "url": url_for("bookings.my_bookings")}],
    }
    answer = Response(json.dumps(manifest), mimetype="application/manifest+json")
    answer.headers["Cache-Control"] = ASK_EACH_TIME
    return answer
