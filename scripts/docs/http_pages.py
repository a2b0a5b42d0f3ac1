"""Pages on the HTTP API generated from the document: operations by tag, with samples, and error codes.

The site's search indexes them, so that it finds operations, fields, parameters and codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import samples

from spec import Operation, Spec

ERRORS = "reference/errors.md"
SCHEMAS = "reference/schemas.md"
REPEATS = {
    "always": "a repeat changes nothing more",
    "effect": "a repeat has no further effect, but another response",
    "never": "a repeat has its effect again",
}


def pages(document: Mapping[str, Any], rules: Mapping[str, list[str]] | None = None) -> dict[str, str]:
    """Return the Markdown of the pages by path in docs/.

    `rules` has links to the rules about an operation.
    """
    spec = Spec(document)
    made = {
        tag_page(tag["name"]): "\n".join(_tag(spec, tag, rules or {}))
        for tag in document["tags"]
        if any(operation.definition["tags"] == [tag["name"]] for operation in _shown(spec))
    }
    made |= {ERRORS: "\n".join(_errors(spec)), SCHEMAS: "\n".join(_schemas(spec))}
    return {path: boosted(page, 8) for path, page in made.items()}


def boosted(page: str, times: float) -> str:
    """Return the page with a multiplied weight in the site's search."""
    return f"---\nsearch:\n  boost: {times}\n---\n{page}"


def tag_page(tag: str) -> str:
    """Return the page with the operations of a tag."""
    return f"reference/operations/{tag.lower().replace(' ', '-')}.md"


def _shown(spec: Spec) -> list[Operation]:
    """True for an operation to show, that is, any except preflights."""
    return [operation for operation in spec.operations if operation.method != "options"]


def _tag(spec: Spec, tag: Mapping[str, Any], rules: Mapping[str, list[str]]) -> Iterator[str]:
    yield from (f"# {tag['name']}", "", tag["description"].strip(), "")
    for operation in _shown(spec):
        if operation.definition["tags"] == [tag["name"]]:
            yield from _operation(spec, operation)
            yield from _rules(rules.get(operation.id, []))


def _rules(links: list[str]) -> Iterator[str]:
    """Return a collapsed list of the rules about an operation."""
    if links:
        summary = f"{len(links)} rule{'' if len(links) == 1 else 's'} of this operation"
        yield from (f'<details markdown="1"><summary>{summary}</summary>', "")
        yield from (f"- {link}" for link in links)
        yield from ("", "</details>", "")


def _operation(spec: Spec, operation: Operation) -> Iterator[str]:
    definition = operation.definition
    yield from (f"## {definition['summary']} {{ #{operation.id.lower()} }}", "")
    verb = f'<span class="verb {operation.method}">{operation.method.upper()}</span>'
    console = f"[Try it](../api.html#try/{operation.id})"
    yield from (f"{verb} `{operation.path}` · `{operation.id}` · {console}", "")
    yield from (definition["description"].strip(), "")
    for fact in _facts(operation):
        yield f"- {fact}"
    yield ""
    rows = [
        (one["name"], one["in"], one.get("required", False), one.get("description", ""))
        for one in spec.parameters(operation)
        if one["in"] != "header"
    ]
    required = _required(spec, operation)
    rows += [
        (name, "body", name in required, _words(spec, schema))
        for name, schema in spec.body_fields(operation).items()
    ]
    if rows:
        yield from ("| Name | In | Meaning |", "| --- | --- | --- |")
        for name, place, is_required, words in rows:
            yield f"| `{name}` | {place}{', required' if is_required else ''} | {_cell(words)} |"
        yield ""
    yield from ("| Status | Codes | Meaning |", "| --- | --- | --- |")
    for status, response in spec.responses(operation).items():
        codes = ", ".join(_code_link(code) for code in response.get("x-codes", ()) if code)
        yield f"| {status} | {codes or '–'} | {_cell(_first(response.get('description', '')))} |"
    yield ""
    for language, source in samples.samples(spec, operation).items():
        yield from (f'=== "{language}"', "", f"    ```{samples.LANGUAGES[language][0]}")
        yield from (f"    {line}".rstrip() for line in source.rstrip("\n").split("\n"))
        yield from ("    ```", "")


