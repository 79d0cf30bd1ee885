"""The brand's face on plain pages, as it is seen: one logo, the one that was made for the theme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from database import AgencySession
from models import LogoTheme, TenantLogo
from tests.pages.site import Site, Visit

pytestmark = pytest.mark.browser

DRAWN = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20" width="40" height="20"><path d="M0 0h40v20z"/></svg>'
)


@pytest.fixture
def logos(site: Site) -> Iterator[None]:
    """While a test runs, the brand has a logo for light pages and one for dark ones."""
    brand = site.brand("own")
    with AgencySession(site.world.engine) as session:
        for theme in LogoTheme:
            logo = TenantLogo(tenant_id=brand, theme=theme, media_type="image/svg+xml", body=DRAWN, sha256=theme.value)
            session.add(logo)
        session.commit()
    yield
    with AgencySession(site.world.engine) as session:
        for theme in LogoTheme:
            session.delete(session.get_one(TenantLogo, (brand, theme)))
        session.commit()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_plain_page_shows_the_one_logo_that_was_made_for_its_theme(visit: Visit, logos: None, theme: str) -> None:
    visitor = visit(theme=theme, fresh=True)
    page = visitor.page
    for path in ("/account", "/login?brand=own"):
        page.goto(f"{visitor.url}{path}")
        page.context.clear_cookies()
        expect(page.locator(".face-light")).to_be_visible(visible=theme == "light")
        expect(page.locator(".face-dark")).to_be_visible(visible=theme == "dark")
