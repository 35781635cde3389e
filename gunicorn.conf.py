"""How gunicorn serves the site; every number that may differ comes from the settings."""

import gc
import os
import sys
from typing import Any

from hub.config import ConfigError, load_settings
from hub.ops.serve import check_database, pack_static_files
from hub.ops.warm_up import warm_up

try:
    settings = load_settings()
except ConfigError as error:
    sys.exit(f"hub: {error}")

# Before the application reads static/, however it was started: `hub serve` or gunicorn itself.
pack_static_files()

bind = settings.bind
workers = settings.workers
threads = settings.threads
worker_class = "gthread"
# The program is read once, before the workers part: one that is replaced in a rush serves at once.
preload_app = True
max_requests = 20_000
max_requests_jitter = 2_000
timeout = 30
graceful_timeout = 30
keepalive = 5
control_socket_disable = True
MEMORY = "/dev/shm"  # noqa: S108 – gunicorn makes files there that nobody else can name
if os.access(MEMORY, os.W_OK):  # a worker's sign of life must not wait for a slow disk
    worker_tmp_dir = MEMORY
# Without a proxy nobody's X-Forwarded-… is believed; with one, ProxyFix counts HUB_PROXIES steps.
forwarded_allow_ips = "127.0.0.1,::1" if settings.proxies else ""
# No access log: addresses and what people look at are nobody's business. Errors are written.
accesslog = None
errorlog = "-"
loglevel = "warning"


def on_starting(server: Any) -> None:
    """Refuse a missing database and made-up data in production, where started by hand too."""
    try:
        check_database(server.app.wsgi())
    except ConfigError as error:
        sys.exit(f"hub: {error}")


def when_ready(server: Any) -> None:
    """Let the workers share the warm program, and Python not look through it for rubbish again.

    A page leaves many small things behind, and looking for rings among them each time costs a
    tenth of the page; nearly all go without, by counting.
    """
    warm_up(server.app.wsgi())
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
