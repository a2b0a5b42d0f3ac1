"""Generate, once per session, the client of a small document that uses every feature."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.unit.scripts import script

generate: Any = script("generate")
DOCUMENT = Path(__file__).parent / "sample.yaml"


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory that holds the sample document's client, importable as `sample_api`."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "openapi.yaml").write_text(DOCUMENT.read_text(encoding="utf-8"), encoding="utf-8")
    generate.generate(folder / "sample_api", folder / "openapi.yaml")
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "sample_api"]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def load(sample: Path) -> Callable[[str], Any]:
    """Return a function that imports a module of the sample client: `load("types")`."""

    def module(name: str) -> ModuleType:
        return importlib.import_module(f"sample_api.{name}")

    return module


@pytest.fixture(scope="session")
def models(load: Callable[[str], Any]) -> Any:
    """The models of the sample client."""
    return load("models")
