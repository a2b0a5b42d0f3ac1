"""Report the changes in `openapi.yaml` since a git ref, and the version and changelog entries they require.

    python scripts/spec_diff.py [BASE]      make spec-diff BASE=<ref>

Without BASE, it compares with the last release: the newest tag `v1.2.3`, or else the commit that added the
newest version to CHANGELOG.md. The verdicts are those of oasdiff (built from scripts/tools, needs Go), except
for `OVERRIDES`, where this project's guarantees differ. It fails if a breaking change lacks the version bump
or an entry in CHANGELOG.md that names it, or if the wire format breaks while the document claims to describe
the same state of the server. docs/guides/regenerating.md explains the rules.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

import changelog
import spec_rules
import toolchains

ROOT = Path(__file__).resolve().parent.parent
VERSION_FILE = "helmr_ergonomic/_version.py"


class Verdict(IntEnum):
    """The effect of a change on API callers and on code that uses a generated client."""

    WORDING = 0
    ADDITION = 1
    BREAKING = 2


# oasdiff's check → this project's verdict, where they differ.
OVERRIDES: Mapping[str, Verdict] = {
    # Enums are open: `info.description` tells readers to expect new values, and clients pass them through.
    "response-property-enum-value-added": Verdict.ADDITION,
    "response-mediatype-enum-value-added": Verdict.ADDITION,
    # A pattern in a response does not restrict what callers send.
    "response-property-pattern-changed": Verdict.ADDITION,
    # Code that uses a generated client may refer to the removed name.
    "api-operation-id-removed": Verdict.BREAKING,
    "api-schema-removed": Verdict.BREAKING,
    "api-tag-removed": Verdict.BREAKING,
    "optional-response-header-removed": Verdict.BREAKING,
    "response-mediatype-enum-value-removed": Verdict.BREAKING,
    "response-optional-property-removed": Verdict.BREAKING,
    "response-property-enum-value-removed": Verdict.BREAKING,
    # A removal after a deprecation still breaks callers that ignored the deprecation.
    "api-path-removed-with-deprecation": Verdict.BREAKING,
    "api-removed-with-deprecation": Verdict.BREAKING,
    "request-parameter-removed-with-deprecation": Verdict.BREAKING,
    "request-property-removed-with-deprecation": Verdict.BREAKING,
    "response-required-property-removed-with-deprecation": Verdict.BREAKING,
    # The effect of an unchanged request changes.
    "request-body-default-value-changed": Verdict.BREAKING,
    "request-parameter-default-value-changed": Verdict.BREAKING,
    "request-property-default-value-changed": Verdict.BREAKING,
}
LEVELS = {1: Verdict.ADDITION, 2: Verdict.BREAKING, 3: Verdict.BREAKING}  # info, warning, error

# These remove a name in the document that generated clients use. The wire format does not change.
NAMES_ONLY = {"api-operation-id-removed", "api-schema-removed", "api-tag-removed"}
CORRECTION = "**Correction:**"
"""The prefix of a changelog entry for an error in the document; the server is unchanged."""

# Descriptive fields of the document, which do not affect requests or responses.
WORDS = {"description", "summary", "example", "examples", "externalDocs", "$comment", "info", "tags", "links"}
SCHEMA_WORDS = WORDS - {"tags", "links", "info"}  # these can also be names under `properties`


class Unusable(Exception):
    """The comparison failed. The message states the reason."""


@dataclass
class Change:
    """One change of the document, in all places where it appears."""

    verdict: Verdict
    kind: str  # a heading of the changelog
    subject: str  # `Run.exit_code`, or an operationId
    short: str  # for the changelog
    text: str  # for the report
    operations: set[str] = field(default_factory=set)
    on_the_wire: bool = True

    @property
    def side(self) -> str:
        """`responses` or `requests`, if the change affects only one of them."""
        return self.short.rpartition(" in ")[2] if self.short.endswith(("responses", "requests")) else ""

    def entry(self) -> str:
        """Return the entry for the changelog."""
        breaking = "**Breaking:** " if self.verdict is Verdict.BREAKING else ""
        others = self.operations - {self.subject}
        where = f" ({_listed(others)})" if others else ""
        return f"- {breaking}`{self.subject}`: {self.short}{where}."


def _listed(operations: set[str]) -> str:
    names = [f"`{name}`" for name in sorted(operations)]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


@dataclass
class Report:
    base: str
    changes: list[Change]
    unjudged: list[str]
    wording: bool
    reference: changelog.Version
    version: changelog.Version
    states: tuple[str, str]  # states of the server that the documents describe, before and now
    missing: list[str]  # actions that this change requires

    @property
    def verdict(self) -> Verdict:
        found = [change.verdict for change in self.changes]
        return max([*found, Verdict.ADDITION] if self.unjudged else found, default=Verdict.WORDING)

    @property
    def due(self) -> changelog.Version:
        return raised(self.reference, self.verdict) if self.changed else self.reference

    @property
    def changed(self) -> bool:
        return bool(self.changes or self.unjudged or self.wording)


def raised(version: changelog.Version, verdict: Verdict) -> changelog.Version:
    """Return the lowest version after `version` that may contain a change, by Semantic Versioning.

    While the major version is 0, a breaking change increases the minor version and any other change the patch
    version.
    """
    major, minor, patch = version
    if verdict is Verdict.BREAKING:
        return (major + 1, 0, 0) if major else (0, minor + 1, 0)
    if verdict is Verdict.ADDITION and major:
        return major, minor + 1, 0
    return major, minor, patch + 1


# Changes ----------------------------------------------------------------------------------------------------


def changes_between(base: Path, current: Path) -> list[Change]:
    """Return every change, including those that oasdiff does not report.

    A change of a shared schema is listed once.
    """
    found: dict[tuple[str, str, Verdict], Change] = {}
    places = {"base": _Places(base), "revision": _Places(current)}
    for one in _oasdiff(base, current):
        verdict = OVERRIDES.get(one["id"], LEVELS[one["level"]])
        short = _short(one)
        if re.search(r"/not[`/]", one["text"]):
            # oasdiff does not invert its verdict inside `not`, where a wider schema is a narrower one.
            verdict, short = Verdict.BREAKING, f"{short}, inside `not`"
        subject, text = _subject(one, places), _text(one["text"])
        change = Change(verdict, _kind(one["id"], verdict), subject, short, text)
        change.on_the_wire = one["id"] not in NAMES_ONLY
        kept = found.setdefault((subject, short, verdict), change)
        if operation := one.get("operationId"):
            kept.operations.add(operation)
        kept.text = min(kept.text, text, key=len)
    documents = spec_rules.load(base), spec_rules.load(current)
    for change in _closings(*documents):
        found.setdefault((change.subject, change.short, change.verdict), change)
    causes = _by_cause(list(found.values()), *map(spec_rules.Spec, documents))
    return sorted(causes, key=lambda change: (-change.verdict, change.subject, change.text))


def _by_cause(changes: Sequence[Change], base: spec_rules.Spec, current: spec_rules.Spec) -> Iterator[Change]:
    """Keep one change for each cause.

    A new type also changes limits, format and default, and removing a condition removes `if`, `then` and
    `else`.
    """
    groups: dict[tuple[str, str, str], list[Change]] = {}
    for change in changes:
        types = _types(base, change.subject), _types(current, change.subject)
        key = (change.subject, change.side, "")
        comes_or_goes = change.short.startswith(("removed from", "new in", "value "))
        if all(types) and types[0] != types[1] and change.side and not comes_or_goes:
            cause = f"type changed from `{types[0]}` to `{types[1]}`"
        elif re.match(r"(if|then|else) (removed|added|changed)", change.short):
            cause = "conditions changed"
        else:
            cause, key = "", (change.subject, change.side, change.short + change.verdict.name)
        if cause:
            change.short = f"{cause} in {change.side}" if change.side else cause
            change.text = change.short
            key = (change.subject, change.side, cause)
        groups.setdefault(key, []).append(change)
    for same in groups.values():
        first = max(same, key=lambda change: change.verdict)
        first.operations |= {name for change in same for name in change.operations}
        yield first


def _types(spec: spec_rules.Spec, subject: str) -> str:
    """Return the types of a schema, field or parameter, such as `string or null`."""
    name, *fields = subject.split(".")
    schema: Any = spec.components.get("schemas", {}).get(name)
    if schema is None:
        schema = spec.components.get("parameters", {}).get(name, {}).get("schema")
    for one in fields:
        schema = spec.fields(schema).get(one)
    kinds = (spec.resolve(schema) or {}).get("type", [])
    return " or ".join(sorted([kinds] if isinstance(kinds, str) else kinds))


def _short(one: Mapping[str, Any]) -> str:
    """Describe a change briefly: `removed from responses`, `became required in requests`."""
    check: str = one["id"]
    side = "responses" if check.startswith("response-") else "requests"
    if check == "endpoint-added":
        return f"new operation, {one['operation']} {one['path']}"
    if check.startswith(("api-", "endpoint-")) or "-status-" in check:
        return _text(one["text"])
    if value := re.search(r"`([^`]*)` enum value|enum value `([^`]*)`", one["text"]):
        state = "removed from" if check.endswith("-removed") else "new in"
        return f"value `{value[1] or value[2]}` {state} {side}"
    words = check.replace("-", " ")
    if words.startswith("new "):  # `new required request property`
        return f"new in {side}, {'required' if 'required' in words else 'optional'}"
    words = re.sub(r"^(optional |required )?(request|response) (optional |required )*", "", words)
    words = re.sub(r"^(property|parameter|body|mediatype|header property|header)\b ", "", words)
    return f"{words} {'from' if words == 'removed' else 'in'} {side}"


def _oasdiff(base: Path, current: Path) -> list[dict[str, Any]]:
    command = toolchains.go_tool("github.com/oasdiff/oasdiff")
    done = subprocess.run(
        [*command, "changelog", str(base), str(current), "--format", "json", "--flatten-params"],
        capture_output=True,
        text=True,
        check=False,
        cwd=base.parent,  # so that no .oasdiff configuration of the user applies
    )
    if done.returncode != 0:
        raise Unusable(f"oasdiff cannot compare the documents:\n{done.stdout}{done.stderr}".rstrip())
    found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return found


class _Places:
    """Maps the lines of a document to its components."""

    def __init__(self, path: Path) -> None:
        self._starts: list[tuple[int, str]] = []
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=spec_rules.LOADER)
        self._note(root, ())
        self._starts.sort(key=lambda start: start[0])

    def _note(self, node: yaml.Node | None, where: tuple[str, ...]) -> None:
        if not isinstance(node, yaml.MappingNode):
            return
        for key, value in node.value:
            below = (*where, str(key.value))
            if (name := _component_name(below)) is not None:
                self._starts.append((key.start_mark.line + 1, name))
            self._note(value, below)

    def name_at(self, line: int) -> str | None:
        """Return the component at a line, such as `Run.exit_code`; None if no component starts before it."""
        index = bisect_right(self._starts, line, key=lambda start: start[0])
        return self._starts[index - 1][1] or None if index else None


def _component_name(where: tuple[str, ...]) -> str | None:
    """Return the component at a place, such as `Run.exit_code`; "" for none, None for that of its parent."""
    if where[0] == "components" and len(where) > 2 and where[1] in {"schemas", "parameters"}:
        fields = [field for holder, field in pairwise(where[2:]) if holder == "properties"]
        return ".".join([where[2], *fields])
    return "" if len(where) <= 3 else None


def _subject(one: Mapping[str, Any], places: Mapping[str, _Places]) -> str:
    """Return the schema, field, parameter or operation that changed."""
    for side in ("revision", "base"):
        source = one.get(f"{side}Source")
        if source and (name := places[side].name_at(source["line"])):
            # oasdiff reports a removed field at its parent, and `required` beside the fields.
            field = re.search(r"removed the .*?property `(?:.*/)?([\w.]+)`", one["text"])
            field = field or re.search(r"`(?:.*/)?([\w.]+)` became (?:required|optional)", one["text"])
            return f"{name}.{field[1]}" if field and not name.endswith(f".{field[1]}") else name
    if field := re.search(r"propert(?:y|y's) `(?:.*/)?([\w.]+)`", one["text"]):
        return field[1]  # oasdiff does not always report a place
    return one.get("operationId") or one.get("component") or one.get("path") or "openapi.yaml"


def _text(text: str) -> str:
    """Return oasdiff's message without the path from an operation to the place."""
    text = re.sub(r" \((?:media type|shared schema): .*\)$", "", text)
    text = re.sub(
        r" for the(?: response)? status `\d+`| (?:from|to) the response with the `\d+` status", "", text
    )
    text = re.sub(r"/?(?:allOf|anyOf|oneOf)\[[^\]]*\]", "", text)
    text = re.sub(r"`[^` ]*/([\w.\[\]-]+)`", r"`\1`", text).strip()
    return text if len(text) <= 160 else f"{text[:157]}…"


