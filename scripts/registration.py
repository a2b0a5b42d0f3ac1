"""Generate the layer's resource attributes and facades, event classes and public names, and the document as
JSON.

A client has the resources whose operations take the API key or no credential. The layer's module
`_async/<resource>.py`, if it exists, replaces the generated class. The public names are those that the
layer's modules pass to `public`.
"""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from event_classes import event_module
from formatting import format_tree
from openapi_document import load

ROOT = Path(__file__).resolve().parent.parent
LAYER = "helmr_ergonomic"
# Public names that are not classes or functions of the layer, and their modules.
MORE_NAMES = {
    "API_VERSION": "._version",
    "AsyncPager": "helmr_api.paging",
    "DeployedTask": "._aliases",
    "HelmrError": ".errors",
    "Pager": "helmr_api.paging",
    "SessionRun": "helmr_api.models",
    "SessionSnapshot": "._sessions",
    "StreamInfo": "._aliases",
    "aio": ".aio",
    "errors": ".errors",
    "idempotency_keys": ".idempotency",
}
HEADER = "# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.\n"


class Resource(NamedTuple):
    """A resource of the client."""

    name: str
    description: str
    module: str
    """The module of the asynchronous class, relative to the layer."""

    @property
    def class_name(self) -> str:
        """The name of the class, without `Async`."""
        return "".join(word.capitalize() for word in self.name.split("_"))


def resources(document: dict[str, Any], layer: Path) -> list[Resource]:
    """Return the resources of a client with an API key, sorted by name."""
    needed = {name for scheme in document.get("security", []) for name in scheme}
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    described: dict[str, str] = {}
    excluded: set[str] = set()
    for path in document["paths"].values():
        for operation in path.values():
            if not isinstance(operation, dict) or "x-sdk-resource" not in operation:
                continue
            name = operation["x-sdk-resource"].partition(".")[0]
            described.setdefault(name, tags[operation["tags"][0]])
            if any(not needed.issuperset(scheme) for scheme in operation.get("security", [])):
                excluded.add(name)
    return [
        Resource(
            name,
            " ".join(described[name].split()),
            f"._async.{name}" if (layer / "_async" / f"{name}.py").exists() else "helmr_api.resources",
        )
        for name in sorted(described.keys() - excluded)
    ]


def files(root: Path = ROOT) -> dict[str, str]:
    """Return the content of each generated file of the layer, by path."""
    document = load(root / "openapi.yaml")
    found = resources(document, root / LAYER)
    modules: dict[str, str] = {}
    if "RunEvent" in document["components"]["schemas"]:
        modules["events"] = event_module(document, (root / LAYER / "_events.py").read_text(encoding="utf-8"))
    sources = {
        **{f"{LAYER}/{name}.py": source for name, source in modules.items()},
        f"{LAYER}/_async/_resources.py": _clients(found),
        f"{LAYER}/_facades.py": _facades(found, "", "facade", "The facades"),
        f"{LAYER}/_aio_facades.py": _facades(found, "Async", "_aio_client", "The asynchronous facades"),
        f"{LAYER}/_names.py": _names(root / LAYER, found, modules),
        "helmr/errors.py": _errors(root / LAYER),
    }
    with tempfile.TemporaryDirectory(prefix="register-") as folder:
        for name, text in sources.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(HEADER + text, encoding="utf-8")
        format_tree(Path(folder))
        return {name: Path(folder, name).read_text(encoding="utf-8") for name in sources}


def _clients(found: list[Resource]) -> str:
    imports = [f"from {_below(one.module, 1)} import Async{one.class_name}" for one in found]
    lines = [
        '"""The resources of a client, each created on first use."""',
        "from __future__ import annotations",
        "from functools import cached_property",
        "from typing import TYPE_CHECKING",
        "if TYPE_CHECKING:",
        *(f"    {line}" for line in imports),
        "    from .transport import AsyncTransport",
        "class AsyncResources:",
        '    """The resources as attributes of a client."""',
        "    _transport: AsyncTransport",
    ]
    for one, line in zip(found, imports, strict=True):
        lines += [
            "    @cached_property",
            f"    def {one.name}(self) -> Async{one.class_name}:",
            f'        """{one.description}"""',
            f"        {line}",
            f"        return Async{one.class_name}(self._transport)",
        ]
    return "\n".join(lines) + "\n"


