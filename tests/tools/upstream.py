"""Two changes that the real API made in July 2026 without a new version, as edits of the document.

Each has two parts: the obvious edit, and the fixes for what `make spec-lint` then reports.
"""

from __future__ import annotations

import re
from typing import Any

START_OPERATIONS = (
    ("/api/sessions", "startSession"),
    ("/api/sessions/start-and-wait", "startSessionAndWait"),
)
OPAQUE = {"type": "string", "description": "Opaque: send it as it came.", "x-sdk-opaque": True}


def cursor_is_a_string(document: dict[str, Any]) -> None:
    """Turn cursors of run events into strings, in responses and as a parameter."""
    page = document["components"]["schemas"]["RunEventPage"]["properties"]
    page["cursor"] = dict(OPAQUE)
    page["next_cursor"] = dict(OPAQUE)
    parameter = document["components"]["parameters"]["EventCursor"]
    parameter["schema"] = {"type": "string", "x-sdk-opaque": True}
    parameter["example"] = "12"


def cursor_examples_are_strings(document: dict[str, Any]) -> None:
    """Change the examples of these cursors."""
    body = document["components"]["responses"]["RunEvents"]["content"]["application/json"]
    for example in body["examples"].values():
        for name in ("cursor", "next_cursor"):
            if name in example["value"]:
                example["value"][name] = str(example["value"][name])


def starts_take_no_key(document: dict[str, Any]) -> None:
    """Remove idempotency keys from starts, and fields from runs and events."""
    schemas, responses = document["components"]["schemas"], document["components"]["responses"]
    request = schemas["SessionStartRequest"]
    for name in ("idempotency_key", "idempotency_key_ttl"):
        del request["properties"][name]
    for keyword in ("if", "then"):
        del request[keyword]
    del schemas["Run"]["properties"]["idempotency_hit"]
    for schema, name in (
        ("RunLogChunk", "run_lease_id"),
        ("RunEvent", "run_lease_id"),
        ("RunEvent", "attempt_id"),
    ):
        del schemas[schema]["properties"][name]
        required = schemas[schema].get("required", [])
        if name in required:
            required.remove(name)
    for path, _ in START_OPERATIONS:
        del document["paths"][path]["post"]["responses"]["202"]
    gone = {"idempotency_fingerprint_mismatch", "idempotency_external_id_mismatch"}
    conflict = responses["SessionStartConflict"]
    conflict["x-codes"] = [code for code in conflict["x-codes"] if code not in gone]


def nothing_speaks_of_the_key(document: dict[str, Any]) -> None:
    """Fix what lint then reports: examples, prose, codes, `x-repeat`, components."""
    components = document["components"]
    for path, _ in START_OPERATIONS:
        operation = document["paths"][path]["post"]
        operation["x-repeat"] = {"safe": "identified", "identity": ["external_id"]}
        operation["description"] = without_paragraphs(operation["description"], "idempotency")
    document["paths"]["/api/sessions"]["post"]["description"] += "\n\nNeeds the permission `runs.create`.\n"
    del components["responses"]["SessionStartPending"]
    conflict = components["responses"]["SessionStartConflict"]
    conflict["description"] = "\n".join(
        line for line in conflict["description"].splitlines() if "`idempotency_" not in line
    )
    examples = conflict["content"]["application/json"]["examples"]
    for name in ("idempotencyFingerprintMismatch", "idempotencyExternalIdMismatch"):
        del examples[name]
    bad = components["responses"]["SessionStartBadRequest"]["content"]["application/json"]["examples"]
    for name in ("idempotencyKeyTooLong", "keyTtlInvalid"):
        del bad[name]
    del document["x-error-codes"]["idempotency_external_id_mismatch"]
    _drop_fields(document["components"], {"idempotency_hit"})
    for place in ("requestBodies",):
        for name in ("SessionStart", "SessionStartAndWait"):
            _drop_fields(components[place][name], {"idempotency_key", "idempotency_key_ttl"})
    for kind in ("responses", "examples", "schemas"):
        for name, node in components[kind].items():
            if "Event" in name or "Log" in name:
                _drop_fields(node, {"run_lease_id", "attempt_id"})


def without_paragraphs(text: str, word: str) -> str:
    return "\n\n".join(part for part in text.split("\n\n") if word not in part)


def _drop_fields(node: Any, names: set[str], inside: bool = False) -> None:
    """Drop fields from the values of examples, including those in event streams."""
    if isinstance(node, dict):
        for name in list(node):
            if inside and name in names:
                del node[name]
            elif name == "value" and isinstance(node[name], str):
                for gone in names:
                    node[name] = re.sub(rf'"{gone}":"[^"]*",', "", node[name])
            else:
                _drop_fields(node[name], names, inside or name in {"value", "examples"})
    elif isinstance(node, list):
        for one in node:
            _drop_fields(one, names, inside)
