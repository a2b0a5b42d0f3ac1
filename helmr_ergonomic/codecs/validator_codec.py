"""Functions and objects that validate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from helmr_api.formats import is_object

from .._types import JSON, AnyType
from ..errors import DataValidationError, Issue
from .base import Codec
from .problems import Problem

T = TypeVar("T")


class ValidatorCodec(Codec[T]):
    """The codec of a function that returns the parsed value, or of a `StandardSchema`."""

    _exact = None

    def __init__(self, validator: AnyType) -> None:
        self._validator = validator

    def load(self, raw: object) -> T:
        validate = getattr(self._validator, "validate", None)
        if validate is None:
            value: T = self._validator(raw)
            return value
        result = validate(raw)
        issues = _field(result, "issues")
        if issues:
            raise DataValidationError("", [_issue(issue) for issue in issues])
        found: T = _field(result, "value")
        return found

    def problems(self, exc: Exception, raw: object) -> Sequence[Problem] | None:
        if isinstance(exc, DataValidationError):
            return [(issue.path, issue.message) for issue in exc.issues]
        return None


def _field(value: object, name: str) -> JSON:
    return value.get(name) if is_object(value) else getattr(value, name, None)


def _issue(issue: object) -> Issue:
    if isinstance(issue, Issue):
        return issue
    path: list[str | int] = []
    for part in _field(issue, "path") or ():
        key = part if isinstance(part, (str, int)) else _field(part, "key")
        path.append(key if isinstance(key, (str, int)) else str(key))
    return Issue(path, str(_field(issue, "message") or issue))
