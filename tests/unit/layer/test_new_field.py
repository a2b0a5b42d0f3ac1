"""`make generate` alone adds a new field of the document to the public classes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.unit.layer import responses as bodies  # words: allow
from tests.unit.scripts import script

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = (
    "Run",
    "Session",
    "SessionStart",
    "Token",
    "RunLogs",
    "RunEvent",
    "StreamRecord",
    "PublicAccessToken",
)
FIELD = "        newer_at: { type: string, format: date-time, description: A newer field. }\n"
PROGRAM = """
import attrs, json, sys
import helmr
from helmr_api import models

for name in sys.argv[2:]:
    for public in (getattr(helmr, name), getattr(helmr, f"Async{name}", None)):
        if public is None:
            continue
        assert issubclass(public, getattr(models, name)), public
        assert attrs.fields_dict(public)["newer_at"].type == "datetime.datetime | None", public
        assert "newer_at: A newer field." in getattr(models, name).__doc__
run = helmr.Run.from_dict(json.loads(sys.argv[1]))
print(run.newer_at.year, run.to_dict()["newer_at"])
"""


def test_a_new_field_has_its_type_and_description(tmp_path: Path) -> None:
    document = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    for name in SCHEMAS:
        start = document.index("      properties:\n", document.index(f"\n    {name}:\n"))
        at = start + len("      properties:\n")
        document = document[:at] + FIELD + document[at:]
    (tmp_path / "openapi.yaml").write_text(document, encoding="utf-8")
    generate = script("generate")
    generate.generate(tmp_path / "helmr_api", tmp_path / "openapi.yaml", generate.PUBLIC_MODULE)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(bodies.run(newer_at="2027-01-02T00:00:00Z")), *SCHEMAS],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("2027 2027-01-02T00:00:00Z\n", "")
