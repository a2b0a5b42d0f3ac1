"""Health routes."""

from __future__ import annotations

import pytest

from helmr_contract.behaviour.helpers import Api, rule, version_header

pytestmark = rule("tokens-auth-errors.md 1.11")


def test_healthz_returns_ok_without_credentials(anonymous: Api) -> None:
    response = anonymous.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_returns_ready_without_credentials(anonymous: Api) -> None:
    response = anonymous.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@rule("tokens-auth-errors.md 1.3")
def test_health_neither_checks_nor_sends_the_version_header(anonymous: Api, path: str) -> None:
    response = anonymous.get(path, headers={"Helmr-API-Version": "1999-01-01"})
    assert response.status_code == 200
    assert version_header(response) is None
