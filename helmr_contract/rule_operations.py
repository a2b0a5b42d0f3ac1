"""Finds the operations that a rule is about, and those that its test also uses, in the source of the test."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from helmr_contract.document import Document
from helmr_contract.rules import FOLDER, RuleInfo

_METHODS = {"get": "GET", "post": "POST", "patch": "PATCH", "put": "PUT", "delete": "DELETE", "follow": "GET"}
_SHARED = ("helpers.py", "workspace_processes.py")
_VERBS = {"GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class RuleSource:
    """Facts about a rule, from the source of its test."""

    about: tuple[str, ...]  # operations that the test itself calls, in the document's order
    uses: tuple[str, ...]  # operations that only its setup calls
    says: str  # the docstring; empty if the name is sufficient
    code: str


@cache
def read(rule: RuleInfo, document: Document) -> RuleSource:
    """Analyse the source of a rule's test."""
    module = _module(FOLDER / f"test_{rule.module}.py")
    shared = [_module(FOLDER / name) for name in _SHARED]
    test = module.functions[rule.function]
    about = _operations(test, document, module)
    uses = {
        operation
        for name in _called(test)
        if name not in module.functions
        for one in shared
        if name in one.functions
        for operation in _operations(one.functions[name], document, one)
    }
    order = list(document.operations)
    return RuleSource(
        about=tuple(sorted(about or uses, key=order.index)),
        uses=tuple(sorted(uses - about if about else (), key=order.index)),
        says=" ".join((ast.get_docstring(test) or "").split()),
        code="\n".join(module.lines[test.lineno - 1 : test.end_lineno]),
    )


@dataclass(frozen=True, eq=False)
class _Module:
    lines: list[str]
    functions: dict[str, ast.FunctionDef]
    constants: dict[str, ast.expr]


@cache
def _module(path: Path) -> _Module:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return _Module(text.splitlines(), functions, constants)


@cache
def _operations(function: ast.FunctionDef, document: Document, module: _Module) -> frozenset[str]:
    """Return the operations in a function, and in the functions and constants of its module that it uses."""
    found: set[str] = set()
    nodes: list[ast.AST] = [function]
    seen = {function.name}
    while nodes:
        mentions = _mentions(nodes.pop())
        for path, method in mentions.paths:
            found |= _matching(document, path, method)
        for name in mentions.names:
            if name not in seen and (more := module.functions.get(name) or module.constants.get(name)):
                seen.add(name)
                nodes.append(more)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Mentions:
    paths: frozenset[tuple[str, str | None]]  # each with the HTTP method, as far as the call names it
    names: frozenset[str]


@cache  # hundreds of rules use the same functions, and the document does not matter here
def _mentions(node: ast.AST) -> _Mentions:
    """Return the API paths and the names in a function or constant."""
    parts = [*ast.walk(node)]
    methods = _methods_of_paths(parts)
    paths = (
        (path, methods.get(id(part)))
        for part in parts
        if isinstance(part, ast.Constant | ast.JoinedStr) and (path := _path(part))
    )
    return _Mentions(frozenset(paths), frozenset(name for part in parts for name in _names(part)))


def _methods_of_paths(parts: Iterable[ast.AST]) -> dict[int, str]:
    """Return the HTTP method for each path, by the `id` of its node, as far as the call names it."""
    found: dict[int, str] = {}
    for call in parts:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            method = _METHODS.get(call.func.attr)
            for argument in call.args[:2]:
                if isinstance(argument, ast.Constant) and argument.value in _VERBS:
                    method = str(argument.value)
                elif method:
                    found[id(argument)] = method
    return found


def _path(node: ast.Constant | ast.JoinedStr) -> str:
    """Return the API path in a string, with `x` for the parts that the test inserts; empty if there is
    none.
    """
    if isinstance(node, ast.Constant):
        text = node.value if isinstance(node.value, str) else ""
    else:
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
    _, _, text = text.rpartition(" ") if text[:7].partition(" ")[0] in _VERBS else ("", "", text)
    text = text.partition("?")[0]
    return text if text.startswith(("/api/", "/healthz", "/readyz")) else ""


@cache
def _matching(document: Document, path: str, method: str | None) -> frozenset[str]:
    operations = document.operations_at(path)
    if method is None and len(operations) > 1:
        return frozenset()  # ambiguous without running the test
    return frozenset({operation.id for operation in operations if method in (None, operation.method)})


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg  # a fixture


@cache
def _called(function: ast.FunctionDef) -> frozenset[str]:
    """Return the names of the methods and functions that a function calls."""
    return frozenset(
        call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
    )
