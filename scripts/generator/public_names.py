"""The names in a generated client that callers can use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def public_names(package: Path) -> set[str]:
    """Return the public names: models, fields, enums, values, operations, resource methods and constants."""
    names: set[str] = set()
    for path in _modules(package, "models"):
        names |= set(_of_model(_parsed(path)))
    for path in _modules(package, "api/*"):
        endpoint = f"{path.parent.name}.{path.stem}"
        names |= {f"endpoint {endpoint}", *_of_function(_parsed(path), "request", endpoint)}
    for path in _modules(package, "resources/_sync"):
        names |= set(_of_resource(_parsed(path)))
    constants = package / "constants.py"
    if constants.exists():
        names |= {
            f"constant {node.target.id}"
            for node in _parsed(constants).body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }
    return names


def _modules(package: Path, folder: str) -> Iterator[Path]:
    return (path for path in package.glob(f"{folder}/*.py") if path.name != "__init__.py")


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _of_model(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            yield f"model {node.name}"
            for item in node.body:
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                    yield f"field {node.name}.{item.target.id}"
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            yield f"enum {name}"
            for value in ast.walk(node.value):
                if isinstance(value, ast.Constant):
                    yield f"value {name} {value.value!r}"


def _of_function(module: ast.Module, function: str, endpoint: str) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            for name in _arguments(node):
                yield f"parameter {endpoint}({name})"


def _of_resource(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and not item.name.startswith("_"):
                    yield f"method {node.name}.{item.name}"
                    for name in _arguments(item):
                        yield f"argument {node.name}.{item.name}({name})"


def _arguments(function: ast.FunctionDef) -> Iterator[str]:
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.arg != "self":
            yield argument.arg