def _facades(found: list[Resource], half: str, client: str, what: str) -> str:
    modules = {one.name: one.module if half else one.module.replace("_async", "_sync") for one in found}
    imports = [f"from {modules[one.name]} import {half}{one.class_name}" for one in found]
    lines = [
        f'"""{what}: the resources of the control plane configured by the environment."""',
        "from __future__ import annotations",
        "from collections.abc import Callable, Mapping",
        "from typing import TYPE_CHECKING, Any, Final, cast",
        "from ._facade import Facade",
        "if TYPE_CHECKING:",
        *(f"    {line}" for line in imports),
        "__all__ = [" + ", ".join(f'"{one.name}"' for one in found) + "]",
        "def _client() -> Any:",
        f"    from .{client} import shared_client",
        "    return shared_client()",
    ]
    for one, line in zip(found, imports, strict=True):
        kind = f"{half}{one.class_name}"
        lines += [
            f"def _{one.name}() -> type:",
            f"    {line}",
            f"    return {kind}",
        ]
    lines += [
        "RESOURCES: Final[Mapping[str, Callable[[], type]]] = {",
        *(f'    "{one.name}": _{one.name},' for one in found),
        "}",
        '"""Functions that load the class of each resource."""',
    ]
    for one in found:
        kind = f"{half}{one.class_name}"
        lines += [
            f'{one.name}: {kind} = cast("{kind}", Facade("{one.name}", _{one.name}, _client))',
            f'"""{one.description}"""',
        ]
    return "\n".join(lines) + "\n"


def public_resources(root: Path = ROOT) -> frozenset[str]:
    """Return the resources whose generated classes are public because the layer does not replace them."""
    found = resources(load(root / "openapi.yaml"), root / LAYER)
    return frozenset(one.name for one in found if not one.module.startswith("."))


def _names(layer: Path, found: list[Resource], generated: Mapping[str, str]) -> str:
    """Return the module that lists the public names, which are imported on first use."""
    homes = dict(MORE_NAMES)
    for one in found:
        if not one.module.startswith("."):
            homes[one.class_name] = homes[f"Async{one.class_name}"] = one.module
    for path in sorted([*layer.glob("*.py"), *layer.glob("_async/*.py")]):
        for name in _made_public(generated.get(path.stem) or path.read_text(encoding="utf-8")):
            if path.parent.name == "_async":
                homes[name] = f"._async.{path.stem}"
                if name.startswith("Async"):  # others have no synchronous form
                    homes[name.removeprefix("Async")] = f"._sync.{path.stem}"
            else:
                homes[name] = f".{path.stem}"
    imports = [
        f"    from {'.' if home == f'.{name}' else home} import {name}"
        for name, home in sorted(homes.items())
    ]
    lines = [
        '"""The public names of the layer, and the module of each."""',
        "from __future__ import annotations",
        "from collections.abc import Mapping",
        "from typing import TYPE_CHECKING, Final",
        "if TYPE_CHECKING:",
        *imports,
        "__all__ = [" + ", ".join(f'"{name}"' for name in homes) + "]",
        "HOMES: Final[Mapping[str, str]] = {",
        *(f'    "{name}": "{homes[name]}",' for name in sorted(homes)),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _errors(layer: Path) -> str:
    """Return the public module of the exceptions: those that the layer defines or re-exports."""
    names: set[str] = set()
    for node in ast.parse((layer / "errors.py").read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names.update(one.asname for one in node.names if one.asname)
    public = sorted(name for name in names if not name.startswith("_"))
    lines = [
        '"""Every exception that this package raises, in one tree under `HelmrError`."""',
        "from __future__ import annotations",
        f"from {LAYER}.errors import {', '.join(public)}",
        "__all__ = [" + ", ".join(f'"{name}"' for name in public) + "]",
    ]
    return "\n".join(lines) + "\n"


def _made_public(source: str) -> Iterator[str]:
    """Yield the names that a module passes to `public`."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            if isinstance(call.func, ast.Name) and call.func.id == "public":
                yield from (one.id for one in call.args if isinstance(one, ast.Name))


def _below(module: str, depth: int) -> str:
    """Return a module's name relative to a package of the layer."""
    return re.sub(r"^\._async\.", "." * depth, module)


def drift(root: Path = ROOT) -> list[str]:
    """Return one line for each generated file that differs from the document."""
    return [
        f"{name}: differs from the document"
        for name, text in files(root).items()
        if not (root / name).exists() or (root / name).read_text(encoding="utf-8") != text
    ]


def write(root: Path = ROOT) -> list[str]:
    """Write the files that changed, and return their names."""
    changed = drift(root)
    for name, text in files(root).items():
        (root / name).write_text(text, encoding="utf-8")
    return changed
