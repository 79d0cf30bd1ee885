"""Nothing of the first visitor stays in what later ones get, though they all come at once to a fresh process."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx

from tests.dash_portal.portal_world import PortalWorld
from tests.security.marked_rows import handle, treasure
from tests.security.served import served, sign_in

PAGES = ("/leads", "/pipeline", "/hot-list", "/notes", "/schedule")


def visit(client: httpx.Client, start: Barrier) -> list[httpx.Response]:
    """Open every page as a browser does: the document, Dash's own answers, the content's callback."""
    start.wait()
    answers = []
    for path in PAGES:
        document = client.get(path)
        answers += [document, client.get("/_dash-layout"), client.get("/_dash-dependencies")]
        body = {
            "output": ".._pages_content.children..._pages_store.data..",
            "outputs": [
                {"id": "_pages_content", "property": "children"},
                {"id": "_pages_store", "property": "data"},
            ],
            "inputs": [
                {"id": "_pages_location", "property": "pathname", "value": path},
                {"id": "_pages_location", "property": "search", "value": ""},
            ],
            "changedPropIds": ["_pages_location.pathname"],
        }
        token = client.cookies["_csrf_token"]
        answers.append(client.post("/_dash-update-component", json=body, headers={"X-CSRFToken": token}))
    return answers


def test_the_first_visitors_pages_are_nobody_elses(marked: PortalWorld, tmp_path: Path) -> None:
    people = ["viewer@own.example"] * 4 + ["viewer@other.example"] * 4
    with served(marked, tmp_path / "log") as url:
        clients = [sign_in(url, email) for email in people]
        start = Barrier(len(clients))
        with ThreadPoolExecutor(len(clients)) as pool:
            visits = list(pool.map(lambda client: visit(client, start), clients))
    for email, answers in zip(people, visits, strict=True):
        own = "own" if "own" in email else "other"
        stranger = "other" if own == "own" else "own"
        assert [answer.status_code for answer in answers] == [200] * len(answers)
        everything = "".join(answer.text for answer in answers)
        assert everything.count(treasure(own)) > 5
        assert treasure(stranger) not in everything
        assert handle(stranger) not in everything
        assert "validation_layout" not in everything
        documents = [answer.text for answer in answers if answer.text.startswith("<!DOCTYPE")]
        assert len(documents) == len(PAGES)
        assert not any(re.search(r"gold-|grip-", document) for document in documents)
