"""The limit to looking families up."""

from flask_babel import gettext as _


def too_many_lookups() -> str:
    return _("这一小时查的家庭太多了，请过一会儿再查。")
