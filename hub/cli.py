"""The `hub` command: Flask's own commands and those of the features, on this application."""

import sys

from flask import Flask
from flask.cli import FlaskGroup

from hub.config import ConfigError


def main() -> None:
    """Run one command; a start that the settings forbid is told in one line."""
    try:
        FlaskGroup(create_app=_create, add_version_option=False, load_dotenv=False)()
    except ConfigError as error:
        sys.exit(f"hub: {error}")


def _create() -> Flask:
    from hub import create_app

    return create_app()
