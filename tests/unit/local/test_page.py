"""The files of the page: their routes, their headers, and rules for scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

import helmr_local.page
from helmr_api.document import load
from helmr_local import LocalHelmr
from helmr_local.document import routes
from helmr_local.page import described_document, link, opening

FOLDER = Path(helmr_local.page.__file__).parent
FILES = [file for file in FOLDER.rglob("*") if file.suffix in (".html", ".css", ".js", ".svg")]
SCRIPTS = [file for file in FILES if file.suffix == ".js"]


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with LocalHelmr() as helmr, httpx.Client(base_url=helmr.url, trust_env=False) as client:
        yield client


def test_every_file_is_served_without_a_key_and_with_its_type(http: httpx.Client) -> None:
    types = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    assert len(SCRIPTS) > 10
    for file in FILES:
        response = http.get(f"/page/{file.relative_to(FOLDER).as_posix()}")
        assert (response.status_code, response.content) == (200, file.read_bytes())
        assert response.headers["content-type"].startswith(types[file.suffix])
    assert http.get("/").content == (FOLDER / "index.html").read_bytes()


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/page/document.json"])
def test_security_headers_allow_only_the_page_itself(http: httpx.Client, path: str) -> None:
    headers = http.get(path).headers
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        *[
            "/page",
            "/page/",
            "/page/views",
            "/page//main.js",
            "/page/%2e%2e/cli.py",
        ],
        *["/page/__init__.py", "/page/opening.py", "/index.html", "/favicon.ico", "/anything"],
    ],
)
def test_any_other_path_is_not_found(http: httpx.Client, path: str) -> None:
    response = http.get(httpx.URL("/").copy_with(raw_path=path.encode()))
    assert (response.status_code, response.json()) == (404, {"error": "not found"})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_the_page_accepts_only_get(http: httpx.Client, method: str) -> None:
    assert http.request(method, "/").status_code == 404


def test_a_disallowed_host_is_rejected(http: httpx.Client) -> None:
    assert http.get("/", headers={"Host": "evil.example"}).status_code == 421


def test_scripts_do_not_turn_strings_into_markup_or_code() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|srcdoc"
        r"|createContextualFragment|setHTML|https?://|\son\w+=[\"']"
    )
    for file in [*SCRIPTS, FOLDER / "index.html"]:
        assert not forbidden.search(file.read_text(encoding="utf-8")), file.name


def test_scripts_use_only_documented_operations() -> None:
    known = {route.operation_id for route in routes(load())}
    named = set[str]()
    for file in SCRIPTS:
        text = file.read_text(encoding="utf-8")
        named |= set(re.findall(r"\b(?:call|follow|limit|has)\(\s*\"(\w+)\"", text))
    assert len(named) > 10
    assert named <= known


def test_scripts_contain_no_api_paths() -> None:
    for file in SCRIPTS:
        assert "/api/" not in file.read_text(encoding="utf-8"), file.name


def test_the_page_gets_operations_enums_and_limits_from_the_document() -> None:
    data = described_document(load())
    assert data["operations"]["getRun"]["path"] == "/api/runs/{run_id}"
    assert data["operations"]["listSessions"]["limit"] == 200
    assert data["enums"]["SessionStatus"] == ["open", "closed", "cancelled", "expired"]
    assert data["final"].keys() >= {"SessionStatus", "RunStatus", "TokenStatus"}
    assert "run.completed" in data["constants"]["RUN_END_EVENT_KINDS"]
    json.dumps(data)


def test_the_browser_gets_the_link_in_a_private_file_and_not_as_an_argument() -> None:
    address = link("http://127.0.0.1:1", "hlmr_sk_secret")
    assert address == "http://127.0.0.1:1/#key=hlmr_sk_secret"
    with patch("webbrowser.open", return_value=True) as opened, opening.browser(address) as done:
        assert done
        (given,) = opened.call_args.args
        file = Path(httpx.URL(given).path)
        assert "secret" not in given
        assert address in file.read_text(encoding="utf-8")
        assert file.parent.stat().st_mode & 0o077 == 0
    assert not file.exists()
