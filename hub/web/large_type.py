"""关怀版: the whole site in large type, plain and calm, for visitors who chose it.

The pages stay the same. `data-care` on their root lets the stylesheet enlarge them and leave out
what is marked as `extra`; a telephone to call is always in sight.
"""

from flask import Blueprint, Flask, has_request_context, request
from flask.typing import ResponseReturnValue

from hub.web.preference_cookies import preference, set_preference
from hub.web.security import Admits, open_to, without_token

blueprint = Blueprint("large_type", __name__)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["is_large_type"] = is_large_type
    app.register_blueprint(blueprint)


def is_large_type() -> bool:
    """Whether this page is for a visitor who chose 关怀版."""
    return has_request_context() and preference("care") == "1"


@blueprint.post("/care")
@without_token  # set_preference() checks itself where the form comes from
@open_to(Admits.EVERYONE)
def choose_large_type() -> ResponseReturnValue:
    """Switch to large type, or back."""
    return set_preference("care", "1" if request.form.get("care") == "1" else "")
