"""Code samples for each operation in several languages, generated from the document's examples.

A sample sends the first example of the body and the examples of the parameters, so that it cannot differ from
the document. `tests/docs/test_samples.py` runs them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the scripts are separate programs

from spec import Operation, Spec


@dataclass(frozen=True)
class Sent:
    """The request that the samples of an operation send."""

    operation: Operation
    method: str
    target: str
    """Path and query."""
    credential: str | None
    """The environment variable with the bearer token."""
    body: Any
    """The JSON body, or `None`."""
    form: Mapping[str, Any] | None = None
    """The parts of the form: JSON, or `FILE`."""

    @property
    def json(self) -> str:
        return json.dumps(self.body, ensure_ascii=False)


WIDTH = 96
"""The maximum length of a line of Python."""
FILE = "deployment.tar"
"""The file that the samples upload."""


def sent(spec: Spec, operation: Operation) -> Sent:
    """Return the request that the samples of an operation send."""
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
    content = definition.get("content", {})
    body, form = _example(spec, content.get("application/json")), content.get("multipart/form-data")
    parts = None
    if form is not None:
        kinds = {name: one["contentType"] for name, one in form["encoding"].items()}
        example = _example(spec, form)
        parts = {name: example[name] if kinds[name] == "application/json" else FILE for name in example}
    return Sent(operation, operation.method.upper(), target, credential, body, parts)


def _example(spec: Spec, media_type: Mapping[str, Any] | None) -> Any:
    """Return the first example of a body."""
    first = next(iter((media_type or {}).get("examples", {}).values()), None)
    return None if first is None else (spec.resolve(first) or {}).get("value")


def curl(request: Sent) -> str:
    lines = [f'curl --request {request.method} "$HELMR_API_URL{request.target}"']
    if request.credential:
        lines.append(f'--header "Authorization: Bearer ${request.credential}"')
    if request.body is not None:
        text = request.json.replace("'", "'\\''")
        lines += ["--header 'Content-Type: application/json'", f"--data '{text}'"]
    for name, value in (request.form or {}).items():
        part = f"@{value}" if value == FILE else f"{json.dumps(value)};type=application/json"
        lines.append(f"--form '{name}={part}'")
    return " \\\n  ".join(lines) + "\n"


def python(spec: Spec, request: Sent) -> str:
    """Return the sample for the Python client of this project."""
    operation = request.operation
    definition = operation.definition
    resource = definition["x-sdk-resource"].partition(".")[0]
    if resource == "public":
        return _python_of_pages(spec, request)
    names: Mapping[str, str] = definition.get("x-sdk-names", {})
    models: set[str] = set()
    arguments = []
    keywords = []
    shared, has_path_of_its_own = _pair(spec, operation)
    for parameter in sorted(spec.parameters(operation), key=lambda one: one["name"] not in shared):
        if parameter["in"] == "path":
            arguments.append(_code(str(parameter["example"])))
        elif parameter["in"] == "query" and parameter.get("required"):
            value = _code(parameter["example"])
            keywords.append(f"{names.get(parameter['name'], parameter['name'])}={value}")
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
    if request.form:
        arguments = [_code(FILE)]
    method = f"{definition['x-sdk-resource']}.{definition['x-sdk-method']}"
    scopes = models & {"SendInput", "ReadOutput"}
    lines = [f"from helmr import {', '.join([*sorted(scopes), resource])}"]
    if models - scopes:
        lines.append(f"from helmr.types import {', '.join(sorted(models - scopes))}")
    if "x-sdk-items" in definition:
        call = _call(method, [*arguments, *keywords], before="for one in ", after=":")
        return "\n".join([*lines, "", call, "    print(one)", ""])
    return "\n".join([*lines, "", _call(method, [*arguments, *keywords], before="print(", after=")"), ""])


def _python_of_pages(spec: Spec, request: Sent) -> str:
    """Return the sample for a page that has a public access token or a callback URL, but no API key."""
    operation = request.operation
    given = {one["name"]: one["example"] for one in spec.parameters(operation) if one["in"] != "header"}
    body: dict[str, Any] = request.body if isinstance(request.body, dict) else {}
    sent = [_code(body.get("data")), *(f"{key}={_code(body[key])}" for key in body if key != "data")]
    by_external_id = "external_id" in given and "session_id" not in given
    session = (
        f"external_id={_code(given['external_id'])}" if by_external_id else _code(given.get("session_id"))
    )
    token = f'os.environ["{request.credential}"]' if request.credential else ""
    match operation.definition["x-sdk-resource"], operation.definition["x-sdk-method"]:
        case "public.tokens", "complete":
            method, arguments = "complete", [_code(given["token_id"]), *sent]
        case "public.tokens", "complete_by_callback":
            url = f'os.environ["HELMR_API_URL"] + {_code(request.target)}'
            method, arguments = "complete_by_callback", [url, *sent]
        case "public.inputs", "send":
            method, arguments = f"open({session}).input({_code(given['stream'])}).send", sent
        case "public.outputs", "read":
            method, arguments = f"open({session}).output({_code(given['stream'])}).read", []
        case other:
            raise ValueError(f"no sample is known for {other}")
    call = _call(f"public.{method}", arguments, before="print(", after=")", indent="    ")
    lines = ["import os", "", "from helmr import PublicClient", ""]
    return "\n".join([*lines, f"with PublicClient({token}) as public:", call, ""])


def _call(method: str, arguments: list[str], *, before: str, after: str, indent: str = "") -> str:
    """Format a call on one line, or with one line per argument."""
    line = f"{indent}{before}{method}({', '.join(arguments)}){after}"
    if len(line) <= WIDTH:
        return line
    inner = f"{indent}    {'    ' if before.endswith('(') else ''}"
    if not before.endswith("("):
        return "\n".join(
            [f"{indent}{before}{method}(", *(f"{inner}{one}," for one in arguments), f"{indent}){after}"]
        )
    lines = [f"{indent}{before}", f"{indent}    {method}(", *(f"{inner}{one}," for one in arguments)]
    return "\n".join([*lines, f"{indent}    )", f"{indent}{after}"])


def _code(value: Any) -> str:
    """Format a JSON value as Python code."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_code(name)}: {_code(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(_code(one) for one in value)}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _pair(spec: Spec, operation: Operation) -> tuple[set[str], bool]:
    """Return (path parameters that come first, whether positional arguments may follow).

    Two operations that identify an object in different ways are one method. The id that only one of them has
    in its path comes last, and is optional.
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
    """Return a value as Python code, with models for objects of named schemas."""
    for one in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        name = one.get("$ref", "").rpartition("/")[2]
        if name == "PublicAccessScopeRequest":
            return _scope(value, models)
        if name and isinstance(value, dict) and "properties" in (spec.resolve(one) or {}):
            models.add(name)
            return f"{name}.from_dict({_code(value)})"
    return _code(value)


def _scope(value: Mapping[str, Any], models: set[str]) -> str:
    """Return the client class for what a public access token allows."""
    name = {"session.input.send": "SendInput", "session.output.read": "ReadOutput"}[value["type"]]
    models.add(name)
    session = value["session"]
    arguments = [_code(session["id"])] if session["type"] == "id" else []
    arguments.append(f"stream={_code(value['stream'])}")
    if session["type"] == "external_id":
        arguments.append(f"external_id={_code(session['external_id'])}")
    if "correlation_id" in value:
        arguments.append(f"correlation_id={_code(value['correlation_id'])}")
    return f"{name}({', '.join(arguments)})"


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
    before = ""
    if request.form is not None:
        options.append("body: form")
        before = 'const { openAsBlob } = await import("node:fs");\nconst form = new FormData();\n'
    for name, value in (request.form or {}).items():
        blob = f'new Blob([JSON.stringify({json.dumps(value)})], {{ type: "application/json" }})'
        given = f"await openAsBlob({json.dumps(FILE)}), {json.dumps(FILE)}" if value == FILE else blob
        before += f"form.append({json.dumps(name)}, {given});\n"
    inside = "".join(f"  {option},\n" for option in options)
    url = f"`${{process.env.HELMR_API_URL}}{request.target}`"
    return (
        f"{before}const response = await fetch({url}, {{\n{inside}}});\n"
        "console.log(response.status, await response.text());\n"
    )


def go(request: Sent) -> str:
    body = "nil" if request.body is None else f"strings.NewReader({_go_string(request.json)})"
    imports = ["fmt", "io", "log", "net/http", "os"] + (["strings"] if request.body is not None else [])
    if request.form is not None:
        body = "&form"
        imports = sorted([*imports, "bytes", "mime/multipart", "net/textproto"])
    lines = (
        ["package main", "", "import ("] + [f'\t"{name}"' for name in imports] + [")", "", "func main() {"]
    )
    for number, (name, value) in enumerate((request.form or {}).items()):
        if not number:
            lines += ["\tvar form bytes.Buffer", "\twriter := multipart.NewWriter(&form)"]
        lines += _go_part(name, value)
    if request.form is not None:
        lines.append("\twriter.Close()")
    url = f'os.Getenv("HELMR_API_URL")+"{request.target}"'
    lines.append(f'\trequest, err := http.NewRequest("{request.method}", {url}, {body})')
    lines += ["\tif err != nil {", "\t\tlog.Fatal(err)", "\t}"]
    if request.credential:
        lines.append(f'\trequest.Header.Set("Authorization", "Bearer "+os.Getenv("{request.credential}"))')
    if request.body is not None:
        lines.append('\trequest.Header.Set("Content-Type", "application/json")')
    if request.form is not None:
        lines.append('\trequest.Header.Set("Content-Type", writer.FormDataContentType())')
    lines += [
        "\tresponse, err := http.DefaultClient.Do(request)",
        *["\tif err != nil {", "\t\tlog.Fatal(err)", "\t}", "\tdefer response.Body.Close()"],
        *["\tbody, err := io.ReadAll(response.Body)", "\tif err != nil {", "\t\tlog.Fatal(err)", "\t}"],
        *["\tfmt.Println(response.StatusCode, string(body))", "}", ""],
    ]
    return "\n".join(lines)


def _go_part(name: str, value: Any) -> list[str]:
    if value == FILE:
        return [
            f'\tfile, err := os.ReadFile("{FILE}")',
            *["\tif err != nil {", "\t\tlog.Fatal(err)", "\t}"],
            f'\t{name}, _ := writer.CreateFormFile("{name}", "{FILE}")',
            f"\t{name}.Write(file)",
        ]
    text = json.dumps(value, ensure_ascii=False)
    return [
        f"\t{name}, _ := writer.CreatePart(textproto.MIMEHeader{{",
        f'\t\t"Content-Disposition": {{`form-data; name="{name}"`}},',
        '\t\t"Content-Type":        {"application/json"},',
        "\t})",
        f"\tio.WriteString({name}, {_go_string(text)})",
    ]


def _go_string(text: str) -> str:
    return f"`{text}`" if "`" not in text else json.dumps(text, ensure_ascii=False)


def java(request: Sent) -> str:
    publisher = (
        "HttpRequest.BodyPublishers.noBody()"
        if request.body is None
        else f"HttpRequest.BodyPublishers.ofString({json.dumps(request.json, ensure_ascii=False)})"
    )
    if request.form is not None:
        publisher = "HttpRequest.BodyPublishers.concat(parts)"
    lines = [
        *["import java.net.URI;", "import java.net.http.HttpClient;", "import java.net.http.HttpRequest;"],
        "import java.net.http.HttpResponse;",
        *(["import java.nio.file.Path;"] if request.form is not None else []),
        *["", "public class Sample {"],
        "    public static void main(String[] arguments) throws Exception {",
        *_java_parts(request.form),
        f'        var url = URI.create(System.getenv("HELMR_API_URL") + "{request.target}");',
        f'        var request = HttpRequest.newBuilder(url).method("{request.method}", {publisher});',
    ]
    if request.credential:
        bearer = f'"Bearer " + System.getenv("{request.credential}")'
        lines.append(f'        request.header("Authorization", {bearer});')
    if request.body is not None:
        lines.append('        request.header("Content-Type", "application/json");')
    if request.form is not None:
        lines.append('        request.header("Content-Type", "multipart/form-data; boundary=" + boundary);')
    send = "HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString())"
    lines += [
        f"        var response = {send};",
        '        System.out.println(response.statusCode() + " " + response.body());',
        *["    }", "}", ""],
    ]
    return "\n".join(lines)


def _java_parts(form: Mapping[str, Any] | None) -> list[str]:
    """Return the form as an array of its pieces, because Java has no class for forms."""
    if form is None:
        return []
    pieces: list[str] = []
    for name, value in form.items():
        disposition = f'form-data; name="{name}"'
        if value == FILE:
            head = f'Content-Disposition: {disposition}; filename="{FILE}"\r\n\r\n'
            pieces += [
                f"ofString(start + {json.dumps(head)})",
                f'ofFile(Path.of("{FILE}"))',
                'ofString("\\r\\n")',
            ]
        else:
            head = f"Content-Disposition: {disposition}\r\nContent-Type: application/json\r\n\r\n"
            text = head + json.dumps(value, ensure_ascii=False) + "\r\n"
            pieces.append(f"ofString(start + {json.dumps(text, ensure_ascii=False)})")
    pieces.append('ofString("--" + boundary + "--\\r\\n")')
    return [
        '        var boundary = "form-" + java.util.UUID.randomUUID();',
        '        var start = "--" + boundary + "\\r\\n";',
        "        HttpRequest.BodyPublisher[] parts = {",
        *(f"            HttpRequest.BodyPublishers.{piece}," for piece in pieces),
        "        };",
    ]


def rust(request: Sent) -> str:
    method = request.method.lower()
    features = '"blocking", "multipart"' if request.form is not None else '"blocking"'
    lines = [
        f'// [dependencies] reqwest = {{ version = "0.13", features = [{features}] }}',
        "fn main() -> Result<(), Box<dyn std::error::Error>> {",
        '    let url = std::env::var("HELMR_API_URL")?;',
        f'    let request = reqwest::blocking::Client::new().{method}(format!("{{url}}{request.target}"));',
    ]
    if request.credential:
        lines.append(f'    let request = request.bearer_auth(std::env::var("{request.credential}")?);')
    if request.body is not None:
        lines.append('    let request = request.header("Content-Type", "application/json");')
        lines.append(f'    let request = request.body(r#"{request.json}"#);')
    for number, (name, value) in enumerate((request.form or {}).items()):
        if not number:
            lines.append("    let form = reqwest::blocking::multipart::Form::new();")
        if value == FILE:
            lines.append(f'    let form = form.file("{name}", "{FILE}")?;')
        else:
            text = json.dumps(value, ensure_ascii=False)
            lines.append(f'    let part = reqwest::blocking::multipart::Part::text(r#"{text}"#);')
            lines.append(f'    let form = form.part("{name}", part.mime_str("application/json")?);')
    if request.form is not None:
        lines.append("    let request = request.multipart(form);")
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
"""Language → its name in highlighters, and the function that creates a sample."""


def samples(spec: Spec, operation: Operation) -> dict[str, str]:
    """Return the code for one operation, by language."""
    request = sent(spec, operation)
    return {language: make(spec, request) for language, (_, make) in LANGUAGES.items()}


def with_samples(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document for the API reference, with samples in `x-codeSamples` and links to the page's
    console in the descriptions.
    """
    copied: dict[str, Any] = json.loads(json.dumps(document))
    spec = Spec(copied)
    for operation in spec.operations:
        if operation.method != "options":
            link = f"[Try it](#try/{operation.id})"
            operation.definition["description"] = f"{link}\n\n{operation.definition['description']}"  # type: ignore[index]
            operation.definition["x-codeSamples"] = [  # type: ignore[index]
                {"lang": LANGUAGES[language][0], "label": language, "source": source}
                for language, source in samples(spec, operation).items()
            ]
    return copied
