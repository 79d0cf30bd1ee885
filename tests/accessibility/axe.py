"""axe-core, run in a page as a debugger would."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import CDPSession, Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What axe-core can judge otherwise on the same document in other colours: all its other rules read no colour.
COLOURS = ["color-contrast", "link-in-text-block"]
# What it judges of each element by itself, from how it is drawn: three quarters of its work on a page.
DRAWN = [*COLOURS, "target-size"]


def violations(page: Page, rules: Sequence[str] = RULES, *, opened: str | None = None) -> list[str]:
    """Say what axe-core finds once the page has come to rest: the notes' grid draws its header in several steps.

    Of a page that was judged before something opened in it, what is drawn is judged anew only in what `opened` selects.
    """
    for _ in range(20):
        if not (violations_found := found_by_axe(page, rules, opened)):
            break
        page.wait_for_timeout(500)
    return violations_found


def found_by_axe(page: Page, rules: Sequence[str], opened: str | None) -> list[str]:
    """Run axe-core in the page, past the content security policy as a debugger does, and say what it found."""
    session = page.context.new_cdp_session(page)
    if session.send("Runtime.evaluate", {"expression": "typeof axe"})["result"]["value"] == "undefined":
        session.send("Runtime.evaluate", {"expression": AXE})
    if opened is None:
        return _run(session, "document", rules, {})
    assert page.locator(opened).count()
    if rules is not RULES:
        return _run(session, json.dumps(opened), rules, {})
    others = _run(session, "document", rules, {rule: {"enabled": False} for rule in DRAWN})
    return others + _run(session, json.dumps(opened), DRAWN, {})


def _run(session: CDPSession, context: str, rules: Sequence[str], changed: dict[str, Any]) -> list[str]:
    options = {"runOnly": list(rules), "rules": changed, "resultTypes": ["violations"]}
    run = f"axe.run({context}, {json.dumps(options)}).then(found => found.violations)"
    answer: Any = session.send("Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True})
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in answer["result"]["value"]
        for node in violation["nodes"]
    ]
