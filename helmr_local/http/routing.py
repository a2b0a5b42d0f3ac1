"""Maps paths to operations, by the matching rules of the real server's router."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from ..document import Route


class RoutingError(RuntimeError):
    """The document and the handlers disagree."""


@dataclass(frozen=True)
class Target:
    """A matched operation.

    Args:
        names: The names of the path parameters, in order.
    """

    route: Route
    names: tuple[str, ...]

    @property
    def operation_id(self) -> str:
        return self.route.operation_id


@dataclass
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict[str, "_Node"])
    parameter: _Node | None = None
    targets: dict[str, Target] = field(default_factory=dict[str, Target])


class Router:
    """A tree of path segments. A literal segment that supports the method takes precedence over a
    parameter.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        self._literal: dict[tuple[str, str], Target] = {}  # the routes without parameters
        self._operations: set[str] = set()
        for route in routes:
            self._add(route)

    def check(self, operations: Set[str]) -> None:
        """Check that the routes and the handlers have the same operations.

        Raises:
            RoutingError: An operation has no handler, or a handler has no operation.
        """
        missing = sorted(self._operations - operations)
        extra = sorted(operations - self._operations)
        if missing or extra:
            raise RoutingError(
                f"openapi.yaml and helmr_local disagree: operations without a handler {missing}, "
                f"handlers without an operation {extra}"
            )

    def _add(self, route: Route) -> None:
        node, names = self._root, list[str]()
        for segment in route.path.lstrip("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literal.setdefault(segment, _Node())
        target = node.targets[route.method] = Target(route, tuple(names))
        if not names:
            self._literal[route.method, route.path] = target
        self._operations.add(route.operation_id)

    def find(self, method: str, path: str) -> tuple[Target, dict[str, str]] | list[str] | None:
        """Return the operation and its path parameters. If the path does not support the method, return the
        methods that it supports; if the path is unknown, return None.
        """
        target = self._literal.get((method, path))
        if target is not None:
            return target, {}
        segments = path[1:].split("/")
        allowed: list[str] = []
        found = self._walk(self._root, segments, 0, method, [], allowed)
        if found is not None:
            target, values = found
            return target, dict(zip(target.names, values, strict=True))
        return allowed or None

    def _walk(
        self, node: _Node, segments: list[str], index: int, method: str, values: list[str], allowed: list[str]
    ) -> tuple[Target, list[str]] | None:
        if index == len(segments):
            target = node.targets.get(method)
            if target is not None:
                return target, values
            allowed.extend(name for name in node.targets if name not in allowed)
            return None
        segment = segments[index]
        literal = node.literal.get(segment)
        if literal is not None:
            found = self._walk(literal, segments, index + 1, method, values, allowed)
            if found is not None:
                return found
        # A parameter may be empty in the middle of a path, but not at its end.
        if node.parameter is not None and (segment or index + 1 < len(segments)):
            return self._walk(node.parameter, segments, index + 1, method, [*values, segment], allowed)
        return None
