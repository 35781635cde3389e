"""Commands of the installation: serve, worker, seed, import, staff, send, backup, check."""

from flask import Flask

from hub.ops import commands


def init_app(app: Flask) -> None:
    for command in commands.ALL:
        app.cli.add_command(command)
