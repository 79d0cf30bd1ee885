from __future__ import annotations

from tests.end_to_end.counting import Counted, key
from tests.end_to_end.pulled_portal import pull_once, pulled_portal
from tests.end_to_end.running_portal import SLUGS
from tests.postgresql import PostgreSQL


def test_the_same_path_leads_to_the_same_figures_on_postgresql(postgresql: PostgreSQL) -> None:
    with postgresql.lent() as url, pulled_portal(url, WEB_CONCURRENCY="1") as portal:
        for slug, plan in SLUGS.items():
            client = portal.sign_in(f"viewer@{slug}.example")
            config = client.get("/api/charts/pipeline-by-stage", params={"format": "data"}).json()["config"]
            shown = dict(zip(map(key, config["categories"]), config["series"][0]["values"], strict=True))
            counted = Counted(portal.emulator.account(plan.web_key)).deals_by_stage()
            assert {stage: count for stage, count in shown.items() if count} == counted
        pull_once(portal.environment)
