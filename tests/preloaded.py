"""What a forked program finds imported and drawn once (`forking.py`): nothing of it is ever given back."""

from __future__ import annotations

import gc

gc.disable()  # to look for garbage in it meanwhile takes a fifth of the time

import gunicorn.app.wsgiapp  # noqa: E402, F401

import dash_portal.whole_requests  # noqa: E402, F401
import sync.command_line  # noqa: E402, F401
from dash_portal.warming import warm_pictures  # noqa: E402

warm_pictures()
gc.freeze()
gc.enable()
