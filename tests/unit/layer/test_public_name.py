"""`import helmr`: the public name of the layer."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

import pytest

import helmr
import helmr_ergonomic
from helmr.errors import __all__ as names_of_errors

OWN_MODULES = {"aio", "errors"}


@pytest.mark.parametrize("name", sorted(set(helmr_ergonomic.__all__) - OWN_MODULES))
def test_helmr_has_every_public_name_of_the_layer(name: str) -> None:
    assert getattr(helmr, name) is getattr(helmr_ergonomic, name)


@pytest.mark.parametrize("module", sorted(OWN_MODULES))
def test_aio_and_errors_are_modules_with_the_names_of_the_layer(module: str) -> None:
    ours, layer = import_module(f"helmr.{module}"), import_module(f"helmr_ergonomic.{module}")
    assert getattr(helmr, module) is ours
    assert all(getattr(ours, name) is getattr(layer, name) for name in ours.__all__)


def test_errors_has_every_exception_of_the_layer() -> None:
    from helmr_ergonomic import errors as layer

    exceptions = {
        name
        for name, value in vars(layer).items()
        if isinstance(value, type) and issubclass(value, layer.HelmrError) and not name.startswith("_")
    }
    assert exceptions <= set(names_of_errors)
    assert {getattr(layer, name).__module__ for name in exceptions} == {"helmr.errors"}


def test_helmr_lists_its_names_and_raises_attribute_error_for_others() -> None:
    assert helmr.__all__ == helmr_ergonomic.__all__
    assert dir(helmr) == sorted(helmr.__all__)
    with pytest.raises(AttributeError, match="module 'helmr' has no attribute 'workflows'"):
        _ = helmr.workflows  # type: ignore[attr-defined]


PROGRAM = """
import sys
from helmr import sessions, runs, tokens, tasks, auth, aio, errors, task, InputStream
import helmr.aio, helmr.errors
heavy = {"httpx", "helmr_api.models", "pydantic", "apsw"} & sys.modules.keys()
assert not heavy, heavy
"""


def test_importing_helmr_reads_no_configuration_and_loads_no_http_client() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HELMR_")}
    subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True)
