"""The constants that the document states, by its `x-sdk-constants`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import GenerationFailed

WHITE_SPACE = r"[\t-\r ]*"
"""In a pattern: the white space that a server drops around a string. The constants are for what is left."""


@dataclass(frozen=True)
class Constant:
    """A constant: its name, its value as code, and where the document states it."""

    name: str
    value: str
    where: str

    @property
    def type(self) -> str:
        """The annotation."""
        return "Final[frozenset[str]]" if self.value.startswith("frozenset") else "Final"


def constants(document: Mapping[str, Any]) -> list[Constant]:
    """All constants of a document, in its order.

    Raises:
        GenerationFailed: one name stands for two values, or for a keyword that is not there.
    """
    found = {"API_VERSION": Constant("API_VERSION", repr(document["info"]["version"]), "info/version")}
    for where, holder in _holders(document, ()):
        for name, stated in holder["x-sdk-constants"].items():
            constant = Constant(name, _code(_value(holder, name, stated)), _place(where))
            if found.setdefault(name, constant).value != constant.value:
                raise GenerationFailed(f"x-sdk-constants: {name} has two values")
    return list(found.values())


def _holders(node: Any, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if isinstance(node, dict):
        if isinstance(node.get("x-sdk-constants"), dict):
            yield where, node
        for name, value in node.items():
            yield from _holders(value, (*where, str(name)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _holders(value, (*where, str(index)))


def _value(holder: Mapping[str, Any], name: str, stated: Any) -> Any:
    """A number or a list is the value itself; a string names the keyword beside it that has the value."""
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
    """Where in the document."""
    if where[:1] == ("paths",):
        return f"{where[2].upper()} {where[1]}"
    return "/".join(where)
