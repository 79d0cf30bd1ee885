"""The three examples of docs/api.md, as they stand there: run against the served API."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from models import ApiScope
from tests.dash_portal.api.conftest import LEADS
from tests.dash_portal.portal_world import PortalWorld

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "api.md").read_text()
PORTAL = "https://portal.example.com"


def example(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return str(code)


class Quiet(SimpleHTTPRequestHandler):
    """A website that writes no log."""

    def log_message(self, *_line: Any) -> None:
        pass


@pytest.fixture
def website(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Another origin than the portal's, and the folder whose files it serves."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}", tmp_path
    server.shutdown()
    thread.join()


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_chart_is_drawn_on_a_page_of_another_origin(
    filled: PortalWorld, served: str, website: tuple[str, Path], open_page: Callable[..., Page]
) -> None:
    origin, folder = website
    script = re.findall(r"<script type=\"module\">\n(.*?)</script>", example("html"), re.DOTALL)[0]
    assert len([line for line in script.splitlines() if line.strip()]) == 15
    key = filled.make_key("own", ApiScope.CHARTS)
    (folder / "index.html").write_text(example("html").replace(PORTAL, served).replace('"KEY"', f'"{key}"'))
    library = ROOT / "dash_portal" / "vendor" / "echarts.min.js"
    (folder / "echarts.esm.min.js").write_bytes(library.read_bytes())
    settings = filled.settings.model_copy(update={"portal_api_origins": origin})
    filled.app.extensions["portal"] = replace(filled.app.extensions["portal"], settings=settings)
    page = open_page()
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    with page.expect_response(f"{served}/api/v1/charts/*") as answered:
        page.goto(f"{origin}/index.html")
    assert answered.value.status == 200
    expect(page.locator("#chart svg")).to_contain_text("Source 0 of own")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_spreadsheet_imports_a_table_by_its_address(filled: PortalWorld, served: str) -> None:
    (address,) = re.findall(rf'"{PORTAL}(/api/v1/\S+)"', GUIDE)
    key = {"Authorization": f"Bearer {filled.make_key('own', ApiScope.ROWS)}"}
    sheet = httpx.get(f"{served}{address}", headers=key).json()["address"]
    imported = httpx.get(sheet)
    assert imported.status_code == 200
    rows = list(csv.DictReader(io.StringIO(imported.text.removeprefix("\ufeff"))))
    assert len(rows) == LEADS
    assert {"Name", "Source", "Status"} <= rows[0].keys()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_program_adds_up_deals(filled: PortalWorld, served: str) -> None:
    environment = {"PORTAL_URL": served, "PORTAL_KEY": filled.make_key("own", ApiScope.ROWS)}
    ended = subprocess.run(
        [sys.executable, "-c", example("python")],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.stderr == ""
    assert re.fullmatch(r"FDD Sent: [\d,]+\.\d\d\n", ended.stdout)
