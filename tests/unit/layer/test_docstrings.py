"""Every method of a client's resources documents its exceptions and has an example. The examples run in
tests/docs/test_docstring_examples.py.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest


def resources() -> list[Any]:
    from helmr_ergonomic._async import auth, client, health, public, runs, sessions, streams, tokens
    from helmr_ergonomic._async.run_events import AsyncEventResource
    from helmr_ergonomic._async.run_logs import AsyncLogResource

    classes: list[type] = [
        auth.AsyncAuth, client.AsyncHelmrClient, health.AsyncHealth, public.AsyncPublicClient,
        public.AsyncPublicInput, public.AsyncPublicOutput, runs.AsyncRuns, AsyncEventResource,
        AsyncLogResource,
        sessions.AsyncSessions, streams.AsyncInput, streams.AsyncOutput, tokens.AsyncTokens,
    ]  # fmt: skip
    return [
        pytest.param(field, id=f"{owner.__name__}.{name}")
        for owner in classes
        for name, field in inspect.getmembers(owner, inspect.isfunction)
        if not name.startswith("_") and name != "aclose"
    ]


@pytest.mark.parametrize("method", resources())
def test_every_method_documents_its_exceptions_and_has_an_example(method: Any) -> None:
    text = inspect.getdoc(method) or ""
    assert ">>>" in text, "no example"
    says = ("Raises", "Makes no request", "Closing it")
    assert any(words in text for words in says), "does not say what it raises"
