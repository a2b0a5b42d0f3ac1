"""Functions and objects that validate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from ..errors import DataValidationError, Issue
from .base import Codec
from .problems import Problem

__all__ = ["ValidatorCodec"]

T = TypeVar("T")


class ValidatorCodec(Codec[T]):
    """The codec of a function that returns the parsed value, or of a `StandardSchema`."""

    def __init__(self, validator: Any) -> None:
        self._validator = validator

    def load(self, raw: Any) -> T:
        validate = getattr(self._validator, "validate", None)
        if validate is None:
            return cast(T, self._validator(raw))
        result = validate(raw)
        issues = _field(result, "issues")
        if issues:
            raise DataValidationError("", [_issue(issue) for issue in issues])
        return cast(T, _field(result, "value"))

    def problems(self, exc: Exception, raw: Any) -> Sequence[Problem] | None:
        if isinstance(exc, DataValidationError):
            return [(issue.path, issue.message) for issue in exc.issues]
        return None


def _field(value: Any, name: str) -> Any:
    return cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else getattr(value, name, None)


def _issue(issue: Any) -> Issue:
    if isinstance(issue, Issue):
        return issue
    path: list[str | int] = []
    for part in cast("Sequence[Any]", _field(issue, "path") or ()):
        key = part if isinstance(part, (str, int)) else _field(part, "key")
        path.append(key if isinstance(key, (str, int)) else str(key))
    return Issue(path, str(_field(issue, "message") or issue))
