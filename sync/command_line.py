"""`python -m sync`: the worker, one sync by hand, a replay, and what there is to know about syncs.

Bad input and bad configuration are answered with one line on standard error and exit status 2.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from database_away import in_one_line
from logs import configure_logs, print_any_letter
from settings import ConfigurationError
from sync.commands import (
    CommandError,
    check,
    check_access,
    erase_contact,
    once,
    probe,
    replay,
    snapshots,
    status,
    worker,
)


class _Parser(argparse.ArgumentParser):
    """Bad arguments are one line on standard error and exit 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"python -m sync: {message}\n")


def _parser() -> _Parser:
    parser = _Parser(prog="python -m sync", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    commands.add_parser("worker", help="sync every brand on schedule, until told to stop")
    once_parser = commands.add_parser("once", help="sync now: 0 when all is well, 1 when a run was partial or failed")
    once_parser.add_argument("--tenant", metavar="SLUG", help="only this brand")
    once_parser.add_argument("--accept", action="store_true", help="let in what was held back as suspicious")
    replay_parser = commands.add_parser("replay", help="rebuild a brand's tables from its kept answers")
    replay_parser.add_argument("--tenant", metavar="SLUG", required=True)
    replay_parser.add_argument("--run", metavar="ID", help="from this run's answers instead of the last whole ones")
    status_parser = commands.add_parser("status", help="how each brand's syncs stand")
    status_parser.add_argument("--json", action="store_true", dest="as_json", help="for programs")
    status_parser.add_argument("--check", action="store_true", help="only what is amiss: 0 when nothing is, else 1")
    commands.add_parser("check-access", help="does ClientTether let each active brand in? 0 when it does, else 1")
    erase_parser = commands.add_parser("erase-contact", help="remove a contact from tables and kept answers")
    erase_parser.add_argument("contact", metavar="EMAIL-OR-ID")
    erase_parser.add_argument("--tenant", metavar="SLUG", help="of this brand only; an id needs it")
    probe_parser = commands.add_parser("probe", help="ask each call once, write nothing, and tell what is understood")
    probe_parser.add_argument("--tenant", metavar="SLUG", required=True)
    snapshots_parser = commands.add_parser("snapshots", help="list the kept answers of a brand, or print one")
    snapshots_parser.add_argument("--tenant", metavar="SLUG", required=True)
    snapshots_parser.add_argument("--run", metavar="ID", help="only this run's")
    snapshots_parser.add_argument(
        "--body", metavar="HASH", help="print the body whose hash begins so (8 digits or more)"
    )
    snapshots_parser.add_argument("--limit", metavar="N", type=_count, default=50, help="list at most so many (50)")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= 100_000):
        raise argparse.ArgumentTypeError("a number from 1 to 100000 is wanted")
    return int(text)


def _carry_out(parser: _Parser, options: argparse.Namespace) -> int:
    match options.command:
        case "worker":
            return worker()
        case "once":
            if options.accept and not options.tenant:
                parser.error("--accept confirms one brand's data: name it with --tenant")
            return once(options.tenant, accept=options.accept)
        case "replay":
            return replay(options.tenant, options.run)
        case "status":
            return check() if options.check else status(as_json=options.as_json)
        case "check-access":
            return check_access()
        case "erase-contact":
            return erase_contact(options.contact, options.tenant)
        case "probe":
            return probe(options.tenant)
        case "snapshots":
            return snapshots(options.tenant, run_id=options.run, body=options.body, most=options.limit)
        case _:
            raise AssertionError(options.command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    print_any_letter()
    configure_logs()
    try:
        return _carry_out(parser, options)
    except (ConfigurationError, CommandError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except SQLAlchemyError as unusable:
        print(in_one_line(unusable), file=sys.stderr)
        return 2
