"""The least a page of this stack can cost: Flask, Jinja and 10 KB of HTML, no database."""

from flask import Flask

from hub.config import load_settings

PAGE = """<!doctype html><html lang="zh-CN"><title>你好</title><h1>{{ title }}</h1>
{% for row in range(rows) %}<p class="row">{{ row }} · {{ title }}</p>{% endfor %}</html>"""

app = Flask(__name__)
app.config["HUB"] = load_settings()  # the server's own settings look at it


TEMPLATE = app.jinja_env.from_string(PAGE)


@app.get("/hello")
def hello() -> str:
    """About 10 KB, made by a loop as a list of cards would be."""
    return TEMPLATE.render(title="渝好空间", rows=240)
