"""The error of a test whose rule is broken: what was expected, what was received, and the cause."""

from __future__ import annotations

import json
from dataclasses import dataclass

import httpx

from helmr_contract.document import is_object

_SHOWN = 500


@dataclass
class Strictness:
    """How strictly this process checks a server."""

    text: bool = True  # also check error messages and the order of keys, which may change


STRICT = Strictness()


class Breach(AssertionError):
    """A server breaks a rule.

    Args:
        cause: What is wrong, worded so that it applies to several rules, because one cause may break many.
        expected: What the rule expects.
        got: What was received instead.
        request: Method and URL of the request whose response is wrong.
    """

    def __init__(self, cause: str, expected: str, got: str, request: tuple[str, str] | None = None) -> None:
        super().__init__(f"{cause}: expected {expected}, got {got}")
        self.shared = False  # whether other operations may have exactly the same fault
        self.alone = False  # whether the cause explains everything, so that no operation is named with it
        self.cause = cause
        self.expected = expected
        self.got = got
        self.request = request


def expect(condition: bool, response: httpx.Response, cause: str, expected: str, got: str) -> None:
    """Raise `Breach` unless a condition on the form of any operation's responses holds."""
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
    return f"{response.status_code} {text[:_SHOWN]}".strip()


def expect_status(response: httpx.Response, status: int) -> None:
    """Check that the response has that status."""
    got = response.status_code
    if got == status:
        return
    # A server error is identified by its message: two different ones have nothing in common.
    said = _error(response)
    mark = said.get("code") or (said.get("error") if got >= 500 else None)
    cause = f"status {got}{f' ({str(mark)[:120]})' if mark else ''} instead of {status}"
    request = response.request
    raise Breach(cause, f"status {status}", shown(response), (request.method, str(request.url)))


def foreign_error(status: int, content: bytes) -> str | None:
    """Describe an error response that does not have the contract's form; None for any other response. A
    framework that refuses a request has its own form, which counts as one cause across operations. Server
    errors (5xx) are identified by their message.
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
        names = ", ".join(json.dumps(name) for name in sorted(value)[:3]) if is_object(value) else ""
        looks = f"a JSON object with {names}" if names else "another JSON value"
    return (
        f'a {status} does not have the form of an error: {looks}, not a JSON object with the string "error"'
    )


def _error(response: httpx.Response) -> dict[str, object]:
    try:
        value = response.json()
    except (httpx.ResponseNotRead, ValueError, RecursionError):
        return {}
    return value if is_object(value) else {}
