"""How long /healthz takes while clients hold half-sent requests: `python -m benchmarks.slow_clients [--slow 50]`."""

from __future__ import annotations

import argparse
import socket
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import httpx
from cryptography.fernet import Fernet

import migrations
from database import create_engine
from tests.dash_portal.portal_world import close_world, make_world
from tests.security.served import served

_HALF = b"POST /login HTTP/1.1\r\nHost: portal.example\r\nContent-Length: 100\r\n\r\nemail="


def main() -> None:
    """Print the median and the longest of 40 answers, without slow clients and beside them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slow", type=int, default=50, help="how many clients hold half a request")
    slow_clients: int = parser.parse_args().slow
    with tempfile.TemporaryDirectory() as folder:
        database_url = f"sqlite:///{folder}/portal.db"
        engine = create_engine(database_url)
        migrations.upgrade(engine)
        engine.dispose()
        world = make_world(database_url, Fernet.generate_key().decode())
        with served(world, Path(folder) / "log", PORTAL_READ_SECONDS="120") as url, ExitStack() as held:
            _print("alone", _seconds(url))
            parts = urlsplit(url)
            for _ in range(slow_clients):
                connection = socket.create_connection((str(parts.hostname), int(parts.port or 0)))
                held.enter_context(connection).sendall(_HALF)
            _print(f"beside {slow_clients} slow clients", _seconds(url))
        close_world(world)


def _seconds(url: str) -> list[float]:
    taken = []
    for _ in range(40):
        began = time.perf_counter()
        httpx.get(f"{url}/healthz", timeout=60).raise_for_status()
        taken.append(time.perf_counter() - began)
    return taken


def _print(name: str, taken: list[float]) -> None:
    print(f"{name:<28} median {median(taken) * 1000:6.1f} ms   longest {max(taken) * 1000:6.1f} ms")


if __name__ == "__main__":
    main()
