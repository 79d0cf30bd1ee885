"""The command lines, as an operator types them."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.pool import QueuePool

from emulator import AccountPlan, Fault
from models import RawSnapshot, utc_now
from sync.commands import open_engine
from sync.running.tenant_run import SyncContext
from sync.running.worker import Worker
from tests.sync.conftest import MakeWorld, OperatorOf, Say
from tests.sync.sync_world import SyncWorld

KEY = "CT_commanded_key"


@pytest.fixture
def world(make_world: MakeWorld, operator_of: OperatorOf) -> SyncWorld:
    made = make_world(AccountPlan(name="A", web_key=KEY, contacts=130), sync_notes_budget=5)
    made.add_brand(KEY, "brand")
    operator_of(made)
    return made


def test_once_says_by_its_status_how_it_went(world: SyncWorld, say: Say) -> None:
    assert say("once")[0] == 0
    world.emulator.set_fault(Fault.SHRUNK_LIST, "read_client_list")
    assert say("once", "--tenant", "brand")[0] == 1
    assert say("once", "--tenant", "brand", "--accept")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("bogus",),
        ("once", "--accept"),
        ("once", "--tenant", "nobody"),
        ("replay",),
        ("replay", "--tenant", "nobody"),
        ("replay", "--tenant", "brand"),
        ("snapshots", "--tenant", "brand", "--limit", "0"),
        ("snapshots", "--tenant", "brand", "--body", "feedfacefeed"),
        ("snapshots", "--tenant", "brand", "--body", "%"),
    ],
)
def test_bad_input_is_one_line_and_status_2(world: SyncWorld, say: Say, arguments: tuple[str, ...]) -> None:
    status, out, err = say(*arguments)
    assert status == 2
    assert len(err.strip().splitlines()) == 1
    assert not out


def test_a_mistake_in_the_field_file_is_one_line_and_status_2(
    world: SyncWorld, say: Say, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "fields.toml"
    file.write_text("[leads]\nmade = 'made_on'")
    monkeypatch.setenv("CLIENTTETHER_FIELDS", str(file))
    for command in (("once",), ("probe", "--tenant", "brand"), ("replay", "--tenant", "brand"), ("worker",)):
        status, out, err = say(*command)
        assert (status, out, len(err.strip().splitlines())) == (2, "", 1)
        assert err.startswith("CLIENTTETHER_FIELDS has 'made' in [leads]")


def test_bad_configuration_is_one_line_and_status_2(
    world: SyncWorld, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNC_CRON", "whenever")
    status, _, err = say("status")
    assert (status, err.startswith("SYNC_CRON")) == (2, True)
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("command", [("status",), ("status", "--check"), ("once",), ("check-access",)])
def test_a_database_that_can_not_be_used_is_one_line_that_says_why(
    world: SyncWorld, say: Say, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: tuple[str, ...]
) -> None:
    for url, words in (
        (f"sqlite:///{tmp_path / 'empty.db'}", "the database is not migrated: run python -m dash_portal migrate"),
        ("postgresql://portal:secret@127.0.0.1:9/portal", "no server answers; does it run"),
    ):
        monkeypatch.setenv("DATABASE_URL", url)
        status, out, err = say(*command)
        assert (status, out, len(err.strip().splitlines())) == (2, "", 1)
        assert words in err
        assert "secret" not in err


def test_a_workers_connections_stay_open_and_are_no_more_than_operators_read(world: SyncWorld) -> None:
    engine = open_engine(world.with_settings(sync_brands_at_once=1).settings)
    assert isinstance(engine.pool, QueuePool)
    most = 3 * 1 + 13  # docs/operate.md, "Sizes and connections"; one more renews leases
    with ExitStack() as held:
        for _ in range(most):
            held.enter_context(engine.connect())
        assert engine.pool.checkedout() == most == engine.pool.size()
    assert engine.pool.checkedin() == most, "a busy machine takes long to open another one"
    engine.dispose()


def test_status_tells_a_person_and_a_program(world: SyncWorld, say: Say) -> None:
    status, out, _ = say("status")
    assert status == 0
    assert "no worker is alive" in out
    assert "none yet" in out
    world.sync("brand")
    world.emulator.set_fault(Fault.SHORT_PAGE, "read_client_list")
    world.sync("brand")
    _, out, _ = say("status")
    assert "leads" in out
    assert "of 130 records" in out
    _, out, _ = say("status", "--json")
    (brand,) = json.loads(out)["brands"]
    run = brand["last_run"]
    assert run["status"] == "partial"
    assert run["resources"]["leads"]["status"] == "incomplete"
    assert run["errors"][0]["kind"] == "incomplete"
    assert brand["last_success_at"] < run["started_at"] or brand["last_success_at"] is not None
    assert brand["resources"]["leads"]["whole_read_at"] is not None
    assert brand["next_run_at"] is not None
    assert KEY not in out


def test_the_check_of_a_monitor_says_what_is_amiss_by_its_status(world: SyncWorld, say: Say) -> None:
    status, out, _ = say("status", "--check")
    assert (status, out) == (1, "no worker is alive\n")
    worker = Worker(SyncContext(world.engine, world.settings, "the-worker", world.stop, world.access))
    worker._beat()
    assert say("status", "--check")[:2] == (0, "a worker lives, and no brand is late\n")
    world.change_brand("brand", created_at=utc_now() - timedelta(days=1))
    status, out, _ = say("status", "--check")
    assert (status, out) == (1, "brand is late: nothing was ever read whole\n")


def test_status_names_fields_that_are_not_understood_or_not_read(world: SyncWorld, say: Say) -> None:
    for contact in world.emulator.account(KEY).contacts:
        contact["made_on"] = contact.pop("created")
    world.sync("brand")
    _, out, _ = say("status")
    assert "! leads: created (read from created) is understood in 0 of 130 rows" in out
    (unread,) = [line for line in out.splitlines() if "leads" in line and "nobody reads" in line]
    assert "made_on" in unread
    _, out, _ = say("status", "--json")
    (brand,) = json.loads(out)["brands"]
    created = brand["fields"]["leads"]["created"]
    assert (created["state"], created["missing"], created["core"]) == ("empty", 130, True)
    assert brand["fields"]["leads"]["last_name"]["filled"] > 100
    assert "made_on" in brand["unread_fields"]["leads"]


def test_snapshots_are_listed_and_printed_exactly(world: SyncWorld, say: Say) -> None:
    world.sync("brand")
    _, out, _ = say("snapshots", "--tenant", "brand", "--limit", "500")
    kept = world.rows(RawSnapshot, world.brand_id("brand"))
    assert len(out.splitlines()) == len(kept)
    _, body, _ = say("snapshots", "--tenant", "brand", "--body", kept[0]["sha256"][:16])
    assert hashlib.sha256(body.encode()).hexdigest() == kept[0]["sha256"]


def test_replay_says_what_it_did(world: SyncWorld, say: Say) -> None:
    world.sync("brand")
    world.emulator.close()
    status, out, _ = say("replay", "--tenant", "brand")
    assert status == 0
    assert "leads" in out
    assert "=130" in out
