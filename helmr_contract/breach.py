"""The error for a broken rule: the cause, what was expected, and what was received."""

from __future__ import annotations

import json
from dataclasses import dataclass

import httpx

from helmr_api.formats import is_object
from helmr_contract.shortening import shortened

_SHOWN = 490  # with the status and an ellipsis, as much as a report keeps


@dataclass
class Strictness:
    """The strictness of this process's checks."""

    text: bool = True  # also check error messages and the order of keys, which may change


STRICT = Strictness()


class Breach(AssertionError):
    """The server breaks a rule.

    Args:
        cause: What is wrong, in general words, because one cause may break many rules.
        expected: What the rule expects.
        got: What was received instead.
        request: Method and URL of the request whose response is wrong.
    """

    def __init__(self, cause: str, expected: str, got: str, request: tuple[str, str] | None = None) -> None:
        super().__init__(f"{cause}: expected {expected}, got {got}")
        self.shared = False  # True if other operations may have the same fault
        self.alone = False  # True if the report shows the cause without an operation
        self.cause = cause
        self.expected = expected
        self.got = got
        self.request = request


def expect(condition: bool, response: httpx.Response, cause: str, expected: str, got: str) -> None:
    """Raise `Breach` unless the condition, which applies to the responses of every operation, holds."""
    if not condition:
        request = response.request
        breach = Breach(cause, expected, got, (request.method, str(request.url)))
        breach.shared = True
        raise breach


def shown(response: httpx.Response) -> str:
    """Format a response for a report."""
    try:
        text = response.text
    except httpx.ResponseNotRead:
        text = "(a stream)"
    return f"{response.status_code} {shortened(text, _SHOWN)}".strip()


def expect_status(response: httpx.Response, status: int) -> None:
    """Check that the response has that status."""
    got = response.status_code
    if got == status:
        return
    # A server error is identified by its message, because two different ones have nothing in common.
    error = _error(response)
    mark = error.get("code") or (error.get("error") if got >= 500 else None)
    cause = f"status {got}{f' ({str(mark)[:120]})' if mark else ''} instead of {status}"
    request = response.request
    raise Breach(cause, f"status {status}", shown(response), (request.method, str(request.url)))


def foreign_error(status: int, content: bytes) -> str | None:
    """Describe an error response that does not have the contract's form; return None for any other response.
    Errors in a web framework's own format count as one cause across operations and statuses. Server errors
    (5xx) are identified by their message.
    """
    if not 400 <= status < 500:
        return None
    try:
        value: object = json.loads(content)
    except (ValueError, RecursionError):
        looks = "no JSON" if content else "an empty body"
    else:
        if is_object(value) and isinstance(value.get("error"), str):
            return None
        fields = sorted(value.items())[:3] if is_object(value) else []
        names = ", ".join(f"the {_kind(field)} {json.dumps(name)}" for name, field in fields)
        looks = f"a JSON object with {names}" if names else "another JSON value"
    return (
        f'an error does not have the form of the document: {looks}, not a JSON object with the string "error"'
    )


def _kind(value: object) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (str, "string"),
        (bool, "boolean"),
        (int, "number"),
        (float, "number"),
        (list, "array"),
        (dict, "object"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")


def _error(response: httpx.Response) -> dict[str, object]:
    try:
        value = response.json()
    except (httpx.ResponseNotRead, ValueError, RecursionError):
        return {}
    return value if is_object(value) else {}
