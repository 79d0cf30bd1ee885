"""The whole portal on this machine, with two invented brands: `make demo`.

Starts a ClientTether stand-in, migrates a database, makes brands and users, pulls once, then runs worker and web until
Ctrl-C. Everything it makes stays in `.demo/` (or at DATABASE_URL), so that a second start is quick and keeps the data.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from cryptography.fernet import Fernet
from sqlmodel import select

from dash_portal.accounts.audit import COMMAND_LINE
from dash_portal.accounts.brands import create_brand
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.people import create_user
from dash_portal.accounts.staff_terms import StaffTerms
from database import AgencySession, create_engine
from encryption import Cipher, EncryptionError
from logs import print_any_letter
from models import Role, Tenant, User
from settings import Settings

ROOT: Final = Path(__file__).resolve().parent
FOLDER: Final = Path(os.environ.get("DEMO_FOLDER", ".demo")).resolve()
MOVES_EVERY_SECONDS: Final = float(os.environ.get("DEMO_MOVES_EVERY_SECONDS", "45"))
STARTS_WITHIN_SECONDS: Final = 60.0
PASSWORD: Final = "morning-coffee-42"  # noqa: S105 - shown on screen: the demo holds invented data only


class DemoError(Exception):
    """The demo can't go on; the message is one line for the person at the terminal."""


@dataclass(frozen=True)
class DemoBrand:
    """An invented brand and the account that stands in for it."""

    slug: str
    name: str
    timezone: str
    accent_colour: str
    web_key: str
    seed: int
    contacts: int


@dataclass(frozen=True)
class Person:
    """Someone who can sign in to the demo."""

    email: str
    role: Role
    tenant: str | None
    comes_to: str


BRANDS: Final = (
    DemoBrand("harbor-pine", "Harbor & Pine Coffee", "America/New_York", "#0f766e", "CT_demo_harbor_pine", 7, 288),
    DemoBrand("brightpath", "BrightPath Tutoring", "America/Los_Angeles", "#6d4bd8", "CT_demo_brightpath", 11, 412),
)
PEOPLE: Final = (
    Person("viewer@harbor-pine.example", Role.TENANT_VIEWER, "harbor-pine", "reads Harbor & Pine Coffee"),
    Person("viewer@brightpath.example", Role.TENANT_VIEWER, "brightpath", "reads BrightPath Tutoring"),
    Person("admin@harbor-pine.example", Role.TENANT_ADMIN, "harbor-pine", "runs the team of Harbor & Pine Coffee"),
    Person("staff@mellon.example", Role.AGENCY_STAFF, None, "looks after both brands"),
    Person("agency@mellon.example", Role.AGENCY_ADMIN, None, "watches every brand"),
)


