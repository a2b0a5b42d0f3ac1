"""The error tree."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import httpx
import pytest

from helmr_ergonomic import errors
from helmr_ergonomic.errors import Issue, PayloadValidationError, status_error
from tests.unit.scripts import ROOT, script

CODES: dict[str, Any] = script("openapi_document").load(ROOT / "openapi.yaml")["x-error-codes"]
SECRET = "hlmr_sk_do-not-show"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (202, errors.IdempotencyPendingError),
        (400, errors.BadRequestError),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (410, errors.GoneError),
        (413, errors.BadRequestError),
        (418, errors.HelmrStatusError),
        (500, errors.ServerError),
        (503, errors.ServerError),
        (302, errors.HelmrStatusError),
    ],
)
def test_each_status_has_its_error_class(status: int, kind: type[errors.HelmrStatusError]) -> None:
    error = status_error(status, "text", "a_code", None, None)
    assert type(error) is kind
    assert (error.status, error.code, error.message) == (status, "a_code", "text")
    assert str(error) == f"text (HTTP {status}, a_code)"


def test_a_code_equal_to_the_message_is_not_repeated() -> None:
    assert str(status_error(409, "x_y", "x_y", None, None)) == "x_y (HTTP 409)"


@pytest.mark.parametrize("code", CODES)
def test_the_hint_for_a_code_comes_from_the_document(code: str) -> None:
    hint = status_error(409, "no", code, None, None).hint
    assert hint is not None
    # The only difference is that hints name methods instead of operations.
    assert re.sub("`[^`]*`", "", hint) == re.sub("`[^`]*`", "", CODES[code]["action"]).removesuffix(".")


def test_error_messages_include_the_hint() -> None:
    request = httpx.Request("POST", "https://a.test/api/sessions", json={"task_id": "nobody"})
    error = status_error(409, "task_not_deployed", "task_not_deployed", request, None)
    assert error.message == "task_not_deployed"
    assert str(error) == (
        "task_not_deployed (HTTP 409): Deploy it, or check the id; `tasks.list` lists what is deployed "
        "(the request names 'nobody')"
    )
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301  just made here
    assert "HELMR_API_KEY" in str(status_error(401, "authentication is required", None, None, None))
    assert "scope" in str(status_error(403, "permission is required", None, None, None))
    assert "environment of the API key" in str(status_error(404, "run not found", None, None, None))
    assert status_error(409, "operation is not allowed", None, None, None).hint is None
    denied = status_error(401, "token scope denied", "token_scope_denied", None, None)
    assert "public access token" in str(denied)


def request() -> httpx.Request:
    return httpx.Request("GET", "https://a.test/api/runs", headers={"Authorization": f"Bearer {SECRET}"})


ALL = [
    status_error(409, "text", "code", request(), httpx.Response(409, request=request())),
    errors.HelmrConnectionError("text", request=request()),
    errors.HelmrTimeoutError("text", request=request()),
    errors.UnexpectedResponseError("text", response=httpx.Response(200, request=request())),
    errors.WaitTimeoutError("text", timeout=3.0),
    errors.RunFailedError("text", reason="why", failure_kind="task_failed"),
    errors.RunCancelledError("text", reason="why"),
    errors.TokenCancelledError("text"),
    PayloadValidationError("payload", [Issue(("a", 0), "wrong")]),
]


@pytest.mark.parametrize("error", ALL, ids=lambda error: type(error).__name__)
def test_errors_can_be_pickled_and_show_no_credential(error: errors.HelmrError) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301  just made here
        assert type(twin) is type(error)
        assert (twin.message, str(twin)) == (error.message, str(error))
    assert isinstance(error, errors.HelmrError)
    shown = repr(error) + str(error) + repr(vars(error)) + pickle.dumps(error).decode("latin1")
    assert SECRET not in shown


def test_a_pickle_keeps_the_attributes_of_an_error() -> None:
    twin = pickle.loads(pickle.dumps(ALL[0]))  # noqa: S301  just made here
    assert (twin.status, twin.code) == (409, "code")
    assert pickle.loads(pickle.dumps(ALL[4])).timeout == 3.0  # noqa: S301  just made here
    assert pickle.loads(pickle.dumps(ALL[8])).issues == ALL[8].issues  # type: ignore[attr-defined]  # noqa: S301


def test_timeout_and_connection_errors_extend_the_builtin_exceptions() -> None:
    assert issubclass(errors.HelmrTimeoutError, TimeoutError)
    assert issubclass(errors.WaitTimeoutError, TimeoutError)
    assert issubclass(errors.HelmrConnectionError, ConnectionError)
    assert issubclass(PayloadValidationError, ValueError)


def test_a_validation_message_shows_five_issues_and_counts_the_rest() -> None:
    issues = [Issue((f"m{n}",), "wrong") for n in range(7)]
    shown = "; ".join(f"payload.m{n}: wrong" for n in range(5))
    assert str(PayloadValidationError('task "t" payload', issues)) == (
        f'task "t" payload failed validation: {shown}; and 2 more'
    )
    assert str(PayloadValidationError("x")) == "x failed validation"


def test_issue_paths_are_formatted_as_in_every_sdk() -> None:
    assert Issue(("items", 0, "odd key", "7", "007", "ünï"), "m").where == (
        'payload.items[0]["odd key"][7]["007"].ünï'
    )
    assert Issue((), "m", root="output").where == "output"