def _facts(operation: Operation) -> Iterator[str]:
    repeat = operation.definition.get("x-repeat")
    if repeat is None:
        pass  # readers expect a GET to be repeatable
    elif repeat["safe"] == "identified":
        by = " or ".join(f"`{name}`" for name in [repeat.get("key"), *repeat.get("identity", ())] if name)
        yield f"Safe to repeat with {by}."
    elif "key" in repeat:
        yield f"After a lost response: a repeat takes another use of the token, also with `{repeat['key']}`."
    else:
        yield f"After a lost response: {REPEATS[repeat['safe']]}."
    pages = operation.definition.get("x-pagination", {})
    if pages.get("returns") == "newest":
        yield f"Lists only the newest, up to `{pages['limit']}`."
    elif pages.get("returns") == "page":
        after = pages.get("next") or f"{pages['item']}` of the last item, as `{pages['cursor']}"
        yield f"In pages: continue with `{after}`."
    stream = operation.definition.get("x-event-stream")
    if stream:
        seconds = stream["keep-alive-seconds"]
        yield f"Event stream: a comment every {seconds} s, at most {stream['max-seconds']} s in all."
    if operation.definition.get("x-needs-worker"):
        yield "Needs a worker."


def _required(spec: Spec, operation: Operation) -> set[str]:
    body = spec.resolve(operation.definition.get("requestBody")) or {}
    schema = body.get("content", {}).get("application/json", {}).get("schema", {})
    found: set[str] = set()
    for one in (schema, *schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        found |= set((spec.resolve(one) or {}).get("required", ()))
    return found


def _words(spec: Spec, schema: Mapping[str, Any]) -> str:
    return str(schema.get("description") or (spec.resolve(schema) or {}).get("description", ""))


def _first(words: str) -> str:
    """Return the text without its lists."""
    return words.split("\n- ")[0].split("\n\n")[0]


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


def _schemas(spec: Spec) -> Iterator[str]:
    yield from ("# Objects and values", "", "Every schema of the document, with its fields.", "")
    for name, schema in spec.components["schemas"].items():
        yield from (f"## {name} {{ #{name.lower()} }}", "", schema.get("description", "").strip(), "")
        fields = schema.get("properties", {})
        if fields:
            yield from ("| Field | Meaning |", "| --- | --- |")
            for field, definition in fields.items():
                required = ", required" if field in schema.get("required", ()) else ""
                yield f"| `{field}`{required} | {_cell(_words(spec, definition))} |"
            yield ""


def _code_link(code: str) -> str:
    return f"[`{code}`](../errors.md#{code})"


def _errors(spec: Spec) -> Iterator[str]:
    yield from ("# Error codes", "")
    yield 'Every error has the body `{"error": …, "code": …}`. Decide by status and code, not by `error`.'
    yield "Many errors have no code; decide by their status alone."
    yield ""
    places: dict[str, dict[str, list[Operation]]] = {}
    for operation in _shown(spec):
        for status, response in spec.responses(operation).items():
            for code in response.get("x-codes", ()):
                if code:
                    places.setdefault(code, {}).setdefault(status, []).append(operation)
    for code, words in spec.document["x-error-codes"].items():
        yield from (f"## `{code}` {{ #{code} }}", "", words["meaning"].strip(), "")
        yield from (f"**What to do.** {words['action'].strip()}", "")
        for status, operations in sorted(places.get(code, {}).items()):
            links = ", ".join(
                f"[`{one.id}`]({tag_page(one.definition['tags'][0]).removeprefix('reference/')}#{one.id.lower()})"
                for one in sorted(operations, key=lambda one: one.id)
            )
            yield from (f"{status} from {links}.", "")
