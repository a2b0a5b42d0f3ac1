"""Pin the dependencies in pyproject.toml, with hashes and without naming a registry.

`python scripts/lock.py [--upgrade]` writes `requirements/dev.lock` for development, `requirements/base.lock`
for the wheel without extras, and `requirements/local.lock` for the wheel with its `local` extra. Each is
valid for every Python from 3.11 on and every system. It also pins the requirements of scripts/generators.py,
which are separate.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "requirements/dev.lock": ["pyproject.toml", "--all-extras", "--group", "dev"],
    "requirements/base.lock": ["pyproject.toml", "--constraint", "requirements/dev.lock"],
    "requirements/local.lock": [
        *("pyproject.toml", "--extra", "local"),
        *("--constraint", "requirements/dev.lock"),
    ],
    "scripts/generators/python/requirements.lock": ["scripts/generators/python/requirements.in"],
}
COMPILE = [
    *[sys.executable, "-m", "uv", "pip", "compile"],
    *["--universal", "--python-version", "3.11", "--generate-hashes"],
    *["--no-emit-index-url", "--no-annotate", "--no-header", "--quiet"],
]


def main(options: list[str]) -> None:
    for path, selection in LOCKS.items():
        command = [*COMPILE, *selection, *options, "--output-file", path]
        done = subprocess.run(command, cwd=ROOT, check=False)
        if done.returncode != 0:
            sys.exit(done.returncode)
        print(f"{path} is up to date")


if __name__ == "__main__":
    main(sys.argv[1:])
