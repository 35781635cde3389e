"""关怀版: the whole site in large type, plain and calm, for whoever asked for it once.

The pages stay the same. `data-care` on their root lets the stylesheet enlarge them and leave out
what is marked as `extra`; a telephone to call is always in sight.
"""

from flask import Blueprint, Flask, has_request_context, request
from flask.typing import ResponseReturnValue

from hub.web.preference_cookies import preference, set_preference
from hub.web.security import Admits, open_to, without_token

blueprint = Blueprint("care", __name__)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["is_large_type"] = is_large_type
    app.register_blueprint(blueprint)


def is_large_type() -> bool:
    """Whether this page is for somebody who asked for 关怀版."""
    return has_request_context() and preference("care") == "1"


@blueprint.post("/care")
@without_token  # choose() looks itself where it comes from
@open_to(Admits.EVERYONE)
def choose_large_type() -> ResponseReturnValue:
    """Large and plain, or the usual again."""
    return set_preference("care", "1" if request.form.get("care") == "1" else "")
