"""What a test says when a server breaks its rule: what was expected, what came, and the cause."""

from __future__ import annotations

import json
from dataclasses import dataclass

import httpx

from helmr_contract.document import is_object

_SHOWN = 500


@dataclass
class Strictness:
    """How exactly a server is judged in this process."""

    text: bool = (
        True  # also what may change within one version of the contract: error messages, the order of keys
    )


STRICT = Strictness()


class Breach(AssertionError):
    """A server breaks a rule.

    Args:
        cause: What is wrong, in words that fit other rules, too: many rules may be broken by it.
        expected: What the rule expects.
        got: What came instead.
        request: Method and URL of the request whose response is wrong.
    """

    def __init__(self, cause: str, expected: str, got: str, request: tuple[str, str] | None = None) -> None:
        super().__init__(f"{cause}: expected {expected}, got {got}")
        self.shared = False  # whether other operations may have the very same fault
        self.alone = False  # whether the cause says all, so that no operation is named with it
        self.cause = cause
        self.expected = expected
        self.got = got
        self.request = request


def expect(condition: bool, response: httpx.Response, cause: str, expected: str, got: str) -> None:
    """Raise `Breach` unless the condition holds, which concerns the form of any operation's responses."""
    if not condition:
        request = response.request
        breach = Breach(cause, expected, got, (request.method, str(request.url)))
        breach.shared = True
        raise breach


def shown(response: httpx.Response) -> str:
    """A response as a reader of a report sees it."""
    try:
        text = response.text
    except httpx.ResponseNotRead:
        text = "(a stream)"
    return f"{response.status_code} {text[:_SHOWN]}".strip()


def expect_status(response: httpx.Response, status: int) -> None:
    """The response has that status."""
    got = response.status_code
    if got == status:
        return
    # An error of the server itself is known by its text: two of them have nothing in common.
    said = _error(response)
    mark = said.get("code") or (said.get("error") if got >= 500 else None)
    cause = f"status {got}{f' ({str(mark)[:120]})' if mark else ''} instead of {status}"
    request = response.request
    raise Breach(cause, f"status {status}", shown(response), (request.method, str(request.url)))


def foreign_error(status: int, content: bytes) -> str | None:
    """What a refusal looks like that is not in the form of the contract; None for any other response.

    A framework that refuses a request by itself has a form of its own, which is one cause in every operation.
    An error of the server itself, a 5xx, is told by its text.
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