class Stop:
    """SIGINT or SIGTERM as a KeyboardInterrupt: once, and never during a start, which would lose a program."""

    def __init__(self) -> None:
        self._wanted = self._held = False

    def listen(self) -> None:
        """Have the signals tell this object. Only the main thread may ask for that."""
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, self._tell)

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """Let what is done in here be done whole; a stop that is wanted meanwhile follows it."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._wanted:
            raise KeyboardInterrupt

    def _tell(self, _signal: int, _frame: FrameType | None) -> None:
        again, self._wanted = self._wanted, True
        if not again and not self._held:
            raise KeyboardInterrupt


class Processes:
    """The programs of the demo: started one by one, stopped together, last one first."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, *arguments: str, environment: dict[str, str]) -> None:
        """Start a program of this project, its output going to a log file of its own."""
        with self._stop.held_off(), (FOLDER / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            self._running.append((name, process))

    def check(self) -> None:
        """Raise DemoError when one of the programs has ended by itself."""
        for name, process in self._running:
            if process.poll() is not None:
                raise DemoError(f"the {name} stopped by itself: see {FOLDER / f'{name}.log'}")

    def stop(self) -> None:
        """Ask each to end, and insist after ten seconds."""
        for _name, process in reversed(self._running):
            process.terminate()
        for _name, process in reversed(self._running):
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()


def main() -> int:
    """Run the demo until it is stopped. Returns the exit status."""
    print_any_letter()
    stop = Stop()
    processes = Processes(stop)
    try:
        stop.listen()
        _run(processes)
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
        return 0
    except DemoError as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    finally:
        processes.stop()
    return 0


def _run(processes: Processes) -> None:
    os.umask(0o077)  # keys, data and logs are the owner's alone
    FOLDER.mkdir(parents=True, exist_ok=True)
    FOLDER.chmod(0o700)
    keys = _own_keys(FOLDER / "keys.json")
    port = _port("PORT", 8050)
    _refuse_taken(port)
    emulator_port = _free_port()
    environment = _environment(keys, port, emulator_port)

    _say("Starting a ClientTether stand-in and the database …")
    processes.start("emulator", *_emulator_arguments(emulator_port), environment=environment)
    _command(environment, "dash_portal", "migrate")
    _make_brands_and_people(environment)
    processes.start("web", "-m", "dash_portal", "serve", environment=environment)
    _wait_for(processes, f"http://127.0.0.1:{emulator_port}/_control/requests")
    _say("Pulling both brands …")
    _command(environment, "sync", "once", may_fail=True)
    processes.start("worker", "-m", "sync", "worker", environment=environment)
    _wait_for(processes, f"http://127.0.0.1:{port}/readyz")
    _print_doors(port)
    _keep_moving(processes, emulator_port)


def _own_keys(path: Path) -> dict[str, str]:
    """Return the demo's own keys, made once and kept for the next start."""
    fresh = {
        "secret_key": secrets.token_urlsafe(48),
        "encryption_key": Fernet.generate_key().decode(),
        "access_token": secrets.token_urlsafe(24),
    }
    keys: dict[str, str] = fresh | (json.loads(path.read_text()) if path.exists() else {})
    written = path.with_suffix(".new")
    written.touch(mode=0o600)
    written.write_text(json.dumps(keys, indent=1))
    written.replace(path)
    return keys


def _environment(keys: dict[str, str], port: int, emulator_port: int) -> dict[str, str]:
    chosen = {
        "DATABASE_URL": os.environ.get("DATABASE_URL", f"sqlite:///{FOLDER / 'portal.db'}"),
        "CLIENTTETHER_API_URL": f"http://127.0.0.1:{emulator_port}/v2/api/",
        "CLIENTTETHER_ACCESS_TOKEN": keys["access_token"],
        "PORTAL_SECRET_KEY": keys["secret_key"],
        "PORTAL_ENCRYPTION_KEY": keys["encryption_key"],
        "EMULATOR_ACCESS_TOKEN": keys["access_token"],  # arguments can be read by everyone on the machine
        "EMULATOR_ACCOUNTS": "\n".join(f"{each.name}={each.web_key}:{each.seed}:{each.contacts}" for each in BRANDS),
        "SYNC_CRON": os.environ.get("SYNC_CRON", "* * * * *"),
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    return os.environ | chosen


def _emulator_arguments(emulator_port: int) -> list[str]:
    return ["-m", "emulator", "--port", str(emulator_port), "--memory", str(FOLDER / "emulator.json")]


def _make_brands_and_people(environment: dict[str, str]) -> None:
    """Make what this database does not have yet, in this process: a command of its own for each takes a second more."""
    engine = create_engine(Settings(database_url=environment["DATABASE_URL"]).database_url)
    try:
        with AgencySession(engine, writes=True) as session:
            _make_brands(session, Cipher((environment["PORTAL_ENCRYPTION_KEY"],)))
            _make_people(session)
            session.commit()
    except (AccountError, EncryptionError) as refused:
        raise DemoError(f"the brands and people of the demo can't be made: {refused}") from None
    finally:
        engine.dispose()


def _make_brands(session: AgencySession, cipher: Cipher) -> None:
    there = set(session.exec(select(Tenant.slug)))
    for brand in BRANDS:
        if brand.slug not in there:
            create_brand(
                session,
                actor=COMMAND_LINE,
                slug=brand.slug,
                name=brand.name,
                timezone=brand.timezone,
                accent_colour=brand.accent_colour,
                web_key=brand.web_key,
                cipher=cipher,
            )


def _make_people(session: AgencySession) -> None:
    there = set(session.exec(select(User.email)))
    brand_ids: dict[str | None, int | None] = dict(session.exec(select(Tenant.slug, Tenant.id)).all())
    both = StaffTerms(frozenset(brand_ids[brand.slug] or 0 for brand in BRANDS))
    for person in PEOPLE:
        if person.email not in there:
            create_user(
                session,
                actor=COMMAND_LINE,
                email=person.email,
                role=person.role,
                tenant_id=brand_ids.get(person.tenant),
                password=PASSWORD,
                terms=both if person.role is Role.AGENCY_STAFF else None,
            )


def _command(environment: dict[str, str], module: str, *arguments: str, may_fail: bool = False) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    with (FOLDER / "commands.log").open("ab") as log:
        log.write(ended.stdout + ended.stderr)
    if ended.returncode and not may_fail:
        last_line = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise DemoError(f"python -m {module} {arguments[0]} failed: {''.join(last_line)}")


def _wait_for(processes: Processes, address: str) -> None:
    """Wait until the address answers with success. Raises DemoError when it takes too long."""
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < until:
        processes.check()
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own address on this machine
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise DemoError(f"{address} did not answer within {STARTS_WITHIN_SECONDS:.0f} seconds: see the logs in {FOLDER}")


def _advance(emulator_port: int) -> None:
    """Move the invented data of every brand on by one step."""
    for brand in BRANDS:
        wish = json.dumps({"account": brand.name, "steps": 1}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{emulator_port}/_control/advance",
            data=wish,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60):  # noqa: S310 - our own address on this machine
            pass


def _keep_moving(processes: Processes, emulator_port: int) -> None:
    """Let the data move on now and then, until Ctrl-C or until one of the programs ends."""
    next_move = time.monotonic() + MOVES_EVERY_SECONDS
    while True:
        processes.check()
        time.sleep(0.5)
        if time.monotonic() >= next_move:
            _advance(emulator_port)
            next_move += MOVES_EVERY_SECONDS


def _print_doors(port: int) -> None:
    width = max(len(person.email) for person in PEOPLE)
    _say(f"\nThe portal is open:  http://127.0.0.1:{port}/\n\nSign in with the password  {PASSWORD}  as")
    for person in PEOPLE:
        _say(f"  {person.email:<{width}}  {person.comes_to}")
    _say(f"\nThe data moves on every {MOVES_EVERY_SECONDS:.0f} seconds and is pulled every minute.")
    _say(f"Logs are in {FOLDER}. Ctrl-C stops everything.\n")


def _port(variable: str, default: int) -> int:
    value = os.environ.get(variable, str(default))
    if not value.isdecimal() or not 1 <= int(value) <= 65535:
        raise DemoError(f"{variable} must be a port number from 1 to 65535")
    return int(value)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise DemoError(f"port {port} is taken: stop what uses it, or choose another with PORT=8060") from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
