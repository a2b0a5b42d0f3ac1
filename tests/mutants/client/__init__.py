"""Faults of the client: of the layer (async source and derived sync code) and of the generated client.

The client's own tests must catch them.
"""

from __future__ import annotations

from . import follows, requests, responses, safety, starts
from .common import CONNECTION, PATHS, RESPONSES, TYPED_RESPONSES, UNIT

ALL_TESTS = (
    UNIT.rstrip("/"),
    PATHS,
    RESPONSES,
    TYPED_RESPONSES,
    "tests/e2e/test_client_calls.py",
    "tests/e2e/test_client_waiting.py",
    "tests/faults",
    CONNECTION.rstrip("/"),
)

MUTANTS = [
    *requests.MUTANTS,
    *starts.MUTANTS,
    *safety.MUTANTS,
    *responses.MUTANTS,
    *follows.MUTANTS,
]
