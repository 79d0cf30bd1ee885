"""What every test may stand on: both databases, freshly migrated, and the flags of the real browser."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from fcntl import LOCK_EX, flock
from itertools import cycle
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin

import hypothesis
import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from playwright.sync_api import Browser, BrowserContext, BrowserType, ConsoleMessage, Error, Page, expect
from sqlalchemy import Engine
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="portal-tests-"))

import migrations
from dash_portal import served_files
from dash_portal.accounts import passwords
from database import create_engine
from settings import Settings
from tests.forking import QUICK_ZSTD_LEVEL, TEMPLATES
from tests.postgresql import PostgreSQL, prepare_cluster, running_postgresql

pytest_plugins = ["tests.pages.site"]

_INSTALLED = (path for path in ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium") if Path(path).exists())
CHROMIUM = os.environ.get("CHROMIUM") or next(_INSTALLED, "chromium")


_MEMORY = Path("/dev/shm")  # noqa: S108 - a disk of memory: databases are made and dropped there in no time


def pytest_configure() -> None:
    """Put everything temporary on the disk of memory, where there is one with room, and keep what was compiled.

    Else some two hundred programs that tests start would each compile all that they import.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 2_000_000_000:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None  # else what was asked before stays


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=30, help="how many times a sync is killed at a random point")
    parser.addoption("--slots", type=int, default=4, help="for how many slots several workers contend")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run fast tests first, and those that need the browser when all others are done, the long ones before the short.

    So the processes end together: the last thing that one of them takes up is short.
    """
    with_browser = {_world(item.nodeid) for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: (_world(item.nodeid) in with_browser, not item.nodeid.startswith(_LONG)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Look for garbage only in what the tests make, and less often: what is imported and collected stays to the end."""
    gc.disable()
    collected = yield
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
    gc.enable()
    return collected


