"""Commands of the installation: serve, seed, import, staff, send."""

from flask import Flask

from hub.ops import commands


def init_app(app: Flask) -> None:
    for command in commands.ALL:
        app.cli.add_command(command)
