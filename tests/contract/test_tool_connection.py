"""helmr-contract sends requests only to the server under test, and only the given credential."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from helmr_contract.cli import main
from helmr_contract.parsing import BROKEN, CANNOT_TEST, KEPT
from tests.contract.miniature import KEY, Miniature, document, serve

from ..connection.peers import Peer, response

pytestmark = pytest.mark.usefixtures("_miniature_document")


@pytest.fixture
def _miniature_document(monkeypatch: pytest.MonkeyPatch) -> None:
    mini = document()
    monkeypatch.setattr("helmr_contract.document.Document.load", classmethod(lambda cls, path=None: mini))
    monkeypatch.delenv("HELMR_CONTRACT_KEY", raising=False)
    monkeypatch.setenv("HELMR_API_KEY", KEY)


class Recorded:
    """An application that records its requests. Each response sets a cookie; some may be redirects."""

    def __init__(self, app: Any, redirects: tuple[str, ...] = ()) -> None:
        self._app = app
        self._redirects = itertools.cycle(redirects)
        self._redirecting = bool(redirects)
        self.paths: list[str] = []
        self.headers: list[dict[bytes, bytes]] = []
        self.redirected = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self.paths.append(scope["path"])
        self.headers.append(dict(scope["headers"]))
        if self._redirecting and len(self.headers) > 60 and len(self.headers) % 5 == 0:
            self.redirected += 1
            location = [(b"location", next(self._redirects).encode()), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 307, "headers": location})
            await send({"type": "http.response.body"})
            return

        async def with_cookie(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"set-cookie", b"stolen=1; Path=/")]
            await send(message)

        await self._app(scope, receive, with_cookie)


@pytest.fixture
def _netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login user password s3cret\ndefault login user password s3cret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)


def run(url: str, *more: str) -> int:
    return main(["--url", url, "--only", "schema", "--max-examples", "2", "--seed", "5", *more])


@pytest.mark.usefixtures("_netrc")
def test_the_schema_tests_follow_the_connection_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Recorded(Miniature().app())
    with Peer(response(502, b"{}")) as proxy, serve(app) as url:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert run(url) == KEPT
    assert proxy.raw == []
    assert len(app.headers) > 100
    credentials = {headers.get(b"authorization", b"").partition(b" ")[0] for headers in app.headers}
    assert b"Basic" not in credentials
    assert b"Bearer" in credentials
    assert not [headers for headers in app.headers if b"cookie" in headers]


def test_the_schema_tests_follow_no_redirect() -> None:
    with Peer(response()) as elsewhere:
        app = Recorded(Miniature().app(), redirects=("/elsewhere", elsewhere.url))
        with serve(app) as url:
            assert run(url, "--time-budget", "3") == BROKEN
    assert app.redirected > 5
    assert "/elsewhere" not in app.paths
    assert elsewhere.raw == []


def test_an_untrusted_certificate_is_reported_with_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with Peer(tls=True) as server:
        assert main(["--url", server.url]) == CANNOT_TEST
    said = capsys.readouterr().err
    assert "its certificate is not trusted (" in said
    assert "set SSL_CERT_FILE to a file with the issuer's certificate\n" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SSL_CERT_FILE", "/nonexistent/ca.pem"),
        ("SSLKEYLOGFILE", "/nonexistent/keys.log"),
        ("HTTPS_PROXY", "http://user:s3cret@proxy.test:port"),
        ("ALL_PROXY", "socks4://user:s3cret@proxy.test"),
    ],
)
def test_an_unusable_environment_is_reported_in_one_line(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    assert main(["--url", "https://helmr.test"]) == CANNOT_TEST
    errors = capsys.readouterr().err
    assert errors.startswith(f"helmr-contract: {variable} ")
    assert errors.count("\n") == 1
    assert "s3cret" not in errors
