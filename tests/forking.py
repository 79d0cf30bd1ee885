"""Programs that start within milliseconds: forked from a process that has everything of both wings imported."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.context import ForkServerContext
from pathlib import Path

from dash_portal import served_files

QUICK_ZSTD_LEVEL = 3
"""At the level of a real web, each process of the tests would first compress scripts for three seconds."""

TEMPLATES = "COMPILED_TEMPLATES"
"""The variable that names the folder in which forked portals keep compiled templates, for each other."""
FORKING: ForkServerContext = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["tests.preloaded", "tests.forking"])


def become(environment: dict[str, str], log: Path = Path(os.devnull)) -> None:
    """Have this process the environment that a host would give it, and write to the log."""
    served_files.ZSTD_LEVEL = QUICK_ZSTD_LEVEL
    os.environ.clear()
    os.environ.update(environment)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(written, stream)
