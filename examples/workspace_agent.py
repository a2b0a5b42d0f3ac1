"""An agent in a workspace: it writes a small program, runs its tests, reads the report, and cleans up.

    helmr-local serve --tasks examples.tasks                         # export the two variables that it prints
    python -m examples.workspace_agent

`PROGRAM` stands for the agent's result; nothing is downloaded. The exit status is 0 if the tests pass.
"""

from __future__ import annotations

import io
import sys
import tarfile

from helmr import HelmrClient, HelmrError, LiveWorkspace

SANDBOX = "default"
PROGRAM = {
    "roman.py": """
NUMERALS = [(10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]


def roman(number: int) -> str:
    text = ""
    for value, numeral in NUMERALS:
        while number >= value:
            text, number = text + numeral, number - value
    return text
""",
    "test_roman.py": """
import json
import unittest

from roman import roman


class Romans(unittest.TestCase):
    def test_small_numbers(self):
        self.assertEqual([roman(number) for number in (1, 4, 9, 14, 27)], ["I", "IV", "IX", "XIV", "XXVII"])


ran = unittest.main(exit=False).result
with open("report.json", "w") as file:
    json.dump({"ran": ran.testsRun, "failed": len(ran.failures) + len(ran.errors)}, file)
raise SystemExit(not ran.wasSuccessful())
""",
}


def write(live: LiveWorkspace, folder: str, files: dict[str, str]) -> None:
    """Write files to a folder of the workspace by sending an archive to `tar`."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    live.run(["tar", "-xf", "-"], input=packed.getvalue(), check=True)


def main() -> bool:
    with HelmrClient() as client:
        workspace = client.workspaces.create(SANDBOX, tags=["agent"])
        try:
            with client.workspaces.open(workspace).connect() as live:
                write(live, "roman", PROGRAM)
                tests = live.run(["python3", "test_roman.py"], cwd="/roman", timeout="1m")
                print(tests.stderr.strip())
                print(f"exit code: {tests.exit_code}")
            # Leaving the block stored the files as a version, which can still be read.
            print(f"report: {workspace.files.read_text('/roman/report.json')}")
            return tests.ok
        finally:
            workspace.archive()


if __name__ == "__main__":
    try:
        sys.exit(0 if main() else 1)
    except HelmrError as error:
        sys.exit(f"workspace_agent: {error}")
