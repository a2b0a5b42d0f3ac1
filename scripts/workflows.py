"""Check the workflows of .github and the script .ci/run: `python scripts/workflows.py`.

actionlint validates the workflows and runs shellcheck on their scripts; zizmor searches for vulnerabilities.
Both work offline. actionlint is built from scripts/tools/actionlint, which needs Go.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import toolchains

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def main(root: Path = ROOT) -> int:
    try:
        actionlint = toolchains.go_tool(
            "github.com/rhysd/actionlint/cmd/actionlint", toolchains.ACTIONLINT_FOLDER
        )
    except toolchains.Missing as missing:
        toolchains.stop("workflows", missing)
    workflows = sorted(map(str, (root / ".github" / "workflows").glob("*.yml")))
    if not workflows:
        print(f"workflows: no workflows found in {root}", file=sys.stderr)
        return 1
    shellcheck = str(BIN / "shellcheck")
    # `-pyflakes=` prevents actionlint from using a pyflakes on the PATH, which would change its findings.
    commands = [
        [*actionlint, "-shellcheck", shellcheck, "-pyflakes=", *workflows],
        [str(BIN / "zizmor"), "--offline", "--quiet", str(root / ".github")],
        [shellcheck, str(root / ".ci" / "run")],
    ]
    failed = [command[0] for command in commands if subprocess.run(command, check=False).returncode != 0]
    if failed:
        print(f"workflows: findings of {', '.join(Path(name).name for name in failed)}", file=sys.stderr)
        return 1
    print(f"workflows: {len(workflows)} workflows and .ci/run, no finding")
    return 0


if __name__ == "__main__":
    sys.exit(main())
