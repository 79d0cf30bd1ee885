from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread

import pytest
from werkzeug.serving import make_server

from database import AgencySession
from tests.dash_portal.portal_world import PortalWorld
from tests.factories import (
    commit_counted,
    make_activity,
    make_hot_list_item,
    make_lead,
    make_note,
    make_opportunity,
    make_stage,
)
from tests.pages.site import QuietHandler

LEADS = 7


@pytest.fixture
def filled(world: PortalWorld) -> PortalWorld:
    soon = datetime.now(UTC) + timedelta(days=2)
    hot = {"stage_position": 1, "iff": Decimal(45_000), "weighted_iff": Decimal(9_000), "likelihood": 20}
    with AgencySession(world.engine) as session:
        for slug in ("own", "other"):
            brand = world.brands[slug]
            session.add(make_stage(brand, "FDD Sent", 1, likelihood=20))
            for number in range(LEADS):
                source, size = f"Source {number % 2} of {slug}", Decimal("45000.50")
                session.add(make_lead(brand, name=f"Lead {number} of {slug}", lead_source=source, deal_size=size))
            session.add(make_opportunity(brand, candidate=f"Deal of {slug}", stage_name="FDD Sent"))
            session.add(make_hot_list_item(brand, candidate=f"Hot deal of {slug}", stage_name="FDD Sent", **hot))
            session.add(make_note(brand, content_text=f"Note of {slug}", noted_at=soon - timedelta(days=9)))
            session.add(make_activity(brand, title=f"Meeting of {slug}", starts_at=soon, description="<p>Bring it</p>"))
        commit_counted(session, *world.brands.values())
    return world


@pytest.fixture
def served(filled: PortalWorld) -> Iterator[str]:
    """The address of the filled portal, over real sockets."""
    server = make_server("127.0.0.1", 0, filled.app, threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
