"""The worker process that `hub serve` starts beside the server: it lives and dies with it."""

import os
import select
import signal

from flask import Flask

from hub.notices.gateway import gateway
from hub.ops.worker import Bell, Worker, say

BREATH = 1  # seconds before a worker that died is replaced: the cause may be everybody's


def start_worker_process(app: Flask) -> None:
    """Start a worker that lives as long as this process, whatever it becomes, and its children.

    They hold one end of a pipe that nothing is ever written to. The system closes it when the
    last of them is gone, be it by `kill -9`, and the worker sees its own end close.
    """
    lifeline, held = os.pipe()
    if os.fork():
        os.close(lifeline)
        os.set_inheritable(held, True)  # beyond exec
        return
    try:
        os.close(held)
        _keep_one(app, lifeline)
    finally:
        os._exit(0)


def _keep_one(app: Flask, lifeline: int) -> None:
    """Watch over a worker, and replace it should it die, until the lifeline is cut."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    is_cut = False
    while not is_cut:
        worker = os.fork()
        if not worker:
            with Bell(lifeline) as bell:
                Worker(app, gateway(), bell).run()
            os._exit(0)
        _worker, status = os.waitpid(worker, 0)
        is_cut = bool(select.select([lifeline], [], [], BREATH)[0])
        if not is_cut:
            say(f"ended with {os.waitstatus_to_exitcode(status)}; here is another one")
