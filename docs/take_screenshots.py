"""Pictures of every page of a running portal: `make screenshots`, with the demo running in another terminal.

They are how a change of the pages is looked at: light and dark, wide, on a tablet and on a phone. The README's are
among them.
"""

from __future__ import annotations

import argparse
import itertools
import os
from pathlib import Path
from typing import Final

from playwright.sync_api import BrowserContext, sync_playwright

PAGES: Final = ("leads", "pipeline", "hot-list", "notes", "schedule")
AGENCY_PAGES: Final = ("agency/sync", "agency/brands", "agency/users", "agency/audit")
_INSTALLED: Final = [path for path in ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium") if Path(path).exists()]
CHROMIUM: Final = os.environ.get("CHROMIUM") or next(iter(_INSTALLED), "chromium")
WIDTHS: Final = {"wide": (1440, 900), "tablet": (1024, 768), "phone": (390, 844)}


def main() -> None:
    """Sign in to the portal and keep a picture of each page."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--url", default="http://127.0.0.1:8050")
    arguments.add_argument("--email", default="viewer@harbor-pine.example")
    arguments.add_argument("--password", default="morning-coffee-42")
    arguments.add_argument("--agency", action="store_true", help="the agency's pages instead of a brand's")
    chosen = arguments.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for (width, size), theme in itertools.product(WIDTHS.items(), ("light", "dark")):
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if theme == "dark" else "light"
            )
            _take(context, chosen, f"{width}-{theme}")
            context.close()
        browser.close()


def _take(context: BrowserContext, chosen: argparse.Namespace, name: str) -> None:
    page = context.new_page()
    page.goto(f"{chosen.url}/login")
    page.screenshot(path=chosen.folder / f"login-{name}.png")
    page.fill("input[name=email]", chosen.email)
    page.fill("input[name=password]", chosen.password)
    page.click("button[type=submit]")
    for path in AGENCY_PAGES if chosen.agency else PAGES:
        page.goto(f"{chosen.url}/{path}")
        page.wait_for_load_state("networkidle")
        page.locator("h1").first.wait_for()
        page.screenshot(path=chosen.folder / f"{path.replace('/', '-')}-{name}.png", full_page=True)


if __name__ == "__main__":
    main()
