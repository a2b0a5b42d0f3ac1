"""Code that sends the request of an operation, in several languages, made of the examples of the document.

What is sent are the first example of the body and the examples of the parameters, so that a sample cannot
differ from the document. `tests/docs/test_samples.py` runs them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the chores are programs side by side

from spec import Operation, Spec


@dataclass(frozen=True)
class Sent:
    """The request that the samples of an operation send."""

    operation: Operation
    method: str
    target: str
    """Path and query."""
    credential: str | None
    """The environment variable with the bearer."""
    body: Any
    """The JSON that is sent, or `None`."""

    @property
    def json(self) -> str:
        return json.dumps(self.body, ensure_ascii=False)


def sent(spec: Spec, operation: Operation) -> Sent:
    """What the samples of an operation send."""
    query: dict[str, Any] = {}
    target = operation.path
    for parameter in spec.parameters(operation):
        if parameter["in"] == "path":
            target = target.replace(f"{{{parameter['name']}}}", quote(str(parameter["example"]), safe=""))
        elif parameter["in"] == "query" and parameter.get("required"):
            query[parameter["name"]] = parameter["example"]
    if query:
        target += f"?{urlencode(query)}"
    schemes = spec.security(operation)
    credential = "HELMR_API_KEY" if "apiKey" in schemes else "HELMR_PUBLIC_ACCESS_TOKEN" if schemes else None
    definition = spec.resolve(operation.definition.get("requestBody")) or {}
    examples = definition.get("content", {}).get("application/json", {}).get("examples", {})
    first = next(iter(examples.values()), None)
    body = None if first is None else (spec.resolve(first) or {}).get("value")
    return Sent(operation, operation.method.upper(), target, credential, body)


def curl(request: Sent) -> str:
    lines = [f'curl --request {request.method} "$HELMR_API_URL{request.target}"']
    if request.credential:
        lines.append(f'--header "Authorization: Bearer ${request.credential}"')
    if request.body is not None:
        text = request.json.replace("'", "'\\''")
        lines += ["--header 'Content-Type: application/json'", f"--data '{text}'"]
    return " \\\n  ".join(lines) + "\n"


def python(spec: Spec, request: Sent) -> str:
    """With the resource of the generated client."""
    operation = request.operation
    definition = operation.definition
    resource, *inner = definition["x-sdk-resource"].split(".")
    names: Mapping[str, str] = definition.get("x-sdk-names", {})
    models: set[str] = set()
    arguments = []
    keywords = []
    shared, has_path_of_its_own = _pair(spec, operation)
    for parameter in sorted(spec.parameters(operation), key=lambda one: one["name"] not in shared):
        if parameter["in"] == "path":
            arguments.append(repr(str(parameter["example"])))
        elif parameter["in"] == "query" and parameter.get("required"):
            keywords.append(f"{names.get(parameter['name'], parameter['name'])}={parameter['example']!r}")
    fields = spec.body_fields(operation)
    body = request.body if isinstance(request.body, dict) else {}
    omitted = (spec.resolve(definition.get("requestBody")) or {}).get("x-sdk-omit")
    positional = definition.get("x-sdk-positional", ())
    for name in [*positional, *(name for name in body if name not in positional)]:
        if omitted or name not in body:
            continue
        value = _literal(spec, fields.get(name, {}), body[name], models)
        python_name = names.get(name, name)
        by_position = name in positional and has_path_of_its_own
        (arguments if by_position else keywords).append(value if by_position else f"{python_name}={value}")
    method = ".".join([resource, *inner, definition["x-sdk-method"]])
    client = 'Client(os.environ["HELMR_API_URL"]'
    client += f', os.environ["{request.credential}"])' if request.credential else ")"
    lines = ["import os", "", "from helmr_api import Client"]
    if models:
        lines.append(f"from helmr_api.models import {', '.join(sorted(models))}")
    lines += [f"from helmr_api.resources import {resource.title()}", ""]
    lines += [f"with {client} as client:", f"    {resource} = {resource.title()}(client)"]
    call = f"{method}({', '.join([*arguments, *keywords])})"
    if "x-sdk-items" in definition:
        return "\n".join([*lines, f"    for one in {call}:", "        print(one)", ""])
    return "\n".join([*lines, f"    print({call})", ""])


def _pair(spec: Spec, operation: Operation) -> tuple[set[str], bool]:
    """(path parameters that go first, whether arguments may follow by position).

    Two operations that address one object are one method: the id that only one of them has in its path goes
    last, and may be left out for the other.
    """

    def named(one: Operation) -> set[str]:
        return {parameter["name"] for parameter in spec.parameters(one) if parameter["in"] == "path"}

    method = ("x-sdk-resource", "x-sdk-method")
    others = [
        one
        for one in spec.operations
        if one.id != operation.id
        and all(one.definition.get(key) == operation.definition.get(key) for key in method)
    ]
    if not others:
        return set(), True
    shared = named(operation) & named(others[0])
    return shared, len(named(operation)) > len(shared)


def _literal(spec: Spec, schema: Mapping[str, Any], value: Any, models: set[str]) -> str:
    """A value as Python code; an object of a named schema as its model."""
    for one in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        name = one.get("$ref", "").rpartition("/")[2]
        if name and isinstance(value, dict) and "properties" in (spec.resolve(one) or {}):
            models.add(name)
            return f"{name}.from_dict({value!r})"
    return repr(value)


def typescript(request: Sent) -> str:
    options = [f"method: {json.dumps(request.method)}"]
    headers = []
    if request.credential:
        headers.append(f"Authorization: `Bearer ${{process.env.{request.credential}}}`")
    if request.body is not None:
        headers.append('"Content-Type": "application/json"')
    if headers:
        options.append(f"headers: {{ {', '.join(headers)} }}")
    if request.body is not None:
        options.append(f"body: JSON.stringify({request.json})")
    inside = "".join(f"  {option},\n" for option in options)
    url = f"`${{process.env.HELMR_API_URL}}{request.target}`"
    return (
        f"const response = await fetch({url}, {{\n{inside}}});\n"
        "console.log(response.status, await response.text());\n"
    )


def go(request: Sent) -> str:
    body = "nil" if request.body is None else f"strings.NewReader({_go_string(request.json)})"
    imports = ["fmt", "io", "log", "net/http", "os"] + (["strings"] if request.body is not None else [])
    lines = (
        ["package main", "", "import ("] + [f'\t"{name}"' for name in imports] + [")", "", "func main() {"]
    )
    url = f'os.Getenv("HELMR_API_URL")+"{request.target}"'
    lines.append(f'\trequest, err := http.NewRequest("{request.method}", {url}, {body})')
    lines += ["\tif err != nil {", "\t\tlog.Fatal(err)", "\t}"]
    if request.credential:
        lines.append(f'\trequest.Header.Set("Authorization", "Bearer "+os.Getenv("{request.credential}"))')
    if request.body is not None:
        lines.append('\trequest.Header.Set("Content-Type", "application/json")')
    lines += [
        "\tresponse, err := http.DefaultClient.Do(request)",
        *["\tif err != nil {", "\t\tlog.Fatal(err)", "\t}", "\tdefer response.Body.Close()"],
        *["\tbody, err := io.ReadAll(response.Body)", "\tif err != nil {", "\t\tlog.Fatal(err)", "\t}"],
        *["\tfmt.Println(response.StatusCode, string(body))", "}", ""],
    ]
    return "\n".join(lines)


def _go_string(text: str) -> str:
    return f"`{text}`" if "`" not in text else json.dumps(text, ensure_ascii=False)


def java(request: Sent) -> str:
    publisher = (
        "HttpRequest.BodyPublishers.noBody()"
        if request.body is None
        else f"HttpRequest.BodyPublishers.ofString({json.dumps(request.json, ensure_ascii=False)})"
    )
    lines = [
        *["import java.net.URI;", "import java.net.http.HttpClient;", "import java.net.http.HttpRequest;"],
        *["import java.net.http.HttpResponse;", "", "public class Sample {"],
        "    public static void main(String[] arguments) throws Exception {",
        f'        var url = URI.create(System.getenv("HELMR_API_URL") + "{request.target}");',
        f'        var request = HttpRequest.newBuilder(url).method("{request.method}", {publisher});',
    ]
    if request.credential:
        bearer = f'"Bearer " + System.getenv("{request.credential}")'
        lines.append(f'        request.header("Authorization", {bearer});')
    if request.body is not None:
        lines.append('        request.header("Content-Type", "application/json");')
    send = "HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString())"
    lines += [
        f"        var response = {send};",
        '        System.out.println(response.statusCode() + " " + response.body());',
        *["    }", "}", ""],
    ]
    return "\n".join(lines)


def rust(request: Sent) -> str:
    method = request.method.lower()
    lines = [
        '// [dependencies] reqwest = { version = "0.13", features = ["blocking"] }',
        "fn main() -> Result<(), Box<dyn std::error::Error>> {",
        '    let url = std::env::var("HELMR_API_URL")?;',
        f'    let request = reqwest::blocking::Client::new().{method}(format!("{{url}}{request.target}"));',
    ]
    if request.credential:
        lines.append(f'    let request = request.bearer_auth(std::env::var("{request.credential}")?);')
    if request.body is not None:
        lines.append('    let request = request.header("Content-Type", "application/json");')
        lines.append(f'    let request = request.body(r#"{request.json}"#);')
    lines += [
        "    let response = request.send()?;",
        '    println!("{} {}", response.status(), response.text()?);',
        *["    Ok(())", "}", ""],
    ]
    return "\n".join(lines)


LANGUAGES: Mapping[str, tuple[str, Callable[[Spec, Sent], str]]] = {
    "curl": ("bash", lambda _, request: curl(request)),
    "Python": ("python", python),
    "TypeScript": ("typescript", lambda _, request: typescript(request)),
    "Go": ("go", lambda _, request: go(request)),
    "Java": ("java", lambda _, request: java(request)),
    "Rust": ("rust", lambda _, request: rust(request)),
}
"""Language → how highlighters call it, and what makes a sample."""


def samples(spec: Spec, operation: Operation) -> dict[str, str]:
    """Language → code, for one operation."""
    request = sent(spec, operation)
    return {language: make(spec, request) for language, (_, make) in LANGUAGES.items()}


def with_samples(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the samples where the API reference looks for them, in `x-codeSamples`."""
    copied: dict[str, Any] = json.loads(json.dumps(document))
    spec = Spec(copied)
    for operation in spec.operations:
        if operation.method != "options":
            operation.definition["x-codeSamples"] = [  # type: ignore[index]
                {"lang": LANGUAGES[language][0], "label": language, "source": source}
                for language, source in samples(spec, operation).items()
            ]
    return copied
