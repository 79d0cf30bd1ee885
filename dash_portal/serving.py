"""How gunicorn serves the portal: the settings it reads.

The application is imported here, before gunicorn makes its workers, so that they share its code instead of each reading
it again; what it opens (database, caches) each worker opens for itself.
"""

from __future__ import annotations

import gc

import dash_portal.app  # noqa: F401

wsgi_app = "dash_portal.app:create_app()"
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 10
loglevel = "warning"
control_socket_disable = True

gc.freeze()  # what is here by now stays: no worker need look through it, nor copy it by doing so
