"""What `make dev` watches."""

from __future__ import annotations

from tests.unit.scripts import ROOT, script

dev = script("dev")


def test_it_watches_what_the_server_is_made_of() -> None:
    watched = set(dev.sources())
    assert {
        ROOT / "openapi.yaml",
        ROOT / "examples" / "tasks.py",
        ROOT / "helmr_local" / "app.py",
        ROOT / "helmr_local" / "page" / "main.js",
        ROOT / "helmr_local" / "page" / "page.css",
    } <= watched
    assert all(file.is_file() for file in watched)
    assert dev.state() == dev.state()
