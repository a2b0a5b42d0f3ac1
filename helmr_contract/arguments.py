"""The arguments of `helmr-contract`."""

from __future__ import annotations

import argparse
from pathlib import Path

from helmr_contract.parsing import Parser, at_least
from helmr_contract.scoped_keys import SCOPED_KEYS
from helmr_contract.target import DEFAULT_TASK
from helmr_ergonomic import __version__

_EPILOG = f"""\
other commands:
  helmr-contract rules [PATTERN ...]   list the rules and their ids
  helmr-contract probe                 print the probe task, for deployment
  helmr-contract client -- DRIVER      test a client library

environment:
  HELMR_CONTRACT_KEY or HELMR_API_KEY  the API key: never an argument, never printed or stored
  {SCOPED_KEYS}           a JSON file of API keys by their scopes, for the rules about scopes:
      {{"runs:read": "hlmr_sk_…", "runs:read tokens:read": "…", "expired": "…", "other-environment": "…"}}

exit status: 0 the server conforms, 1 it does not conform, 2 the server could not be tested, 130 interrupted
"""


def parser_of_command() -> Parser:
    """Return the argument parser of `helmr-contract` without a subcommand."""
    parser = Parser(
        prog="helmr-contract",
        description="Tests whether a Helmr control plane conforms to the contract; without --url, a local "
        "one.",
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
        help="names of the probe's streams, if they differ from those in helmr_contract.probe",
    )
    parser.add_argument(
        "--operations",
        action="append",
        default=[],
        metavar="IDS",
        help="test only these operations, such as 'startSession,getSession,*Token'; repeatable",
    )
    parser.add_argument(
        "--tags",
        action="append",
        default=[],
        metavar="TAGS",
        help="test only operations with these tags, such as 'Sessions,Runs'",
    )
    parser.add_argument("--only", choices=["schema", "behaviour"], help="run only one of the two parts")
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="PATTERN",
        help="test only behaviour rules with a matching id, such as 'start/*'; repeatable; "
        "`helmr-contract rules` lists them",
    )
    parser.add_argument(
        "-k",
        dest="keyword",
        metavar="EXPRESSION",
        help="test only behaviour rules whose names match a pytest -k expression: 'cancel and not token'",
    )
    parser.add_argument(
        "--no-worker", action="store_true", help="skip tests that need a worker behind the server"
    )
    parser.add_argument(
        "--seed", type=at_least(0), help="repeat the schema part of the run that printed this seed"
    )
    parser.add_argument(
        "--max-examples",
        type=at_least(1),
        default=20,
        help="generated cases per operation (default: %(default)s)",
    )
    parser.add_argument(
        "--time-budget", type=at_least(1), metavar="SECONDS", help="stop the run after this time"
    )
    parser.add_argument(
        "--jobs",
        type=at_least(1),
        metavar="N",
        help="number of processes for each part; with more than one, both parts run at the same time "
        "(default: with --url 1, otherwise one per processor, at most 4)",
    )
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="write report.html and junit.xml to this directory"
    )
    parser.add_argument(
        "--strict-text",
        action="store_true",
        help="also check details that may change within a version: error messages, final newlines, "
        "JSON formatting (always on without --url)",
    )
    parser.add_argument(
        "--baseline",
        action="append",
        default=[],
        metavar="FILE",
        help="accepted deviations of the server; repeatable. real-server ships with this tool and "
        "contains the known faults of the real control plane",
    )
    parser.add_argument(
        "--write-baseline", action="store_true", help="add the findings of this run to the baseline"
    )
    parser.add_argument(
        "--prune-baseline",
        action="store_true",
        help="remove entries from the baseline that this run tests and finds fixed",
    )
    return parser
