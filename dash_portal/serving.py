"""How gunicorn serves the portal: the settings it reads.

Where it listens, and in how many processes, `serve` says; what becomes of connections, `whole_requests.py`.

The application is made before gunicorn listens and makes its workers (`warming.py`), so that they share it and each can
answer at once; what it opens (database, caches) each worker opens for itself, with its first request.
"""

from __future__ import annotations

import gc
import os
import shutil
from typing import Any

from gunicorn.glogging import Logger
from prometheus_client.multiprocess import mark_process_dead

from dash_portal.monitoring.figures import SHARED_FOLDER
from logs import configure_logs


class HouseLogger(Logger):  # type: ignore[misc]
    """Sends the server's own lines the way of all others, so that they are scrubbed too: they may name addresses."""

    def setup(self, cfg: Any) -> None:
        """Take gunicorn's settings, and leave writing to the house's handler."""
        super().setup(cfg)
        configure_logs()
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True


gc.disable()  # until all is made: what is imported and warmed stays, and looking through it costs a third of the start


def when_ready(_server: Any) -> None:
    """Let the garbage collector leave alone what all workers share: looking through it would copy it."""
    gc.collect()
    gc.freeze()
    gc.enable()


def child_exit(_server: Any, worker: Any) -> None:
    """Count nothing more of a process that has ended: what it had lent out is free."""
    if SHARED_FOLDER in os.environ:
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    """Take away what the processes counted together."""
    if SHARED_FOLDER in os.environ:
        shutil.rmtree(os.environ[SHARED_FOLDER], ignore_errors=True)


logger_class = HouseLogger

wsgi_app = "dash_portal.warming:warm_app()"
preload_app = True
worker_class = "dash_portal.whole_requests.PatientWorker"
threads = 4
timeout = 60
graceful_timeout = 10
loglevel = "warning"
control_socket_disable = True

# gunicorn itself believes no header that says who asks, by which scheme or under which path: how many proxies may be
# believed is for PORTAL_TRUSTED_PROXIES to say, and ProxyFix counts them.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
