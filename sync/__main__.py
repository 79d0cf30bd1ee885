"""`python -m sync`: the worker, one sync by hand, a replay, and what there is to know about syncs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from logs import configure_logs
from settings import ConfigurationError
from sync.commands import CommandError, once, probe, replay, snapshots, status, worker


class _Parser(argparse.ArgumentParser):
    """Bad arguments are one line on standard error and exit 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"python -m sync: {message}\n")


def _parser() -> _Parser:
    parser = _Parser(prog="python -m sync", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    commands.add_parser("worker", help="sync every brand on schedule, until told to stop")
    by_hand = commands.add_parser("once", help="sync now: 0 when all is well, 1 when a run was partial or failed")
    by_hand.add_argument("--tenant", metavar="SLUG", help="only this brand")
    by_hand.add_argument("--accept", action="store_true", help="let in what was held back as suspicious")
    again = commands.add_parser("replay", help="rebuild a brand's tables from its kept answers, without the network")
    again.add_argument("--tenant", metavar="SLUG", required=True)
    again.add_argument("--run", metavar="ID", help="from this run's answers instead of the last whole ones")
    told = commands.add_parser("status", help="how each brand's syncs stand")
    told.add_argument("--json", action="store_true", dest="as_json", help="for programs")
    asked = commands.add_parser("probe", help="ask each call once, write nothing, and tell what is understood")
    asked.add_argument("--tenant", metavar="SLUG", required=True)
    kept = commands.add_parser("snapshots", help="list the kept answers of a brand, or print one")
    kept.add_argument("--tenant", metavar="SLUG", required=True)
    kept.add_argument("--run", metavar="ID", help="only this run's")
    kept.add_argument("--body", metavar="HASH", help="print the exact body whose hash begins so (at least 8 digits)")
    kept.add_argument("--limit", metavar="N", type=_count, default=50, help="list at most so many (50)")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= 100_000):
        raise argparse.ArgumentTypeError("a number from 1 to 100000 is wanted")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    parser = _parser()
    said = parser.parse_args(arguments)
    configure_logs()
    try:
        match said.command:
            case "worker":
                return worker()
            case "once":
                if said.accept and not said.tenant:
                    parser.error("--accept confirms one brand's data: name it with --tenant")
                return once(said.tenant, accept=said.accept)
            case "replay":
                return replay(said.tenant, said.run)
            case "status":
                return status(as_json=said.as_json)
            case "probe":
                return probe(said.tenant)
            case "snapshots":
                return snapshots(said.tenant, run_id=said.run, body=said.body, most=said.limit)
            case _:
                raise AssertionError(said.command)
    except (ConfigurationError, CommandError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except SQLAlchemyError as away:
        print(f"the database can't be used ({type(away).__name__}): is it there, and migrated?", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
