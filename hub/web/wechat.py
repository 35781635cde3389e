"""WeChat's own browser, which neither downloads, prints nor opens new windows.

Pages that offer such a thing say there what to do instead (`ui` and the templates have the words).
"""

from flask import Response, after_this_request, g, request

NAME = "MicroMessenger"  # as it calls itself, on phones and on computers


def in_wechat() -> bool:
    """Whether the page is looked at inside WeChat.

    Ask only where the page differs by it: from then on no shared cache may keep the answer.
    """
    if "differs_by_browser" not in g:
        g.differs_by_browser = True
        after_this_request(_differs_by_browser)
    return NAME in request.user_agent.string


def _differs_by_browser(response: Response) -> Response:
    response.vary.add("User-Agent")
    response.headers["Cache-Control"] = "no-store"
    return response
