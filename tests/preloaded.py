"""What a forked program finds imported and drawn once (`forking.py`): nothing of it is ever given back."""

from __future__ import annotations

import gc
import os

gc.disable()  # to look for garbage in it meanwhile takes a fifth of the time

import gunicorn.app.wsgiapp  # noqa: E402, F401
from flask import Flask  # noqa: E402
from jinja2 import FileSystemBytecodeCache  # noqa: E402

import dash_portal.whole_requests  # noqa: E402, F401
import sync.command_line  # noqa: E402, F401
from dash_portal.warming import warm_pictures  # noqa: E402
from tests.forking import TEMPLATES  # noqa: E402

# The first portal that is forked compiles the templates for all: else each would spend half of its start with that.
Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(os.environ[TEMPLATES])}
warm_pictures()
gc.freeze()
gc.enable()
