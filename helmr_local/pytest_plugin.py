"""Fixtures for tests against a local control plane. Nothing is imported until a test uses one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from helmr_ergonomic import AsyncHelmrClient, HelmrClient

    from . import LocalEnvironment, LocalHelmr

_MARK, _OLD_MARK = "helmr", "helmr_tasks"
_SHARED = "shared"
_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "helmr_tasks",
        "Modules with the tasks for the local control planes of tests.",
        type="linelist",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "helmr(tasks=..., shared=False, clock=..., **options): the local control plane of the "
        "test. tasks (functions decorated with @implement, modules, or their names) and the "
        "other options are arguments of LocalHelmr. With shared=True, the test gets an "
        "environment of the control plane that all such tests share.",
    )
    config.addinivalue_line(
        "markers", "helmr_tasks(*tasks, **options): the same as helmr(tasks=[...], **options)."
    )


@pytest.fixture
def local_helmr(request: pytest.FixtureRequest) -> Iterator[LocalHelmr]:
    """A local control plane for one test, configured by its `helmr` marks."""
    options = _options(request)
    if options.pop(_SHARED, False):
        pytest.fail("helmr(shared=True) is for shared_local_helmr, local_helmr_env and the clients", False)
    with _local_helmr(request.config, options) as helmr:
        yield helmr


@pytest.fixture(scope="session")
def _shared_server(request: pytest.FixtureRequest) -> Iterator[LocalHelmr]:
    with _local_helmr(request.config, {}) as helmr:
        yield helmr


@pytest.fixture
def shared_local_helmr(_shared_server: LocalHelmr) -> LocalEnvironment:
    """A separate environment of the local control plane that the test session shares. It has the tasks of the
    ini option `helmr_tasks`. Tests cannot see each other's data.
    """
    return _shared_server.environment(f"test-{next(_numbers)}")


@pytest.fixture
def local_helmr_env(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> LocalHelmr | LocalEnvironment:
    """The control plane of the test, with `HELMR_API_URL` and `HELMR_API_KEY` set, so that the facades use
    it.
    """
    helmr = _of_test(request)
    for name, value in helmr.environ().items():
        monkeypatch.setenv(name, value)
    return helmr


@pytest.fixture
def helmr_client(request: pytest.FixtureRequest) -> Iterator[HelmrClient]:
    """A client of the test's control plane; closed at the end of the test."""
    with _of_test(request).client() as client:
        yield client


@pytest.fixture
def async_helmr_client(request: pytest.FixtureRequest) -> AsyncHelmrClient:
    """An async client of the test's control plane: `async with async_helmr_client as client`.

    It works with any plugin that runs async tests. The test closes it, on its own event loop.
    """
    return _of_test(request).async_client()


def _of_test(request: pytest.FixtureRequest) -> LocalHelmr | LocalEnvironment:
    """Return the control plane that the test uses, as requested by its fixtures or, without any, by its
    marks.
    """
    shared = "shared_local_helmr" in request.fixturenames or (
        "local_helmr" not in request.fixturenames and _options(request).get(_SHARED, False)
    )
    found: LocalHelmr | LocalEnvironment = request.getfixturevalue(
        "shared_local_helmr" if shared else "local_helmr"
    )
    return found


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the options of all marks. Those of the test override those of its class and module."""
    options: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers())):
        if mark.name == _MARK:
            if mark.args:
                pytest.fail(f"helmr takes keywords: @pytest.mark.helmr(tasks={mark.args[0]!r})", False)
            options |= mark.kwargs
        elif mark.name == _OLD_MARK:
            options |= {"tasks": list(mark.args), **mark.kwargs}
    return options


def _local_helmr(config: pytest.Config, options: dict[str, Any]) -> LocalHelmr:
    # `fail` is called after the blocks, so that pytest shows only its message and not the exception as well.
    try:
        from . import LocalHelmr

        tasks = options.pop("tasks", None)
        if tasks is None:
            tasks = config.getini("helmr_tasks")
        return LocalHelmr(tasks=_flat(tasks), **options)
    except ModuleNotFoundError as error:
        reason = str(error)
    except (TypeError, ValueError) as error:
        reason = f"the helmr mark of this test is invalid: {error}"
    pytest.fail(reason, False)


def _flat(tasks: Any) -> Any:
    """Flatten lists within the list of tasks."""
    if not isinstance(tasks, (list, tuple)):
        return tasks
    flat: list[Any] = []
    for given in cast("list[Any]", tasks):
        flat += cast("list[Any]", given) if isinstance(given, (list, tuple)) else [given]
    return flat