class ByWorld(LoadScopeScheduling):  # type: ignore[misc]
    """Gives the tests of a file to one process, and those of files that share a running portal too; long ones go alone."""

    def _split_scope(self, nodeid: str) -> str:
        return _world(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByWorld:
    """Say which tests belong together."""
    return ByWorld(config, log)


def _world(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    if file in _ALONE:
        return nodeid
    return "one portal" if file in _ONE_PORTAL else file


_LONG = ("tests/end_to_end/", "tests/accessibility/")
_ALONE = frozenset(
    {"tests/end_to_end/test_a_day.py", "tests/accessibility/test_accessibility.py"}
)  # they share nothing
_ONE_PORTAL = frozenset(f"tests/end_to_end/test_{name}.py" for name in ("above_the_fold", "cards", "figures"))
# A deadline says how busy the machine is, not whether a rule holds. The suite judges a change, so it asks the same of each;
# `make explore` looks for what nobody has thought of yet.
hypothesis.settings.register_profile("suite", deadline=None, max_examples=50, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))
# Two busy cores draw slowly: what a page shows is waited for, and how fast it comes is for benchmarks/ to say.
expect.set_options(timeout=20_000)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The path of what the first process of the run to ask has made; the others wait for it."""
    own = factory.getbasetemp()
    path = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    with path.with_suffix(".lock").open("w") as turn:
        flock(turn, LOCK_EX)
        if not path.exists():
            make(path)
    return path


@pytest.fixture(scope="session")
def prepared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "cluster", prepare_cluster)


@pytest.fixture(scope="session")
def postgresql(prepared_cluster: Path) -> Iterator[PostgreSQL]:
    with running_postgresql(prepared_cluster) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "migrated.db", migrate_new_sqlite)


def migrate_new_sqlite(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    migrations.upgrade(engine)
    engine.dispose()


DATABASE_KINDS = ("sqlite", "postgresql")
Case = TypeVar("Case")


def on_both_databases(cases: Iterable[Case], group: Callable[[Case], Any]) -> list[tuple[str, Case]]:
    """Pair cases with databases: the first of each group with both, further ones with one, in turn.

    For cases that differ before anything reaches the database. Parametrise `database_kind` with the first of a pair.
    """
    chosen: list[tuple[str, Case]] = []
    groups, turns = set(), cycle(DATABASE_KINDS)
    for case in cases:
        chosen += [(kind, case) for kind in ((next(turns),) if group(case) in groups else DATABASE_KINDS)]
        groups.add(group(case))
    return sorted(chosen, key=lambda pair: DATABASE_KINDS.index(pair[0]))


@pytest.fixture(params=DATABASE_KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def new_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The address of a migrated, empty database; SQLite's file is in the folder."""
    if kind == "sqlite":
        copy = folder / "portal.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), copy)
        yield f"sqlite:///{copy}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    with server.lent() as url:
        yield url


@contextmanager
def engine_of(database_url: str) -> Iterator[Engine]:
    """An engine with the rights of the worker and the command lines."""
    made = create_engine(Settings(database_url=database_url).database_url)
    yield made
    made.dispose()


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database; each test that asks runs once on each engine."""
    with new_database(database_kind, request, tmp_path) as url:
        yield url


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine with the rights of the worker and the command lines."""
    with engine_of(database_url) as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Let all engines of a kind share what SQLAlchemy has compiled, as a running process does with its one engine.

    Each test has engines of its own: without this, each would spell out the same statements again.
    """
    compiled: dict[type[Dialect], LRUCache[Any, Any]] = {}

    def of_its_kind(engine: Engine) -> LRUCache[Any, Any]:
        return compiled.setdefault(type(engine.dialect), LRUCache(5_000))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "_compiled_cache", property(of_its_kind, lambda _engine, _own: None), raising=False)
        # They are kept by dialect, of which each engine has one: those of a kind are as good as each other.
        patch.setattr(DefaultDialect, "__hash__", lambda dialect: hash(type(dialect)))
        patch.setattr(DefaultDialect, "__eq__", lambda dialect, other: type(dialect) is type(other))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Real Argon2id with little memory: thousands of sign-ins pay for nothing they prove. Started programs pay in full."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_compression() -> Iterator[None]:
    """The scripts of a page compressed as real servers do, but not as hard as it goes: that takes seconds a process.

    Programs that are started pay in full; those that are forked are told by `tests/forking.py`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(served_files, "ZSTD_LEVEL", QUICK_ZSTD_LEVEL)
        yield


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let portals that are forked find the templates compiled, but for the first."""
    os.environ[TEMPLATES] = str(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="session")
def encryption_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            # A page is looked at for a second: what is compiled is kept for the next one, and of the compilers that make
            # it quicker only the cheapest is worth its while.
            "--blink-settings=v8CacheOptions=4",
            "--js-flags=--no-opt --no-maglev --min-semi-space-size=32",
        ],
    }


@pytest.fixture(scope="session")
def home(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[BrowserContext]:
    """The browser's own context. Only here Chromium keeps compiled scripts: a page costs a third less than elsewhere."""
    with tempfile.TemporaryDirectory(prefix="browser", ignore_cleanup_errors=True) as folder:
        context = browser_type.launch_persistent_context(folder, **browser_type_launch_args)
        yield context
        context.close()


@pytest.fixture(scope="session")
def browser(home: BrowserContext) -> Browser:
    """The same browser, for contexts that know nothing of each other."""
    assert home.browser is not None
    return home.browser


@pytest.fixture
def tab(home: BrowserContext) -> Iterator[Page]:
    """The tab for a test that needs no browser of its own: its process has read the scripts of the pages already.

    Each test loads its documents anew in it; what the former one left behind is gone. It asks for little motion, as some
    people do: what breathes while it waits would be drawn sixty times a second.
    """
    page = home.pages[0]
    page.emulate_media(media="null", color_scheme="null", reduced_motion="reduce")
    yield page
    for other in home.pages[1:]:
        other.close()
    page.unroute_all(behavior="ignoreErrors")
    elsewhere = urljoin(page.url, "/healthz")  # a document that asks for nothing
    if page.url not in {"about:blank", elsewhere}:
        page.goto(elsewhere)
        page.evaluate("localStorage.clear(), sessionStorage.clear()")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.mouse.move(0, 0)
    home.clear_cookies()
    home.clear_permissions()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a way to open a browser of one's own; any error on its console fails the test."""
    contexts: list[BrowserContext] = []

    def open_one(**options: Any) -> Page:
        context = browser.new_context(reduced_motion="reduce", **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        stack.enter_context(heard(page))
        return page

    with ExitStack() as stack:
        yield open_one
        for context in contexts:
            context.close()


@contextmanager
def heard(page: Page) -> Iterator[Page]:
    """Fail the test at its end for any error on the page's console."""
    errors: list[str] = []

    def hear_error(error: Error) -> None:
        errors.append(str(error))

    def hear_message(message: ConsoleMessage) -> None:
        if _is_error(message):
            errors.append(message.text)

    page.on("pageerror", hear_error)
    page.on("console", hear_message)
    yield page
    page.remove_listener("pageerror", hear_error)
    page.remove_listener("console", hear_message)
    assert not errors, errors


def _is_error(message: ConsoleMessage) -> bool:
    """A session that ends, and a form that is refused, are told by their status: the browser notes that by itself."""
    return message.type == "error" and not any(status in message.text for status in ("401", "400 (BAD REQUEST)"))
