"""Finds the resources and constructs each with the arguments that its constructor names."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar, get_type_hints

from ..engine.context import Context
from ..http.request import Endpoint
from .base import Resource

R = TypeVar("R", bound=Resource)


class ResourceError(RuntimeError):
    """The resources of this package are inconsistent."""


@cache
def discover() -> tuple[type[Resource], ...]:
    """Return the classes of all resources, in the order of their modules."""
    package = importlib.import_module(__package__ or "")
    found: list[type[Resource]] = []
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        module = importlib.import_module(info.name)
        found += [
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Resource) and value.__module__ == info.name
            if value is not Resource
        ]
    return tuple(found)


def schema() -> str:
    """Return the tables of all resources."""
    return "\n".join(kind.SCHEMA for kind in discover())


class Resources:
    """All resources of one server.

    Args:
        context: Passed to each.

    Raises:
        ResourceError: A constructor needs an unknown resource, or two resources depend on each other.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._parts: dict[type, Any] = {Context: context}
        self._underway: list[type] = []

    def add(self, part: object) -> None:
        """Pass this object to the constructors that require its class."""
        self._parts[type(part)] = part

    def make_all(self) -> None:
        """Construct the resources that do not exist yet."""
        for kind in discover():
            self.get(kind)

    def get(self, kind: type[R]) -> R:
        """Return the resource of that class, constructing it if needed."""
        made: R = self._part(kind)
        return made

    def _part(self, kind: type) -> Any:
        if kind not in self._parts:
            if kind not in discover():
                raise ResourceError(
                    f"the constructor of {self._underway[-1].__name__} needs {kind.__name__}, "
                    "which is not a resource"
                )
            if kind in self._underway:
                names = " -> ".join(one.__name__ for one in [*self._underway, kind])
                raise ResourceError(f"resources depend on each other: {names}")
            self._underway.append(kind)
            annotation = _wanted(kind)  # type: ignore[arg-type]  # classes have a hash
            self._parts[kind] = kind(**{name: self._part(wanted) for name, wanted in annotation.items()})
            self._underway.pop()
        return self._parts[kind]

    def __iter__(self) -> Iterator[Resource]:
        return (part for part in self._parts.values() if isinstance(part, Resource))

    def endpoints(self) -> dict[str, Endpoint]:
        """Return every handler by operationId.

        Raises:
            ResourceError: Two resources handle the same operation.
        """
        joined: dict[str, Endpoint] = {}
        for resource in self:
            own: Mapping[str, Endpoint] = resource.endpoints()
            if twice := joined.keys() & own.keys():
                raise ResourceError(f"two resources handle {', '.join(sorted(twice))}")
            joined |= own
        return joined


@cache
def _wanted(kind: type) -> dict[str, type]:
    """Return the types of a constructor's parameters, by name."""
    hints = get_type_hints(vars(kind).get("__init__", Resource.__init__))
    return {name: hints[name] for name in inspect.signature(kind).parameters}
