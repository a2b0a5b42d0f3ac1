"""The files around the code are consistent: versions, links, pins, checks."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.scripts import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
REPOSITORY = "https://github.com/helmr/helmr-python"


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_ci_runs_every_declared_python_version() -> None:
    prefix = "Programming Language :: Python :: 3."
    named = [c.removeprefix(prefix) for c in PROJECT["classifiers"] if c.startswith(prefix)]
    assert PROJECT["requires-python"] == f">=3.{named[0]}"
    jobs = load(".github/workflows/ci.yml")["jobs"]
    assert jobs["linux"]["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in named]
    assert jobs["unit"]["strategy"]["matrix"]["python"] == [f"3.{named[0]}", f"3.{named[-1]}"]
    assert {name.split("-")[0] for name in jobs["unit"]["strategy"]["matrix"]["os"]} == {"macos", "windows"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_with_its_version_in_a_comment(workflow: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", workflow.read_text(encoding="utf-8"))
    others = [(action, comment) for action, comment in used if not action.startswith(("./", "helmr/"))]
    assert others or workflow.name == "release.yml"
    for action, comment in others:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


def test_each_action_is_used_at_one_commit() -> None:
    everything = "\n".join(workflow.read_text(encoding="utf-8") for workflow in WORKFLOWS)
    pins = set(re.findall(r"uses: ([\w/-]+@[0-9a-f]{40} # \S+)", everything))
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


MANIFESTS = {
    "pip": "pyproject.toml",
    "npm": "package.json",
    "gomod": "go.mod",
    "cargo": "Cargo.toml",
    "maven": "pom.xml",
    "github-actions": ".github/workflows/ci.yml",
}


def test_dependabot_watches_every_manifest() -> None:
    watched: dict[str, set[str]] = {}
    for update in load(".github/dependabot.yml")["updates"]:
        folders = update.get("directories") or [update["directory"]]
        watched.setdefault(update["package-ecosystem"], set()).update(folders)
    assert watched.keys() == MANIFESTS.keys()
    for ecosystem, manifest in MANIFESTS.items():
        if ecosystem == "github-actions":
            continue
        existing = {
            f"/{path.parent.relative_to(ROOT).as_posix()}".removesuffix("/.")
            for path in ROOT.rglob(manifest)
            if not {"node_modules", "build", ".venv"} & set(path.relative_to(ROOT).parts)
        }
        assert {folder.rstrip("/") for folder in watched[ecosystem]} == existing, ecosystem


def test_the_pre_commit_hook_runs_make_lint() -> None:
    (repository,) = load(".pre-commit-config.yaml")["repos"]
    hooks = {hook["id"]: hook["entry"] for hook in repository["hooks"]}
    assert hooks == {
        "lint": "make --no-print-directory lint",
        "commit-message": ".venv/bin/cz check --commit-msg-file",
    }


PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / ".github").rglob("*.md"),
    *(ROOT / ".github").rglob("*.yml"),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_have_existing_targets(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), f"{page.name} links to {link}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}, link


def test_the_readme_has_the_links_that_newcomers_need() -> None:
    links = set(re.findall(r"\]\(([^)\s]+)\)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert links >= {
        "LICENSE",
        "SECURITY.md",
        "CODE_OF_CONDUCT.md",
        "CONTRIBUTING.md",
        "CONTRIBUTING.md#release",
        "CHANGELOG.md",
        f"{REPOSITORY}/issues",
    }


def test_every_url_of_the_package_is_in_its_repository() -> None:
    assert all(url.startswith(REPOSITORY) for url in PROJECT["urls"].values())
