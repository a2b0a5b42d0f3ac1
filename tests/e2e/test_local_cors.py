"""Web pages of other origins can use the whole API if the user allows them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from helmr_local import LocalHelmr

PAGE = "http://localhost:5173"


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with LocalHelmr(cors_origins=[PAGE]) as helmr:
        headers = {"Authorization": "Bearer " + helmr.api_key, "Origin": PAGE}
        with httpx.Client(base_url=helmr.url, headers=headers) as client:
            yield client


@pytest.mark.parametrize("path", ["/api/sessions", "/api/tokens", "/api/runs/x/events", "/healthz"])
def test_a_preflight_allows_the_methods_of_the_path(http: httpx.Client, path: str) -> None:
    preflight = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-own",
    }
    response = http.options(path, headers=preflight)
    known = http.options(path, headers={"Origin": "http://elsewhere.test"})
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == PAGE
    assert response.headers["access-control-allow-headers"] == "authorization,x-own"
    assert response.headers["access-control-allow-methods"] == known.headers["allow"] != ""


def test_a_preflight_of_a_public_operation_allows_the_same_methods(http: httpx.Client) -> None:
    response = http.options("/api/v1/tokens/x/complete")
    assert response.headers["access-control-allow-methods"] == "POST, OPTIONS"
    assert (
        response.headers["access-control-allow-headers"] == "authorization, content-type, Helmr-API-Version"
    )


@pytest.mark.parametrize("key", [{}, {"Authorization": "Bearer wrong"}])
def test_a_page_reads_responses_and_errors(http: httpx.Client, key: dict[str, str]) -> None:
    response = http.get("/api/tasks", headers=key)
    assert response.status_code == (401 if key else 200)
    assert response.headers["access-control-allow-origin"] == PAGE
    assert response.headers["vary"] == "origin"
    assert "retry-after" in response.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "origin", ["http://localhost:5174", "https://localhost:5173", "http://localhost", "null", "http://[", ""]
)
def test_another_origin_gets_no_headers(http: httpx.Client, origin: str) -> None:
    for response in (
        http.get("/api/tasks", headers={"Origin": origin}),
        http.options("/api/tasks", headers={"Origin": origin}),
    ):
        assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("allowed", ["*", "null"])
def test_file_pages_and_all_origins_can_be_allowed(allowed: str) -> None:
    with LocalHelmr(cors_origins=[allowed]) as helmr:
        response = httpx.get(helmr.url + "/api/tasks", headers={"Origin": "null"})
        assert response.headers["access-control-allow-origin"] == "null"


@pytest.mark.parametrize("origin", ["localhost:5173", "http://localhost/app", "", "http://", "http://a b"])
def test_an_invalid_origin_is_rejected(origin: str) -> None:
    with pytest.raises(ValueError, match="an origin is a scheme, a host"):
        LocalHelmr(cors_origins=[origin])
