"""Scripts planted in every text that comes from upstream, or that people type, never run in the real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect
from sqlalchemy import update
from sqlmodel import SQLModel

from database import BRAND_OWNED, AgencySession
from models import ResourceFreshness, Tenant, User
from tests.dash_portal.portal_world import PASSWORD, close_world, make_world
from tests.security.marked_rows import marked_row
from tests.security.served import served

PAYLOAD = "<img src=x onerror=zqx()>\"'<script>zqx()</script>"
LINK = '<a href="javascript:zqx()">read on</a><svg onload=zqx()></svg><iframe srcdoc="<script>zqx()</script>">'
PAGES = (
    "/leads?source={p}",
    "/leads?lead={id}&q={p}",
    "/pipeline?stage={p}",
    "/pipeline",
    "/hot-list",
    "/notes?q=img",
    "/notes?note={id}",
    "/schedule",
    "/account",
    "/team",
)
AGENCY_PAGES = (
    "/agency/sync",
    "/agency/sync/own",
    "/agency/brands",
    "/agency/brands/own",
    "/agency/users",
    "/agency/audit",
)
KEPT_AS_THEY_ARE = {
    "run_id",
    "client_id",
    "opportunity_id",
    "note_id",
    "event_id",
    "sha256",
    "contact_type",
    "media_type",
}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def planted(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, encryption_key: str) -> Iterator[str]:
    """A served portal full of scripts. What a browser does with a text does not depend on where it was kept."""
    folder = tmp_path_factory.mktemp("planted")
    shutil.copy(migrated_sqlite, folder / "portal.db")
    world = make_world(f"sqlite:///{folder / 'portal.db'}", encryption_key)
    with AgencySession(world.engine) as session:
        for table in BRAND_OWNED:
            session.add(_planted(marked_row(table, "own", world.brands["own"])))
        session.execute(update(Tenant).values(name=PAYLOAD))
        session.execute(update(User).values(name=PAYLOAD))
        session.commit()
    with served(world, folder / "log", WEB_CONCURRENCY="1") as url:
        yield url
    close_world(world)


def _planted(row: SQLModel) -> SQLModel:
    """Put the payload into every text of a row, past all that cleans at the write side."""
    if isinstance(row, ResourceFreshness):
        return row
    for name, value in row.model_dump().items():
        if isinstance(value, str) and ("gold-" in value or "grip-" in value) and name not in KEPT_AS_THEY_ARE:
            html = name in {"content", "description", "whiteboard"}
            setattr(row, name, PAYLOAD + LINK if html else PAYLOAD.casefold() if name.endswith("_key") else PAYLOAD)
    return row


def sign_in(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/login?next=/account")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def watch(page: Page) -> list[str]:
    """Return a list that grows with everything a script, or an attempt at one, would leave behind."""
    noticed: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            noticed.append(message.text)

    page.expose_function("zqx", lambda: noticed.append("a planted script ran"))
    page.on("console", note)
    page.on("pageerror", lambda error: noticed.append(str(error)))
    page.on("dialog", lambda dialog: noticed.append(dialog.message))
    return noticed


@pytest.mark.parametrize(
    ("email", "paths"), [("admin@own.example", PAGES), ("agency@mellon.example", AGENCY_PAGES)], ids=["brand", "agency"]
)
def test_planted_scripts_stay_text(
    planted: str, home: BrowserContext, tab: Page, email: str, paths: tuple[str, ...]
) -> None:
    page = home.new_page()
    page.emulate_media(reduced_motion="reduce")
    sign_in(page, planted, email)
    noticed = watch(page)
    seen = 0
    for path in paths:
        answer = page.goto(planted + path.format(p="%3Cimg%20src%3Dx%20onerror%3Dzqx%28%29%3E", id="grip-own-zq"))
        assert answer is not None
        assert answer.status == 200, path
        expect(page.locator("main")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert noticed == [], path
        assert page.locator("img[src=x], [onerror], [onload], [href^=javascript], iframe").count() == 0, path
        assert page.locator("script", has_text="zqx").count() == 0, path
        seen += page.get_by_text("<img src=x onerror=zqx()>").count()
    assert seen > len(paths), "the payload is shown as the text that it is"
