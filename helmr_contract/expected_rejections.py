"""Rejections of requests that their schema allows: rules of the contract that no schema can express. A schema
can describe a request's structure, but neither its relation to the server's state nor all rules for its text.
Schemathesis would report each such 400 as a rejection of valid data; the ones listed here are not reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from helmr_api.formats import is_list, is_object


@dataclass(frozen=True, slots=True)
class ExpectedRejection:
    """A 400 or 422 with this code or error message, for one of these operations."""

    operations: frozenset[str]  # empty: any
    reason: str
    code: str | None = None
    error: re.Pattern[str] | None = None
    applies: Callable[[object], bool] | None = None  # a condition on the query or the body

    def covers(self, operation: str, response: Mapping[str, object], request: tuple[object, ...]) -> bool:
        if self.operations and operation not in self.operations:
            return False
        if self.code is not None and response.get("code") != self.code:
            return False
        if self.error is not None and not self.error.search(str(response.get("error", ""))):
            return False
        return self.applies is None or any(self.applies(part) for part in request)


def _has_text_over(limit: int) -> Callable[[object], bool]:
    def applies(part: object) -> bool:
        strings = (value for value in _values(part) if isinstance(value, str))
        return any(len(text.strip().encode(errors="replace")) > limit for text in strings)

    return applies


def _has_integer_with_a_point(part: object) -> bool:
    return any(isinstance(value, float) and value.is_integer() for value in _values(part))


def _has_summed_timeout(part: object) -> bool:
    return is_object(part) and is_object(part.get("timeout"))


_STARTS = frozenset({"startSession", "startSessionAndWait"})
_SCHEDULES = frozenset({"createSchedule", "updateSchedule"})
_FILES = frozenset({"listWorkspaceFiles", "readWorkspaceFile", "getWorkspaceFile"})
_UPDATES = frozenset({"updateSession", "updateSessionByExternalId"})

EXPECTED_REJECTIONS = (
    *(
        ExpectedRejection(
            _FILES,
            "no schema of a single parameter can say which id belongs to which source "
            "(workspaces.md, section 6.1)",
            code=code,
        )
        for code in (
            "workspace_version_id_unexpected",
            "workspace_version_id_required",
            "workspace_mount_id_unexpected",
        )
    ),
    *(
        ExpectedRejection(
            _FILES, "whether a path exists depends on the version (workspaces.md, section 6)", code=code
        )
        for code in ("workspace_file_not_directory", "workspace_file_not_regular")
    ),
    ExpectedRejection(
        _UPDATES,
        "whether an expiry can be extended depends on the session's current one (sessions.md, section 10)",
        code="session_expires_at_not_extendable",
    ),
    ExpectedRejection(
        _SCHEDULES,
        "which tasks exist depends on the deployment (schedules-secrets-deployments.md, section 3.4)",
        error=re.compile(r'^task ".*" is not deployed in the selected deployment$', re.DOTALL),
    ),
    ExpectedRejection(
        _SCHEDULES,
        "a schema cannot list the time zones, nor interpret an expression (the same, section 3.3)",
        error=re.compile(
            r"^timezone must be an IANA timezone$|^cron (must be a valid 5-field|has no future)"
        ),
    ),
    ExpectedRejection(
        frozenset({"updateSchedule"}),
        "the key cannot be changed, and only the server knows the current one (the same, section 3.7)",
        error=re.compile(r"^deduplication_key cannot be updated$"),
    ),
    ExpectedRejection(
        _STARTS | _SCHEDULES,
        "which queues exist depends on the deployment (sessions.md, section 6.3)",
        error=re.compile(r'^queue ".*" is not declared in the selected deployment$', re.DOTALL),
    ),
    ExpectedRejection(
        _SCHEDULES,
        "JSON Schema cannot describe a cron expression (schedules-secrets-deployments.md, section 3.3)",
        error=re.compile(r"^(cron must be a valid 5-field expression|timezone must be an IANA timezone)"),
    ),
    ExpectedRejection(
        _SCHEDULES,
        "which tasks exist depends on the deployment (schedules-secrets-deployments.md, section 3.3)",
        error=re.compile(
            r'^(task|queue) ".*" is not (deployed|declared) in the selected deployment$', re.DOTALL
        ),
    ),
    ExpectedRejection(
        frozenset({"createDeployment"}),
        "JSON Schema cannot describe a tar archive or its hash (the same, section 5.3)",
        error=re.compile(
            r"^invalid deployment source artifact: |^deployment source content_hash .* does not match ",
            re.DOTALL,
        ),
    ),
    ExpectedRejection(
        frozenset({"createDeployment"}),
        "JSON Schema cannot prescribe the order of a form's parts (the same, section 5.3)",
        error=re.compile(r"^deployment metadata must precede deployment_source$"),
    ),
    ExpectedRejection(
        frozenset(),
        "these limits are in bytes (UTF-8), those of JSON Schema in characters",
        error=re.compile(r"must be (at most )?512 (bytes|characters)( or less)?$"),
        applies=_has_text_over(512),
    ),
    ExpectedRejection(
        frozenset(),
        "a tag's limit is in bytes (UTF-8), that of JSON Schema in characters",
        error=re.compile(r"^tags must be 128 characters or less$"),
        applies=_has_text_over(128),
    ),
    ExpectedRejection(
        frozenset(),
        "1.0 is an integer for JSON Schema, but not for the server (sessions.md, section 1.3)",
        error=re.compile(r"^invalid [a-z -]+ JSON: |must be an? (positive )?integer"),
        applies=_has_integer_with_a_point,
    ),
    ExpectedRejection(
        frozenset({"createToken"}),
        "a timeout's parts are summed up, and the sum must be positive (tokens-auth-errors.md, section 3.3)",
        error=re.compile(r"^timeout must be positive$"),
        applies=_has_summed_timeout,
    ),
)


def is_expected(operation: str, status: int, response: object, *request: object) -> bool:
    """Return whether a response rejects a request for a reason that no schema can express."""
    if status not in (400, 422) or not is_object(response):
        return False
    return any(rejection.covers(operation, response, request) for rejection in EXPECTED_REJECTIONS)


def _values(part: object) -> Iterator[object]:
    """Yield every string and number in a JSON value."""
    if is_object(part):
        for field in part.values():
            yield from _values(field)
    elif is_list(part):
        for item in part:
            yield from _values(item)
    else:
        yield part
