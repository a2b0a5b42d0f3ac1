"""Fixtures for tests against a local control plane. Nothing is imported until a test asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from . import LocalHelmr


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "helmr_tasks", "Modules with the tasks of the local_helmr fixture.", type="linelist", default=[]
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "helmr_tasks(*tasks, secrets=None, settings=None): the tasks of the local_helmr fixture "
        "(functions decorated with @implement, modules, or their names).",
    )


@pytest.fixture
def local_helmr(request: pytest.FixtureRequest) -> Iterator[LocalHelmr]:
    """A local control plane for one test, with the tasks of its `helmr_tasks` mark or of the ini option."""
    from . import LocalHelmr

    marker = request.node.get_closest_marker("helmr_tasks")
    tasks: list[Any] = []
    options: dict[str, Any] = {}
    if marker is not None:
        for given in cast("tuple[Any, ...]", marker.args):
            if isinstance(given, list):
                tasks += given
            else:
                tasks.append(given)
        options = dict(marker.kwargs)
    else:
        tasks.extend(request.config.getini("helmr_tasks"))
    with LocalHelmr(tasks=tasks, **options) as helmr:
        yield helmr
