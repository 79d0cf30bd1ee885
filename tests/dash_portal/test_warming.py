"""A web that begins to listen is warm: whoever asks it first waits for nothing that is loaded only then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from database import AgencySession
from tests.dash_portal.portal_world import PASSWORD, PortalWorld
from tests.factories import (
    commit_counted,
    make_activity,
    make_hot_list_item,
    make_lead,
    make_note,
    make_opportunity,
    make_stage,
)

ROOT = Path(__file__).parents[2]
FIRST_QUESTIONS = """
import json, re, sys
from dash_portal import serving
from sqlalchemy import Engine, event
from gunicorn.util import import_app

connections = []
event.listen(Engine, "connect", lambda *_: connections.append(1))
app = import_app(serving.wsgi_app)
connected_before = len(connections)
loaded, templates = set(sys.modules), len(app.jinja_env.cache)

browser, password = app.test_client(), sys.argv[1]
assert browser.get("/readyz").status_code == 200
token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/login").text)[1]
browser.post("/login", data={"email": "viewer@own.example", "password": password, "csrf_token": token})
assert browser.get("/leads").status_code == 200
header = {"X-CSRFToken": browser.get_cookie("_csrf_token").value}
for path in ("/leads", "/pipeline", "/hot-list", "/notes", "/schedule"):
    call = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": ""},
        ],
        "changedPropIds": ["_pages_location.pathname"],
    }
    page = browser.post("/_dash-update-component", json=call, headers=header)
    assert page.status_code == 200, page.text
    assert path not in {"/leads", "/pipeline"} or '"type":"bar"' in page.text, "a chart is drawn"
for path in ("/account", "/export/leads.csv", "/api/charts/leads-by-source?format=data"):
    assert browser.get(path).status_code == 200, path
print(json.dumps({
    "made_before_listening": serving.preload_app,
    "modules": sorted(set(sys.modules) - loaded),
    "templates": len(app.jinja_env.cache) - templates,
    "connected_before": connected_before,
}))
"""


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_what_the_first_pages_need_is_loaded_before_the_web_listens(world: PortalWorld) -> None:
    brand = world.brands["own"]
    with AgencySession(world.engine) as session:
        session.add(make_stage(brand, "New Lead", 1))
        session.add(
            make_hot_list_item(brand, stage_name="New Lead", stage_position=1, iff=1, weighted_iff=1, likelihood=1)
        )
        for make in (make_lead, make_opportunity, make_note, make_activity):
            session.add(make(brand))
        commit_counted(session, brand)
    settings = world.settings
    environment = os.environ | {
        "DATABASE_URL": settings.database_url,
        "PORTAL_SECRET_KEY": settings.portal_secret_key.get_secret_value(),
        "PORTAL_ENCRYPTION_KEY": settings.portal_encryption_key.get_secret_value(),
    }
    command = [sys.executable, "-c", FIRST_QUESTIONS, PASSWORD]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    late = json.loads(done.stdout)
    assert late["made_before_listening"]
    assert [name for name in late["modules"] if not name.startswith(("encodings", "importlib", "tzdata"))] == []
    assert late["templates"] == 0
    assert late["connected_before"] == 0, "no database is asked before the workers are made"