def _kind(check: str, verdict: Verdict) -> str:
    """Return the Keep a Changelog heading for a change."""
    if "deprecated" in check:
        return "Deprecated"
    if re.search(r"(?<!pattern-)(property|parameter|path|value|schema|tag|header|status|id)-removed", check):
        return "Removed"
    is_new = re.search(r"^new-|^endpoint-added|(?<!pattern-)(property|value|tag|header|status)-added$", check)
    return "Added" if is_new and verdict is not Verdict.BREAKING else "Changed"


def _closings(base: Mapping[str, Any], current: Mapping[str, Any]) -> Iterator[Change]:
    """Yield schemas that began or ceased to reject undeclared fields, which oasdiff does not check."""
    before, after = _closed(base), _closed(current)
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            verdict = Verdict.BREAKING if after[name] else Verdict.ADDITION
            text = f"{'refuses' if after[name] else 'accepts'} fields that it does not list"
            yield Change(verdict, "Changed", name, text, text)


def _closed(document: Mapping[str, Any]) -> dict[str, bool]:
    schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
    return {name: schema.get("additionalProperties") is False for name, schema in schemas.items()}


def differences(base: Any, current: Any, where: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the places where two documents differ in more than wording."""
    if isinstance(base, dict) and isinstance(current, dict):
        words = set[str]() if where[-1:] in {("properties",), ("examples",)} else SCHEMA_WORDS
        if not where:
            words = WORDS
        for name in [*base, *(name for name in current if name not in base)]:
            if (
                name in words
                or (where == ("components",) and name in {"examples", "links"})
                or name == "links"
            ):
                continue
            yield from differences(base.get(name), current.get(name), (*where, name))
    elif isinstance(base, list) and isinstance(current, list) and len(base) == len(current):
        for index, (one, other) in enumerate(zip(base, current, strict=True)):
            yield from differences(one, other, (*where, str(index)))
    elif base != current or type(base) is not type(current):
        yield "/".join(where)


# The report -------------------------------------------------------------------------------------------------


def compare(root: Path, base: str) -> Report | None:
    """Compare the working tree at `root` with `base`. Return None if `base` has no document.

    Raises:
        Unusable: `base` is not a commit, or oasdiff cannot read a document.
        toolchains.Missing: Go is missing.
    """
    _git(
        root,
        "rev-parse",
        "--verify",
        "--quiet",
        f"{base}^{{commit}}",
        error=f"{base} is not a commit of this clone",
    )
    earlier = _at(root, base, "openapi.yaml")
    if not earlier.strip():
        return None
    with tempfile.TemporaryDirectory(prefix="spec-diff-") as folder:
        before, after = Path(folder) / "base.yaml", Path(folder) / "current.yaml"
        before.write_text(earlier, encoding="utf-8")
        after.write_text((root / "openapi.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        changes = changes_between(before, after)
        documents = spec_rules.load(before), spec_rules.load(after)
    # Only if oasdiff reports nothing; otherwise its changes cover the same places.
    unjudged = [] if changes else list(differences(*documents))
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    text_before = _at(root, base, "CHANGELOG.md")
    version = changelog.version_in((root / VERSION_FILE).read_text(encoding="utf-8"))
    states = described(documents[0]), described(documents[1])
    version_before = changelog.version_in(_at(root, base, VERSION_FILE) or '__version__ = "0.0.0"')
    report = Report(
        base=base,
        changes=changes,
        unjudged=unjudged,
        wording=documents[0] != documents[1],
        reference=changelog.released(text_before) or version_before,
        version=version,
        states=states,
        missing=[],
    )
    report.missing = list(_missing(report, _new_entries(text_before, text)))
    return report


_AS_OF = " as of "


def described(document: Mapping[str, Any]) -> str:
    """Return the state of the server that a document describes."""
    info = document.get("info", {})
    day = f"{_AS_OF}{info['x-as-of']}" if "x-as-of" in info else ""
    return f"{info.get('version')}{day}"


def _missing(report: Report, entries: Sequence[str]) -> Iterator[str]:
    if report.verdict is not Verdict.BREAKING:
        return
    if report.version < report.due:
        version, due = changelog.spelled(report.version), changelog.spelled(report.due)
        yield f"{VERSION_FILE} has {version}: raise it to {due}"
    breaking = [change for change in report.changes if change.verdict is Verdict.BREAKING]
    corrected = "\n".join(entry for entry in entries if entry.startswith(CORRECTION))
    announced = "\n".join([corrected, *(entry for entry in entries if entry.startswith("**Breaking:**"))])
    if names := _unnamed(breaking, announced):
        yield f"CHANGELOG.md has no new entry that begins with **Breaking:** and names {names}"
    wire = [change for change in breaking if change.on_the_wire]
    before, now = report.states
    version, _, day = now.partition(_AS_OF)
    if version != before.partition(_AS_OF)[0]:
        return
    # For a server that changed within its version, a new day is not enough: an entry must mention it.
    dated = "\n".join(entry for entry in entries if now != before and day in entry)
    if names := _unnamed(wire, f"{corrected}\n{dated}"):
        yield (
            f"openapi.yaml still describes {version}, and the wire breaks at {names}: give it a new "
            "info.version; or, if the server changed within its version, a new info.x-as-of, and name that "
            "day in the entry in CHANGELOG.md; or begin the entry with "
            f"{CORRECTION}, if the document was wrong"
        )


def _unnamed(changes: Sequence[Change], entries: str) -> str:
    """Return the subjects of the changes that these entries do not name."""
    unnamed = [
        change.subject
        for change in changes
        if not any(f"`{name}`" in entries for name in (change.subject, change.subject.partition(".")[0]))
    ]
    return ", ".join(f"`{name}`" for name in dict.fromkeys(unnamed))


def _new_entries(before: str, after: str) -> list[str]:
    old = {
        entry for one in changelog.sections(before) for entries in one.entries.values() for entry in entries
    }
    new = (
        entry for one in changelog.sections(after) for entries in one.entries.values() for entry in entries
    )
    return [entry for entry in new if entry not in old]


def show(report: Report) -> Iterator[str]:
    for verdict, title in ((Verdict.BREAKING, "breaking"), (Verdict.ADDITION, "additions")):
        changes = [change for change in report.changes if change.verdict is verdict]
        if changes:
            yield f"{title} ({len(changes)})"
        for change in changes:
            yield f"  {change.subject}: {change.text}"
            if change.operations - {change.subject}:
                yield f"      in {', '.join(sorted(change.operations))}"
    if report.unjudged:
        count = len(report.unjudged)
        yield f"to judge by hand ({count}): oasdiff does not report these, so they count as additions"
        yield from (f"  {where}" for where in report.unjudged)
    if not report.changed:
        yield "nothing changed"
        return
    if not report.changes and not report.unjudged:
        yield "only descriptions, examples and links changed"
    part = ("major", "minor", "patch")[
        [a == b for a, b in zip(report.due, report.reference, strict=True)].index(False)
    ]
    yield ""
    due, last, version = map(changelog.spelled, (report.due, report.reference, report.version))
    yield f"version: raise the {part} part: {due} or later (last {last}, {VERSION_FILE} has {version})"
    before, now = report.states
    yield f"describes: {now}" + ("" if before == now else f" (before: {before})")
    if report.changes:
        yield "CHANGELOG.md, under [Unreleased], for example:"
    for kind in changelog.KINDS:
        entries = [change.entry() for change in report.changes if change.kind == kind]
        if entries:
            yield from ("", f"  ### {kind}", "")
            yield from (f"  {entry}" for entry in entries)
    if report.missing:
        yield ""
        yield "required before merging:"
        yield from (f"  {line}" for line in report.missing)


def last_release(root: Path) -> str | None:
    """Return a ref of the last release; None if there is none."""
    tags = _git(root, "tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname").split()
    if tags:
        return tags[0]
    newest = changelog.released(_at(root, "HEAD", "CHANGELOG.md"))
    if newest is None:
        return None
    heading = f"## [{changelog.spelled(newest)}]"
    commits = _git(root, "log", "--format=%H", f"-S{heading}", "--", "CHANGELOG.md").split()
    return commits[-1] if commits else None


def _at(root: Path, ref: str, path: str) -> str:
    """Return the text of a file at a ref; empty if it does not exist."""
    done = subprocess.run(
        ["git", "show", f"{ref}:./{path}"], cwd=root, capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else ""


def _git(root: Path, *arguments: str, error: str = "") -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unusable(error or f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description="Show the changes in openapi.yaml since a git ref.")
    parser.add_argument("base", nargs="?", help="a git ref (default: the last release)")
    base: str | None = parser.parse_args(arguments).base
    try:
        base = base or last_release(root)
        if base is None:
            print("spec-diff: no release yet (no tag v1.2.3, no version in CHANGELOG.md): set BASE=<ref>")
            return 0
        report = compare(root, base)
    except Unusable as error:
        print(f"spec-diff: {error}", file=sys.stderr)
        return 2
    except toolchains.Missing as missing:
        toolchains.stop("spec-diff", missing)
    if report is None:
        print(f"spec-diff: there is no earlier document: {base} has no openapi.yaml, so nothing can break")
        return 0
    print(f"openapi.yaml since {base}")
    print("\n".join(show(report)))
    return 1 if report.missing else 0


if __name__ == "__main__":
    sys.exit(main())
