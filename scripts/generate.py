"""Generate the low-level client, `generated/helmr_api/`, from `openapi.yaml`.

    python scripts/generate.py           generate; print what changed in the public names
    python scripts/generate.py --check   compare only; name each file that differs, is missing or is extra

Runs the pinned openapi-python-client with `generator-config.yaml` and the templates in `scripts/templates/`.
Whatever the generator only warns about (a schema or an operation that it leaves out) is an error here.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from formatting import format_tree

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "openapi.yaml"
TARGET = ROOT / "generated" / "helmr_api"
HEADER = "# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.\n"
# Modules of the client that do not depend on the document.
MODULES = ROOT / "scripts" / "templates" / "modules"
COPY_HEADER = "# Copied from scripts/templates/modules/{name}: edit that file, then run `make generate`.\n"


class GenerationFailed(Exception):
    """The document cannot be turned into a client as a whole."""


def generate(target: Path, document: Path = DOCUMENT) -> None:
    """Write the client of `document` into the folder `target`, which must not exist.

    Raises:
        GenerationFailed: the generator left something out, or could not run.
    """
    # Imported here: it takes a second, and `--help` or a failing argument needs none of it.
    from openapi_python_client import Project, _get_document
    from openapi_python_client.config import Config, ConfigFile, MetaType
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.errors import GeneratorError
    from openapi_python_client.strings import ClassName

    config = Config.from_sources(
        ConfigFile.load_from_path(ROOT / "generator-config.yaml"),
        MetaType.NONE,
        document,
        "utf-8",
        overwrite=False,
        output_path=target,
    )
    content = _get_document(source=document, timeout=0)
    if not isinstance(content, dict):
        raise GenerationFailed(_described([content]) if content else "it is empty")
    parsed = GeneratorData.from_dict(_spelled_out(content), config=config)
    if isinstance(parsed, GeneratorError):
        raise GenerationFailed(_described([parsed]))
    project = Project(openapi=parsed, config=config, custom_template_path=ROOT / "scripts" / "templates")
    with contextlib.redirect_stdout(io.StringIO()):  # it says where it writes
        errors = project.build()
    if errors:
        raise GenerationFailed(_described(errors))
    made = {model.class_info.name for model in parsed.models}
    schemas = content.get("components", {}).get("schemas", {})
    objects = [name for name, schema in schemas.items() if schema.get("type") == "object"]
    missing = [name for name in objects if ClassName(name, config.field_prefix) not in made]
    if missing:
        raise GenerationFailed(f"no model was made for {', '.join(missing)}")
    endpoints = sum(len(group.endpoints) for group in parsed.endpoint_collections_by_tag.values())
    modules = len([path for path in target.glob("api/*/*.py") if path.name != "__init__.py"])
    if endpoints != modules:
        raise GenerationFailed(
            f"{endpoints} operations gave {modules} modules: two operationIds give one name"
        )
    (target / "py.typed").touch()
    for path in target.rglob("*.py"):
        path.write_text(HEADER + path.read_text(encoding="utf-8"), encoding="utf-8")
    for path in MODULES.glob("*.py"):
        content = COPY_HEADER.format(name=path.name) + path.read_text(encoding="utf-8")
        (target / path.name).write_text(content, encoding="utf-8")
    format_tree(target)


def _spelled_out(node: Any) -> Any:
    """The same document, said in the way that the generator understands.

    It takes `allOf` with a single reference for that reference, and drops what stands beside it: own members
    are moved into the `allOf`. It documents a parameter by the description of its schema: the parameter's own
    goes there.
    """
    if isinstance(node, list):
        return [_spelled_out(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {name: _spelled_out(item) for name, item in node.items()}
    if isinstance(made.get("allOf"), list) and "properties" in made:
        own = {name: made.pop(name) for name in ("properties", "required") if name in made}
        made["allOf"] = [*made["allOf"], {"type": "object", **own}]
    if "in" in made and "description" in made and "$ref" not in made.get("schema", {"$ref": ""}):
        made["schema"] = {**made["schema"], "description": made["description"]}
    return made


def _described(errors: Sequence[object]) -> str:
    lines: list[str] = []
    for error in errors:
        header, detail = getattr(error, "header", ""), getattr(error, "detail", "")
        lines.append(f"{str(header).strip()} {str(detail or '').strip()}".strip())
        if data := getattr(error, "data", None):
            lines.append(f"    in {str(data)[:400]}")
    return "\n".join(lines)


def drift(root: Path = ROOT) -> list[str]:
    """One line for each file of the committed client that is not as the document gives it."""
    with _fresh(root / "openapi.yaml") as fresh:
        return compare(fresh, root / "generated" / "helmr_api")


def compare(fresh: Path, committed: Path) -> list[str]:
    """What differs between a fresh client and the committed one, by file."""
    wanted, present = _files(fresh), _files(committed)
    name = "generated/helmr_api"
    lines = [f"{name}/{path}: missing" for path in sorted(wanted.keys() - present.keys())]
    lines += [f"{name}/{path}: extra" for path in sorted(present.keys() - wanted.keys())]
    return lines + [
        f"{name}/{path}: differs from what the document gives"
        for path in sorted(wanted.keys() & present.keys())
        if wanted[path] != present[path]
    ]


@contextlib.contextmanager
def _fresh(document: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="generate-") as folder:
        fresh = Path(folder) / "helmr_api"
        generate(fresh, document)
        yield fresh


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def write(root: Path = ROOT) -> tuple[list[str], list[str]]:
    """Bring the committed client up to date. Returns (files changed, public names added and removed)."""
    committed = root / "generated" / "helmr_api"
    with _fresh(root / "openapi.yaml") as fresh:
        changed = compare(fresh, committed)
        before, after = public_names(committed), public_names(fresh)
        wanted, present = _files(fresh), _files(committed)
        for name in present.keys() - wanted.keys():
            (committed / name).unlink()
        for name, content in wanted.items():
            if present.get(name) != content:
                (committed / name).parent.mkdir(parents=True, exist_ok=True)
                (committed / name).write_bytes(content)
        for folder in sorted(committed.rglob("*"), reverse=True):
            if folder.is_dir() and not any(path.name != "__pycache__" for path in folder.iterdir()):
                shutil.rmtree(folder)
    names = [f"+ {name}" for name in sorted(after - before)] + [
        f"- {name}" for name in sorted(before - after)
    ]
    return changed, names


def public_names(package: Path) -> set[str]:
    """What a caller can name: models and members, enums and values, endpoints and parameters."""
    names: set[str] = set()
    for path in package.glob("models/*.py"):
        if path.name != "__init__.py":
            names |= set(_model_names(ast.parse(path.read_text(encoding="utf-8"))))
    for path in package.glob("api/*/*.py"):
        if path.name != "__init__.py":
            endpoint = f"{path.parent.name}.{path.stem}"
            names.add(f"endpoint {endpoint}")
            names |= set(_parameter_names(ast.parse(path.read_text(encoding="utf-8")), endpoint))
    return names


def _model_names(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            yield f"model {node.name}"
            for item in node.body:
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                    yield f"member {node.name}.{item.target.id}"
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            yield f"enum {name}"
            for value in ast.walk(node.value):
                if isinstance(value, ast.Constant):
                    yield f"value {name} {value.value!r}"


def _parameter_names(module: ast.Module, endpoint: str) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name == "get_kwargs":
            for argument in (*node.args.args, *node.args.kwonlyargs):
                yield f"parameter {endpoint}({argument.arg})"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Generate the low-level client from openapi.yaml.")
    parser.add_argument(
        "--check", action="store_true", help="compare only; exit 1 when a file is not as generated"
    )
    try:
        if parser.parse_args(arguments).check:
            lines = drift()
            print("\n".join([*lines, "run `make generate`"]) if lines else "generated client: up to date")
            return 1 if lines else 0
        changed, names = write()
    except GenerationFailed as error:
        print(f"openapi.yaml does not give a whole client:\n{error}", file=sys.stderr)
        return 1
    print(
        f"generated client: {len(changed)} files changed"
        if changed
        else "generated client: nothing to change"
    )
    if names:
        print("public names added (+) and removed (-):")
        print("\n".join(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
