"""axe-core, run in a page as a debugger would."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What axe-core can judge otherwise on the same document in other colours: all its other rules read no colour.
COLOURS = ["color-contrast", "link-in-text-block"]


def violations(page: Page, rules: Sequence[str] = RULES) -> list[str]:
    """Say what axe-core finds once the page has come to rest: the notes' grid draws its header in several steps."""
    for _ in range(20):
        if not (violations_found := found_by_axe(page, rules)):
            break
        page.wait_for_timeout(500)
    return violations_found


def found_by_axe(page: Page, rules: Sequence[str]) -> list[str]:
    """Run axe-core in the page, past the content security policy as a debugger does, and say what it found."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE})
    run = f"axe.run(document, {{runOnly: {json.dumps(rules)}, resultTypes: ['violations']}}).then(found => found.violations)"
    answer: Any = session.send("Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True})
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in answer["result"]["value"]
        for node in violation["nodes"]
    ]
