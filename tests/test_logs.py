from __future__ import annotations

import json
import subprocess
import sys

import pytest

from logs import forget_in_logs, scrub

TOKEN = "Zk3v9Qx0b7LrT2mWcYpHdUeSgAiNfJoK4s8XwVt6yE1"


@pytest.mark.parametrize(
    ("logged", "written"),
    [
        ({"web_key": "abc", "brand": "sola"}, {"web_key": "[redacted]", "brand": "sola"}),
        ({"nested": {"password": "x"}}, {"nested": {"password": "[redacted]"}}),
        ("refused for CT_12345678", "refused for [redacted]"),
        ("two\nlines\x1b[31m", "two lines [31m"),
        (["CT_12345678", 7], ["[redacted]", 7]),
        (f"/x/join/{TOKEN}", "/x/join/[redacted]"),
        (f"/JOIN/{TOKEN.lower()}", "/JOIN/[redacted]"),
        (f"GET /reset/{TOKEN[:20]}?a=b", "GET /reset/[redacted]?a=b"),
        ("GET /api/v1/sheet/WyJhIl0.short", "GET /api/v1/sheet/[redacted]"),
        ("Bearer mpk_0123456789abcdef", "Bearer [redacted]"),
        (f"{{'path': '/elsewhere/{TOKEN}/'}}", "{'path': '/elsewhere/[redacted]/'}"),
        ("run 0123456789abcdef0123456789abcdef0123456789", "run 0123456789abcdef0123456789abcdef0123456789"),
        (
            "a-brand-with-a-remarkably-long-spoken-name-of-9-words",
            "a-brand-with-a-remarkably-long-spoken-name-of-9-words",
        ),
    ],
)
def test_no_secret_and_no_control_character_is_written(logged: object, written: object) -> None:
    assert scrub(logged) == written


def test_a_known_secret_is_redacted_wherever_it_turns_up() -> None:
    forget_in_logs("opaque-value-77")
    assert scrub("GET /x?key=opaque-value-77") == "GET /x?key=[redacted]"


def test_off_a_terminal_each_line_is_one_json_object_with_what_is_bound() -> None:
    program = (
        "import logging, structlog; from logs import configure_logs; configure_logs();"
        "structlog.contextvars.bind_contextvars(run='r1', brand='sola');"
        "structlog.get_logger().info('sync finished', rows=3);"
        "logging.getLogger('plain').warning('from a library')"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    ours, library = (json.loads(line) for line in ended.stderr.splitlines())
    assert ours | {"event": "sync finished", "run": "r1", "brand": "sola", "rows": 3} == ours
    assert library["event"] == "from a library"
