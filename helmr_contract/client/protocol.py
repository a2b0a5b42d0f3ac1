"""The protocol between this tool and a driver: one JSON object per line in each direction.

`protocol.schema.json` beside this module describes every message; the guide `client-conformance.md` explains
each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from helmr_api.formats import is_object
from helmr_contract.document import Json

VERSION = 1
SCHEMA = Path(__file__).with_name("protocol.schema.json")


class ProtocolError(Exception):
    """A driver sent a message that the protocol does not define."""


@cache
def schema() -> Json:
    """Return the JSON Schema of the messages; `$defs` has one entry for each."""
    found: Json = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({**schema(), "$ref": f"#/$defs/{name}"})


def calls() -> tuple[str, ...]:
    """Return every call that a driver may be asked to make."""
    return tuple(schema()["$defs"]["call"]["properties"]["call"]["enum"])


def check(name: str, value: object) -> None:
    """Check a message against the schema.

    Raises:
        ProtocolError: The message does not match.
    """
    try:
        problems = [
            f"{problem.message} (at /{'/'.join(str(part) for part in problem.instance_path)})"
            for problem in _validator(name).iter_errors(value)
        ]
    except ValueError as error:  # the validator rejects the value, for example for its depth
        problems = [str(error)]
    if problems:
        raise ProtocolError("; ".join(problems[:3]))


@dataclass(frozen=True, slots=True)
class Failure:
    """An error that the client reported."""

    kind: str
    message: str = ""
    status: int | None = None
    code: str | None = None

    def __str__(self) -> str:
        details = ", ".join(str(part) for part in (self.status, self.code) if part is not None)
        return f"error of kind {self.kind}{f' ({details})' if details else ''}: {self.message}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a call: a result or an error."""

    call: str
    result: Any = None
    error: Failure | None = None
    seconds: float = 0.0

    def __str__(self) -> str:
        if self.error is not None:
            return f"reported an {self.error}"
        return f"returned {json.dumps(self.result, ensure_ascii=False)}"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a driver reports about its client."""

    client: str
    calls: frozenset[str]
    known_failures: dict[str, str] = field(default_factory=dict[str, str])


def read_abilities(message: object) -> Abilities:
    """Parse the driver's response to `hello`."""
    check("hello_response", message)
    assert is_object(message)
    if message["protocol"] != VERSION:
        raise ProtocolError(f"the driver speaks protocol {message['protocol']}, this tool {VERSION}")
    return Abilities(message["client"], frozenset(message["calls"]), message.get("known_failures", {}))


def read_outcome(call: str, message: object, seconds: float) -> Outcome:
    """Parse the driver's response to a call."""
    check("response", message)
    assert is_object(message)
    error = message.get("error")
    if error is None:
        return Outcome(call, message.get("result"), None, seconds)
    failure = Failure(error["kind"], error.get("message", ""), error.get("status"), error.get("code"))
    return Outcome(call, None, failure, seconds)
