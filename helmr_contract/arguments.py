"""The arguments of `helmr-contract`."""

from __future__ import annotations

import argparse
from pathlib import Path

from helmr_contract.parsing import Parser, at_least
from helmr_contract.preflight import SCOPED_KEYS
from helmr_contract.target import DEFAULT_TASK
from helmr_ergonomic import __version__

_EPILOG = f"""\
other commands:
  helmr-contract rules [PATTERN ...]   list the rules by their ids
  helmr-contract probe                 print the task that the tests drive, to deploy it
  helmr-contract client -- DRIVER      test a client library

environment:
  HELMR_CONTRACT_KEY or HELMR_API_KEY  the API key: never an argument, never printed or stored
  {SCOPED_KEYS}           a JSON file of API keys by their scopes, for the rules about scopes:
      {{"runs:read": "hlmr_sk_…", "runs:read tokens:read": "…", "expired": "…", "other-environment": "…"}}

exit status: 0 the contract is kept, 1 it is broken, 2 the server could not be tested, 130 interrupted
"""


def parser_of_command() -> Parser:
    """Of `helmr-contract` without a subcommand."""
    parser = Parser(
        prog="helmr-contract",
        description="Tests whether a Helmr control plane keeps the contract; without --url, a local one.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument("--url", help="base URL of the control plane")
    parser.add_argument(
        "--task", default=DEFAULT_TASK, help="id of the deployed probe task (default: %(default)s)"
    )
    parser.add_argument(
        "--streams",
        metavar="INPUT,APPROVAL,OUTPUT,REPORT",
        help="names of the probe's streams, where they differ from helmr_contract.probe's",
    )
    parser.add_argument(
        "--operations",
        action="append",
        default=[],
        metavar="IDS",
        help="test only these operations, such as 'startSession,getSession,*Token'; may be repeated",
    )
    parser.add_argument(
        "--tags",
        action="append",
        default=[],
        metavar="TAGS",
        help="test only operations with these tags, such as 'Sessions,Runs'",
    )
    parser.add_argument("--only", choices=["schema", "behaviour"], help="run one of the two parts")
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="PATTERN",
        help="test only behaviour rules with such an id, such as 'start/*'; may be repeated; "
        "`helmr-contract rules` lists them",
    )
    parser.add_argument(
        "-k",
        dest="keyword",
        metavar="EXPRESSION",
        help="test only behaviour rules whose names match, as pytest's -k: 'cancel and not token'",
    )
    parser.add_argument(
        "--no-worker", action="store_true", help="leave out what needs a worker behind the server"
    )
    parser.add_argument(
        "--seed", type=at_least(0), help="repeat the schema part of the run that printed this seed"
    )
    parser.add_argument(
        "--max-examples",
        type=at_least(1),
        default=25,
        help="generated cases an operation (default: %(default)s)",
    )
    parser.add_argument(
        "--time-budget", type=at_least(1), metavar="SECONDS", help="end the run after that long"
    )
    parser.add_argument(
        "--jobs",
        type=at_least(1),
        default=1,
        metavar="N",
        help="test so many behaviour rules at once (default: %(default)s)",
    )
    parser.add_argument("--report", type=Path, metavar="DIR", help="write report.html and junit.xml there")
    parser.add_argument(
        "--strict-text",
        action="store_true",
        help="judge also what may change within a version: error messages, final newlines, spelling of JSON "
        "(always done without --url)",
    )
    parser.add_argument(
        "--baseline",
        action="append",
        default=[],
        metavar="FILE",
        help="accepted deviations of the server; may be repeated. real-server is the one that ships with "
        "this tool, for the known faults of the real control plane",
    )
    parser.add_argument(
        "--write-baseline", action="store_true", help="add what this run finds to the baseline"
    )
    parser.add_argument(
        "--prune-baseline",
        action="store_true",
        help="drop from the baseline what this run tries and finds kept",
    )
    return parser
