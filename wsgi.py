"""The application object, for the server: gunicorn -c gunicorn.conf.py wsgi:app."""

import sys

from hub import create_app
from hub.config import ConfigError

try:
    app = create_app()
except ConfigError as error:
    sys.exit(f"hub: {error}")
