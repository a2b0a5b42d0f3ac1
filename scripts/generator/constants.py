"""The constants that the document defines with `x-sdk-constants` and `x-error-codes`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import GenerationFailed

WHITE_SPACE = r"[\t-\r ]*"
"""The part of a pattern that allows surrounding white space, which the server strips. Constants have the
pattern of the stripped string."""


@dataclass(frozen=True)
class Constant:
    """A constant: its name, its value as code, and its place in the document."""

    name: str
    value: str
    where: str

    @property
    def type(self) -> str:
        """The annotation."""
        if self.value.startswith("{"):
            return "Final[Mapping[str, str]]"
        return "Final[frozenset[str]]" if self.value.startswith("frozenset") else "Final"


def constants(document: Mapping[str, Any]) -> list[Constant]:
    """Return all constants of a document, in document order.

    Raises:
        GenerationFailed: a constant has two values, or refers to a missing keyword.
    """
    found = {"API_VERSION": Constant("API_VERSION", repr(document["info"]["version"]), "info/version")}
    for where, holder in _holders(document, ()):
        for name, stated in holder["x-sdk-constants"].items():
            constant = Constant(name, _code(_value(holder, name, stated)), _place(where))
            if found.setdefault(name, constant).value != constant.value:
                raise GenerationFailed(f"x-sdk-constants: {name} has two values")
    if codes := document.get("x-error-codes"):
        actions = {code: _in_python(entry["action"], document) for code, entry in codes.items()}
        found["ERROR_ACTIONS"] = Constant("ERROR_ACTIONS", repr(actions), "x-error-codes")
    return list(found.values())


def _in_python(text: str, document: Mapping[str, Any]) -> str:
    """Replace the operation ids in a string by the names of their Python methods."""
    methods = {
        operation["operationId"]: f"{operation['x-sdk-resource']}.{operation['x-sdk-method']}"
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "x-sdk-method" in operation
    }
    return re.sub(r"`(\w+)`", lambda named: f"`{methods.get(named[1], named[1])}`", text)


def _holders(node: Any, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if isinstance(node, dict):
        if isinstance(node.get("x-sdk-constants"), dict):
            yield where, node
        for name, value in node.items():
            if name != "x-extensions":  # which describes them
                yield from _holders(value, (*where, str(name)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _holders(value, (*where, str(index)))


def _value(holder: Mapping[str, Any], name: str, stated: Any) -> Any:
    """Return the value of a constant: a literal, or the value of the sibling keyword that it names."""
    if not isinstance(stated, str):
        return stated
    if stated not in holder:
        raise GenerationFailed(f"x-sdk-constants: {name} is the value of {stated}, which is not there")
    value = holder[stated]
    if stated == "pattern":
        start, end = f"^{WHITE_SPACE}", f"{WHITE_SPACE}$"
        if value.startswith(start) and value.endswith(end):
            return f"^{value.removeprefix(start).removesuffix(end)}$"
    return value


def _code(value: Any) -> str:
    if isinstance(value, list):
        return f"frozenset({{{', '.join(map(repr, sorted(value)))}}})"
    if isinstance(value, str) and "\\" in value:
        return f"r{value!r}".replace("\\\\", "\\")
    return repr(value)


def _place(where: tuple[str, ...]) -> str:
    """The place in the document."""
    if where[:1] == ("paths",):
        return f"{where[2].upper()} {where[1]}"
    return "/".join(where)
