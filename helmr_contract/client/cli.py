"""`helmr-contract client`: test a client library against the contract, through a driver."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from helmr_api.display import printable
from helmr_contract.choosing import UnknownNameError, matching
from helmr_contract.client.drivers import DriverError, DriverProcess
from helmr_contract.client.protocol import schema
from helmr_contract.client.report import print_list, print_played, print_summary, write_html, write_junit
from helmr_contract.client.runner import ClientRun, play_all
from helmr_contract.client.scenario import Level, Scenario
from helmr_contract.client.scenarios import all_scenarios
from helmr_contract.parsing import BROKEN, CANNOT_TEST, INTERRUPTED, KEPT, Parser, at_least
from helmr_contract.report import directory
from helmr_contract.secrets import Scrubber

_EPILOG = """\
DRIVER is a command that reads calls from its standard input and writes the result of each to its standard
output, one JSON object per line. The guide client-conformance.md describes it; --schema prints the JSON
Schema. Exit status: 0 the client conforms, 1 it does not, 2 the driver cannot be used, 130 interrupted.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
    if options.schema:
        console.print(json.dumps(schema(), indent=2), markup=False, soft_wrap=True)
        return KEPT
    try:
        chosen = _chosen(options.scenario, must_only=options.must)
    except UnknownNameError as error:
        return _cannot(str(error))
    if not chosen:
        return _cannot("none of these scenarios is mandatory")
    if options.list:
        print_list(console, chosen)
        return KEPT
    command = options.driver[1:] if options.driver[:1] == ["--"] else options.driver
    if not command:
        return _cannot("missing the driver's command: helmr-contract client -- DRIVER [ARGUMENT ...]")
    try:
        if options.report is not None:
            directory.prepare(options.report)
        with DriverProcess(command) as driver:
            run = play_all(
                driver,
                chosen,
                command=" ".join(command),
                seed=options.seed,
                on_played=lambda played: print_played(console, played),
            )
    except (DriverError, directory.ReportError) as error:
        return _cannot(str(error))
    except KeyboardInterrupt:  # before the first scenario
        return INTERRUPTED
    return _finish(console, run, options.report)


def _finish(console: Console, run: ClientRun, report: Path | None) -> int:
    files: list[Path] = []
    errors: list[str] = []
    if report is not None:
        for name, write in (("client.html", write_html), ("client-junit.xml", write_junit)):
            try:
                write(run, report / name)
                files.append(report / name)
            except OSError as error:  # the results are printed all the same
                errors.append(f"cannot write {name}: {error.strerror or error}")
    print_summary(console, run, files)
    for message in errors:
        _cannot(message)
    if run.interrupted:
        return INTERRUPTED
    if run.broken:
        return BROKEN
    return CANNOT_TEST if errors or run.stopped or not run.checked else KEPT


def _chosen(patterns: Sequence[str], *, must_only: bool) -> list[Scenario]:
    by_id = all_scenarios()
    ids = matching(patterns, list(by_id), "scenario", lambda _: "--list shows them")
    return [by_id[name] for name in ids if not must_only or by_id[name].level is Level.MUST]


def _cannot(message: str) -> int:
    Console(stderr=True, highlight=False).print(
        printable(Scrubber()(f"helmr-contract client: {message}")), markup=False, soft_wrap=True
    )
    return CANNOT_TEST


def _parser() -> Parser:
    parser = Parser(
        prog="helmr-contract client",
        description="Tests whether a client library conforms to the contract, through a driver that wraps "
        "it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="PATTERN",
        help="play only scenarios with a matching id, such as 'start/*'; repeatable",
    )
    parser.add_argument("--must", action="store_true", help="skip scenarios that check recommendations only")
    parser.add_argument("--list", action="store_true", help="list the scenarios and what they check")
    parser.add_argument(
        "--seed", type=at_least(0), default=0, help="play the scenarios in the order given by this seed"
    )
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="write client.html and client-junit.xml to this directory"
    )
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of the protocol")
    parser.add_argument("driver", nargs=argparse.REMAINDER, metavar="-- DRIVER", help="command of the driver")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
