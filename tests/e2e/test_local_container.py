"""The container of examples/docker: helmr-local accepts its command, and its tasks run."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from helmr import HelmrClient, tokens
from helmr_local import LocalHelmr, cli
from tests.unit.scripts import ROOT

FOLDER = ROOT / "examples" / "docker"


def command() -> list[str]:
    (found,) = re.findall(r"^CMD (\[.*\])$", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)
    words: list[str] = json.loads(found)
    return words


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"][name]
    return found


def test_the_command_serves_what_the_program_uses() -> None:
    program, *words = command()
    parsed = cli._parser().parse_args(words)
    assert (program, parsed.command, parsed.tasks) == ("helmr-local", "serve", ["tasks"])
    assert service("program")["environment"]["HELMR_API_URL"] == parsed.public_url
    assert service("program")["network_mode"] == "service:helmr"
    assert service("helmr")["ports"] == [f"127.0.0.1:{parsed.port}:{parsed.port}"]


def test_its_tasks_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    with LocalHelmr("tasks") as helmr, helmr.client() as client:
        completed = client.sessions.start_and_wait("greet", {"name": "you"}, timeout_seconds=30)
        assert completed.run.output == "hello you"


def test_a_server_on_all_addresses_returns_urls_that_clients_accept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with LocalHelmr(host="0.0.0.0", listen_beyond_loopback=True) as helmr:  # noqa: S104  # for this test
        for name, value in helmr.environ().items():
            monkeypatch.setenv(name, value)
        assert helmr.url.startswith("http://127.0.0.1:")
        assert str(tokens.create().callback_url).startswith(helmr.url)
        with HelmrClient(url=helmr.url, api_key=helmr.api_key) as client:
            assert list(client.tasks.list()) == []
