"""`python -m emulator`: the stand-in on its own, until it is told to stop."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

from emulator.plan import AccountPlan, parse_account
from emulator.quirks import quirks_named
from emulator.standin import Emulator

_DEMO_ACCOUNTS = ("Sola Salons=CT_sola:7:288", "Harbor Bakehouse=CT_harbor:11:412")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; 2 for what cannot be served."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        plans = _plans(options)
        emulator = Emulator(
            plans,
            access_token=options.access_token,
            host=options.host,
            port=options.port,
            latency_ms=options.latency_ms,
            keep_pages=True,
            memory=options.memory,
        )
    except (OSError, OverflowError) as taken:
        return _refuse(f"cannot listen on {options.host}:{options.port}: {getattr(taken, 'strerror', None) or taken}")
    except ValueError as bad:
        return _refuse(str(bad))
    _serve(emulator, options.advance_every)
    return 0


def _serve(emulator: Emulator, advance_every: float) -> None:
    # A queue, and not an event: a handler runs in the middle of whatever this thread does, and setting an event that it
    # is just about to wait on would wait for ever for the event's own lock.
    signals: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda arrived, _frame: signals.put(arrived))
    with emulator:
        names = ", ".join(account.name for account in emulator.accounts)
        print(f"ClientTether stand-in at {emulator.url} with {names}", flush=True)
        while not _arrives(signals, within=advance_every or None):
            for account in emulator.accounts:
                emulator.advance(account.plan.web_key)


def _arrives(signals: SimpleQueue[int], within: float | None) -> bool:
    try:
        signals.get(timeout=within)
    except Empty:
        return False
    return True


def _plans(options: argparse.Namespace) -> list[AccountPlan]:
    plans = [parse_account(turn, text) for turn, text in enumerate(options.account or _DEMO_ACCOUNTS)]
    volumes = {name: getattr(options, name) for name in ("opportunities", "notes", "noted_contacts", "events")}
    given = {name: volume for name, volume in volumes.items() if volume is not None}
    zones, quirks = options.timezone or [], quirks_named(options.quirk or ())
    return [
        replace(plan, **given, quirks=quirks, timezone=zones[min(turn, len(zones) - 1)] if zones else plan.timezone)
        for turn, plan in enumerate(plans)
    ]


def _refuse(why: str) -> int:
    print(f"emulator: {why}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulator", description="A ClientTether stand-in on this machine.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100, help="0 picks a free one")
    parser.add_argument(
        "--access-token",
        default=os.environ.get("EMULATOR_ACCESS_TOKEN", "demo-access-token"),
        help="else EMULATOR_ACCESS_TOKEN: arguments can be read by everyone on the machine",
    )
    parser.add_argument(
        "--account",
        action="append",
        default=os.environ.get("EMULATOR_ACCOUNTS", "").splitlines(),
        metavar="NAME=WEBKEY[:SEED[:CONTACTS]]",
        help="several make several accounts; else the lines of EMULATOR_ACCOUNTS",
    )
    parser.add_argument(
        "--timezone", action="append", help="of the accounts in their order; the last goes on for the rest"
    )
    parser.add_argument(
        "--quirk",
        action="append",
        metavar="NAME",
        help="a dialect or single quirk of every account's answers; repeatable",
    )
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--advance-every", type=float, default=0.0, metavar="SECONDS", help="let the data move on")
    parser.add_argument("--memory", type=Path, metavar="FILE", help="go on after a restart from where the data was")
    parser.add_argument("--opportunities", type=int, help="exactly so many in each account; so for the following")
    parser.add_argument("--notes", type=int)
    parser.add_argument("--noted-contacts", type=int)
    parser.add_argument("--events", type=int)
    return parser


if __name__ == "__main__":
    sys.exit(main())
